"""The directory at the end of a zip: how long it is, and what in it would make the library give up on the whole."""

import io
import struct
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.sources.archives.names import is_utf8

_ENTRY = b"PK\x01\x02"
_ENTRY_BYTES = 46
_END_BYTES = 65_557
_UTF8_FLAG = 0x08
"""In the second byte of the flags."""
_CENTRAL_FLAG, _LOCAL_FLAG = 9, 7
"""Where that byte is in an entry of the directory and before a member's content."""
_VERSION = 6
"""Where an entry says which version of the format is needed."""
_NEWEST, _COMMON = 63, 20
_ZIP64, _UNICODE_PATH = 0x0001, 0x7075
_NO_FIELD = 0xFFFF
_ELSEWHERE = 0xFFFFFFFF
"""A size or offset that stands in the entry's zip64 field."""


@dataclass(frozen=True, slots=True)
class Directory:
    """Where the directory of a zip stands.

    Attributes:
        start: Its first byte.
        size: Bytes of it, as its end says; that can lie.
        shift: Bytes before the archive, by which all offsets in it are short.
    """

    start: int
    size: int
    shift: int

    @property
    def entries_at_most(self) -> int:
        """An upper bound for the entries: the count that is written there can lie."""
        return self.size // _ENTRY_BYTES


def find_directory(archive: Path) -> Directory:
    """The directory that the end of a file, which is a zip, tells of.

    Raises:
        struct.error: the end is cut short.
    """
    length = archive.stat().st_size
    with archive.open("rb") as file:
        file.seek(max(0, length - _END_BYTES))
        tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    size, offset = struct.unpack_from("<II", tail, at + 12)
    if size == 0xFFFFFFFF or offset == 0xFFFFFFFF:  # zip64: the true numbers stand in a record of their own
        at = tail.rfind(b"PK\x06\x06")
        size, offset = struct.unpack_from("<QQ", tail, at + 40) if at >= 0 else (0, 0)
    start = length - len(tail) + at - size
    return Directory(start, size, start - offset)


def readable_zip(archive: Path) -> io.BufferedIOBase:
    """The archive as a file whose directory the library can read: of one bad entry it would give up on all.

    A name that claims to be UTF-8 and isn't claims nothing, a version that nobody knows is a common one, and extra
    fields that break off are none. The member itself is as good or bad as it was.

    Raises:
        struct.error: the directory is cut short.
    """
    directory = find_directory(archive)
    with archive.open("rb") as file:
        file.seek(max(directory.start, 0))
        data = file.read(directory.size)
    changes = dict(_changes(data, directory))
    return _Overlay(archive, changes) if changes else archive.open("rb")


def _changes(data: bytes, directory: Directory) -> Iterator[tuple[int, int]]:
    """Which byte of the file should have which value."""
    position = 0
    while data[position : position + 4] == _ENTRY:
        lengths = struct.unpack_from("<HHH", data, position + 28)
        name_end = position + _ENTRY_BYTES + lengths[0]
        flags = data[position + _CENTRAL_FLAG]
        if flags & _UTF8_FLAG and not is_utf8(data[position + _ENTRY_BYTES : name_end]):
            yield directory.start + position + _CENTRAL_FLAG, flags & ~_UTF8_FLAG
            local = struct.unpack_from("<I", data, position + 42)[0] + directory.shift
            yield local + _LOCAL_FLAG, flags & ~_UTF8_FLAG
        if data[position + _VERSION] > _NEWEST:
            yield directory.start + position + _VERSION, _COMMON
        extra = data[name_end : name_end + lengths[1]]
        if len(extra) >= 4 and not _is_sound(extra, _fields_elsewhere(data, position)):
            field = struct.pack("<HH", _NO_FIELD, len(extra) - 4)
            yield from ((directory.start + name_end + number, byte) for number, byte in enumerate(field))
        position += _ENTRY_BYTES + sum(lengths)


def _fields_elsewhere(data: bytes, position: int) -> int:
    """How many of an entry's numbers stand in its zip64 field."""
    numbers = (*struct.unpack_from("<II", data, position + 20), *struct.unpack_from("<I", data, position + 42))
    return sum(number == _ELSEWHERE for number in numbers)


def _is_sound(extra: bytes, elsewhere: int) -> bool:
    """Whether the extra fields of an entry end where they say, and those that are read hold what they should."""
    while len(extra) >= 4:
        kind, length = struct.unpack_from("<HH", extra)
        needed = {_ZIP64: 8 * elsewhere, _UNICODE_PATH: 5}.get(kind, 0)
        if not needed <= length <= len(extra) - 4:
            return False
        extra = extra[4 + length :]
    return True


class _Overlay(io.BufferedReader):
    """A file of which some bytes are others."""

    def __init__(self, path: Path, changes: dict[int, int]) -> None:
        super().__init__(io.FileIO(path))
        self._places = sorted(changes)
        self._changes = changes

    def read(self, size: int | None = -1, /) -> bytes:
        """As it stands in the file, but for the changes."""
        start = self.tell()
        data = bytearray(super().read(size))
        first, last = bisect_left(self._places, start), bisect_left(self._places, start + len(data))
        for place in self._places[first:last]:
            data[place - start] = self._changes[place]
        return bytes(data)
