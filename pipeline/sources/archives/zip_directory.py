"""The directory at the end of a zip: how long it is, and names in it that aren't in the encoding they claim."""

import io
import struct
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


def without_false_utf8(archive: Path) -> io.BufferedIOBase:
    """The archive as a file in which no name claims to be UTF-8 that isn't: for one such name the library gives up.

    Raises:
        struct.error: the directory is cut short.
    """
    directory = find_directory(archive)
    with archive.open("rb") as file:
        file.seek(max(directory.start, 0))
        data = file.read(directory.size)
    places = list(_false_flags(data, directory))
    return _Overlay(archive, places) if places else archive.open("rb")


def _false_flags(data: bytes, directory: Directory) -> Iterator[int]:
    """Where the flags stand of entries whose name isn't the UTF-8 that they claim."""
    position = 0
    while data[position : position + 4] == _ENTRY:
        lengths = struct.unpack_from("<HHH", data, position + 28)
        name = data[position + _ENTRY_BYTES : position + _ENTRY_BYTES + lengths[0]]
        if data[position + _CENTRAL_FLAG] & _UTF8_FLAG and not is_utf8(name):
            yield directory.start + position + _CENTRAL_FLAG
            yield struct.unpack_from("<I", data, position + 42)[0] + directory.shift + _LOCAL_FLAG
        position += _ENTRY_BYTES + sum(lengths)


class _Overlay(io.BufferedReader):
    """A file in which the UTF-8 flag is taken off at some places."""

    def __init__(self, path: Path, places: list[int]) -> None:
        super().__init__(io.FileIO(path))
        self._places = places

    def read(self, size: int | None = -1, /) -> bytes:
        """As it stands in the file, but for the flags."""
        start = self.tell()
        data = bytearray(super().read(size))
        for place in self._places:
            if start <= place < start + len(data):
                data[place - start] &= ~_UTF8_FLAG & 0xFF
        return bytes(data)
