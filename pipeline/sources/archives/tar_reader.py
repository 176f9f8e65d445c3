"""Read the headers of a tar, one member after another, from a stream: within limits, and on past what is damaged.

The standard library's reader takes a header of any size into memory, ends without a word at a header that is damaged,
and reads a size that is no number as 0. This one reads the formats that programs write today: ustar, pax and GNU's long
names (POSIX.1-2017, "pax Interchange Format"; GNU tar manual, "Basic Tar Format").
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from pipeline.core.errors import MaskwrightError

BLOCK = 512
MAX_HEADER_BYTES = 1 << 20
"""Names and attributes of one member; real ones have less than a thousandth of it."""
_MAX_RECORDS = 1000
"""In one header; real ones have ten."""
_MAX_HEADERS_IN_A_ROW = 100
_MAX_STRAY_BLOCKS = 1 << 17
"""How far a header is looked for behind a damaged one, or behind the mark of an end: 64 MB."""
_MAX_SIZE = 1 << 50
_CHUNK = 1 << 20

_LONG_NAME, _LONG_LINK = b"L", b"K"
_PAX, _PAX_GLOBAL, _PAX_SOLARIS = b"x", b"g", b"X"
_FILE_KINDS = frozenset({b"0", b"\0", b"7"})
_WITHOUT_CONTENT = frozenset({b"1", b"2", b"3", b"4", b"5", b"6"})
_GNU_SPARSE = b"S"
_FOLDER = b"5"


class DamagedTarError(MaskwrightError):
    """The stream can't be read on as a tar."""


class HugeTarError(MaskwrightError):
    """The next member asks for more than may be read to get past it."""


@dataclass(frozen=True, slots=True)
class TarMember:
    """A member whose content follows in the stream.

    Attributes:
        name: Its path, as bytes.
        size: Bytes of content.
        is_file: A plain file; a folder, a link, a device or a sparse file isn't.
        is_folder: A folder.
        problem: What is wrong with its header, or empty.
    """

    name: bytes
    size: int
    is_file: bool
    is_folder: bool
    problem: str = ""


@dataclass(frozen=True, slots=True)
class _Header:
    name: bytes
    size: int
    kind: bytes
    sparse_map_follows: bool


@dataclass(slots=True)
class _Extra:
    """What the headers before a member say of it."""

    name: bytes | None = None
    size: int | None = None
    sparse: bool = False
    problem: str = ""


class TarReader:
    """Iterates over the members of a stream; the content of the one at hand is read with `read`.

    Attributes:
        stray_blocks: How many blocks stood where a header should have been.
        ended: Whether the mark at the end of an archive was seen.
    """

    def __init__(self, stream: IO[bytes], max_skip: int | None) -> None:
        """Begin; over more than `max_skip` bytes of a member nobody wants the reader doesn't go on, None is no limit.

        A stream that can seek skips at no cost.
        """
        self._stream = stream
        self._max_skip = max_skip
        self._left = 0
        self._padding = 0
        self.stray_blocks = 0
        self.ended = False

    def __iter__(self) -> Iterator[TarMember]:
        """The members.

        Raises:
            DamagedTarError: the stream ends within a header, a header is larger than `MAX_HEADER_BYTES`, or there is
                none for long.
            HugeTarError: a member that was not read is larger than `max_skip`.
        """
        extra, in_a_row = _Extra(), 0
        while (header := self._next_header()) is not None:
            if header.kind in {_LONG_NAME, _LONG_LINK, _PAX, _PAX_GLOBAL, _PAX_SOLARIS}:
                in_a_row += 1
                if in_a_row > _MAX_HEADERS_IN_A_ROW:
                    raise DamagedTarError(f"{_MAX_HEADERS_IN_A_ROW} headers in a row without a member")
                self._take_extra(header, extra)
                continue
            yield self._member(header, extra)
            extra, in_a_row = _Extra(), 0
            self._skip()

    def read(self, count: int) -> bytes:
        """At most `count` bytes of the member's content, none at its end or where the stream ends early."""
        data = self._stream.read(min(count, self._left))
        self._left -= len(data)
        return data

    @property
    def left(self) -> int:
        """Bytes of the member's content that were not read."""
        return self._left

    def _next_header(self) -> _Header | None:
        """The next header that is one; None at the end."""
        zeros = 0
        while block := self._block():
            if not any(block):
                self.ended = True
                zeros += 1
                if zeros > _MAX_STRAY_BLOCKS:
                    raise DamagedTarError(f"{_MAX_STRAY_BLOCKS} empty blocks; members may be missing")
                continue
            header = _parsed(block)
            if header is not None:
                self.ended = False
                self._begin(header)
                return header
            self.stray_blocks += 1
            if self.stray_blocks > _MAX_STRAY_BLOCKS:
                raise DamagedTarError(f"no header in {_MAX_STRAY_BLOCKS} blocks")
        return None

    def _block(self) -> bytes:
        block = self._stream.read(BLOCK)
        if 0 < len(block) < BLOCK:
            raise DamagedTarError("ends within a header")
        return block

    def _begin(self, header: _Header) -> None:
        follows = header.sparse_map_follows
        while follows:
            block = self._block()
            if not block:
                raise DamagedTarError("ends within a header")
            follows = bool(block[504])
        self._left, self._padding = header.size, -header.size % BLOCK

    def _take_extra(self, header: _Header, extra: _Extra) -> None:
        if header.size > MAX_HEADER_BYTES:
            raise DamagedTarError(f"a header of {header.size} bytes, at most {MAX_HEADER_BYTES} are read")
        data = self.read(header.size)
        if len(data) < header.size:
            raise DamagedTarError("ends within a header")
        self._skip()
        if header.kind == _LONG_NAME:
            extra.name = data.partition(b"\0")[0]
        elif header.kind in {_PAX, _PAX_SOLARIS}:
            _take_pax(data, extra)

    def _member(self, header: _Header, extra: _Extra) -> TarMember:
        if extra.size is not None:
            self._left, self._padding = extra.size, -extra.size % BLOCK
        return TarMember(
            name=header.name if extra.name is None else extra.name,
            size=self._left,
            is_file=header.kind in _FILE_KINDS and not extra.sparse,
            is_folder=header.kind == _FOLDER,
            problem=extra.problem,
        )

    def _skip(self) -> None:
        """Go to the end of the member."""
        rest = self._left + self._padding
        if self._stream.seekable():
            self._stream.seek(rest, 1)
        else:
            if self._max_skip is not None and rest > self._max_skip + BLOCK:
                raise HugeTarError(f"{self._left} bytes of a member lie before the next")
            while rest and (data := self._stream.read(min(rest, _CHUNK))):
                rest -= len(data)
        self._left = self._padding = 0


def _parsed(block: bytes) -> _Header | None:
    """A header block; None where its checksum or its size is wrong."""
    checksum = _number(block[148:156])
    if checksum is None or not _adds_up(block, checksum):
        return None
    kind = block[156:157]
    size = 0 if kind in _WITHOUT_CONTENT else _number(block[124:136])
    if size is None or not 0 <= size <= _MAX_SIZE:
        return None
    name = block[:100].partition(b"\0")[0]
    if block[257:263] == b"ustar\0" and (prefix := block[345:500].partition(b"\0")[0]):
        name = prefix + b"/" + name
    is_sparse = kind == _GNU_SPARSE
    return _Header(name, size, kind, is_sparse and bool(block[482]))


def _adds_up(block: bytes, checksum: int) -> bool:
    """Whether that is the sum of the block with a blank checksum: of unsigned or, in old programs, of signed bytes."""
    rest = block[:148] + b" " * 8 + block[156:]
    total = sum(rest)
    return checksum == total or checksum == total - 256 * sum(byte > 127 for byte in rest)


def _number(field: bytes) -> int | None:
    """A number in octal digits, or in base 256 where the first bit is set; None where it is neither."""
    if field[0] in (0x80, 0xFF):
        value = int.from_bytes(field[1:], "big")
        return value if field[0] == 0x80 else value - 256 ** (len(field) - 1)
    digits = field.partition(b"\0")[0].strip()
    if not digits:
        return 0
    return int(digits, 8) if all(digit in b"01234567" for digit in digits) else None


def _take_pax(data: bytes, extra: _Extra) -> None:
    """Records of the form `length key=value newline`."""
    position = records = 0
    while position < len(data):
        records += 1
        length_text, space, _ = data[position : position + 24].partition(b" ")
        is_length = bool(space) and length_text.isdigit() and int(length_text) > len(length_text) + 1
        if not is_length or records > _MAX_RECORDS:
            extra.problem = "its extended header is damaged"
            return
        record = data[position + len(length_text) + 1 : position + int(length_text)]
        position += int(length_text)
        key, _, value = record.removesuffix(b"\n").partition(b"=")
        _take_record(key, value, extra)


def _take_record(key: bytes, value: bytes, extra: _Extra) -> None:
    if key in {b"path", b"GNU.sparse.name"}:
        extra.name = value
    elif key == b"size":
        if value.isdigit() and len(value) < 20 and int(value) <= _MAX_SIZE:
            extra.size = int(value)
        else:
            extra.problem = f"its size is {value[:20]!r}"
    extra.sparse |= key.startswith(b"GNU.sparse.")
