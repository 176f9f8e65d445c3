"""What bz2, xz and lzma unpack, a piece at a time: a few kilobytes of them can hold gigabytes.

The library's readers of zip members unpack all that a piece of input holds, and those of xz make room for whatever
window the file asks for.
"""

import bz2
import copy
import lzma
import struct
import zipfile
import zlib
from collections.abc import Callable
from typing import IO, Protocol, cast

_PIECE = 1 << 16
_WINDOW_BYTES = 256 << 20
"""What an xz may ask for: its strongest preset needs 65 MB."""
_SMALLEST_WINDOW = 4096


class Decompressor(Protocol):
    """As those of bz2 and lzma."""

    @property
    def eof(self) -> bool:
        """Whether the end of the packed data was met."""

    @property
    def needs_input(self) -> bool:
        """Whether there is nothing left to give without more input."""

    @property
    def unused_data(self) -> bytes:
        """What stood behind the end."""

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """At most `max_length` bytes."""


class XzStream:
    """The content of an xz or lzma file; of one that consists of several streams, of all of them."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._pending = b""
        self._decompressor = self._begun()

    def __enter__(self) -> "XzStream":
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to close: the file is its opener's."""

    def _begun(self) -> Decompressor:
        return lzma.LZMADecompressor(memlimit=_WINDOW_BYTES)

    def read(self, count: int, /) -> bytes:
        """At most `count` bytes, none at the end.

        Raises:
            EOFError: the file ends too early.
            lzma.LZMAError: it is damaged, or asks for more memory than it may.
        """
        while True:
            if self._decompressor.eof:
                rest = (self._decompressor.unused_data or self._file.read(_PIECE)).lstrip(b"\0")
                if not rest:
                    return b""
                self._decompressor, self._pending = self._begun(), rest
            if data := self._more(count):
                return data

    def _more(self, count: int) -> bytes:
        if self._decompressor.needs_input and not self._pending:
            self._pending = self._file.read(_PIECE)
            if not self._pending:
                raise EOFError("the packed data end too early")
        data, self._pending = self._decompressor.decompress(self._pending, count), b""
        return data


class PackedMember:
    """The content of a zip member that is packed with bz2 or lzma, checked against its checksum at its end."""

    def __init__(self, packed: IO[bytes], decompressor: Decompressor, member: zipfile.ZipInfo) -> None:
        self._packed = packed
        self._decompressor = decompressor
        self._left, self._checksum, self._expected = member.file_size, 0, member.CRC

    def read(self, count: int, /) -> bytes:
        """At most `count` bytes, none at the end.

        Raises:
            BadZipFile: the content isn't that which the checksum was made of.
        """
        data = b""
        while not data and not self._decompressor.eof:
            piece = self._packed.read(_PIECE) if self._decompressor.needs_input else b""
            if self._decompressor.needs_input and not piece:
                break
            data = self._decompressor.decompress(piece, count)
        self._left -= len(data)
        self._checksum = zlib.crc32(data, self._checksum)
        if self._left == 0 and self._checksum != self._expected:
            raise zipfile.BadZipFile("its checksum is another")
        return data


def _lzma_member(packed: IO[bytes], member: zipfile.ZipInfo) -> Decompressor:
    """The decompressor by the properties that stand before the data (APPNOTE 5.8.8), with no more room than needed."""
    _, length = struct.unpack("<HH", packed.read(4))
    properties, window = struct.unpack_from("<BI", packed.read(length))
    rest, literal_context = divmod(properties, 9)
    position_bits, literal_position = divmod(rest, 5)
    options = {
        "id": lzma.FILTER_LZMA1,
        "lc": literal_context,
        "lp": literal_position,
        "pb": position_bits,
        "dict_size": min(window, max(member.file_size, _SMALLEST_WINDOW)),
    }
    return lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=[options])


_DECOMPRESSORS: dict[int, Callable[[IO[bytes], zipfile.ZipInfo], Decompressor]] = {
    zipfile.ZIP_BZIP2: lambda _packed, _member: bz2.BZ2Decompressor(),
    zipfile.ZIP_LZMA: _lzma_member,
}


def open_member(opened: zipfile.ZipFile, member: zipfile.ZipInfo) -> IO[bytes] | PackedMember:
    """The content of a zip's member, of which no more is held than is asked for.

    Raises:
        BadZipFile, NotImplementedError, lzma.LZMAError, struct.error and what else a damaged header makes of it.
    """
    begin = _DECOMPRESSORS.get(member.compress_type)
    if begin is None:
        return opened.open(member)
    as_stored = copy.copy(member)
    as_stored.compress_type, as_stored.file_size = zipfile.ZIP_STORED, member.compress_size
    as_stored.CRC = cast(int, None)  # the packed bytes have no checksum of their own
    packed = opened.open(as_stored)
    return PackedMember(packed, begin(packed, member), member)
