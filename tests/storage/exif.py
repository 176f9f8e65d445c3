"""EXIF blocks with whatever in them."""

import struct
from collections.abc import Sequence

Entry = tuple[int, int, int, bytes]
"""Tag, type, count, and the value: four bytes at most stand in the entry, more behind the directory."""


def exif_block(entries: Sequence[Entry], order: str = "<", following: int = 0) -> bytes:
    """A TIFF structure of one directory that says what follows it; after JPEG's prefix."""
    start = 8 + 2 + 12 * len(entries) + 4
    directory, behind = struct.pack(order + "H", len(entries)), b""
    for tag, kind, count, value in entries:
        place = value.ljust(4, b"\0") if len(value) <= 4 else struct.pack(order + "I", start + len(behind))
        behind += value if len(value) > 4 else b""
        directory += struct.pack(order + "HHI", tag, kind, count) + place
    begin = (b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, 8)
    return b"Exif\0\0" + begin + directory + struct.pack(order + "I", following) + behind


def orientation(value: int, order: str = "<") -> Entry:
    """The entry as a camera writes it."""
    return (0x0112, 3, 1, struct.pack(order + "H", value))


GARBAGE: dict[str, Entry] = {
    "a width that is a rational": (0x0100, 5, 1, struct.pack("<II", 320, 1)),
    "a resolution that is no number": (0x011A, 12, 1, struct.pack("<d", float("nan"))),
    "a resolution over zero": (0x011A, 5, 1, struct.pack("<II", 72, 0)),
    "text of four gigabytes": (0x010F, 2, 0xFFFFFFFF, struct.pack("<I", 26)),
    "a type that isn't": (0x0110, 99, 7, b"\xff\xff\xff\xff"),
    "a directory in itself": (0x8769, 4, 1, struct.pack("<I", 8)),
    "a directory beyond the end": (0x8825, 4, 1, struct.pack("<I", 0xFFFFFFF0)),
    "a directory that is text": (0x8769, 2, 4, b"abcd"),
    "a note of no length": (0x9286, 7, 0, b""),
    "text that isn't UTF-8": (0x010E, 2, 4, b"\xff\xfe\xfd\xfc"),
}
