"""The parts that an image file is made of: where its metadata stands, and where its picture ends."""

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

ByteOrder = Literal["little", "big"]

JPEG, PNG, GIF = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", (b"GIF87a", b"GIF89a")
TIFF = (b"II*\0", b"MM\0*")

_STANDALONE = frozenset({0x01, *range(0xD0, 0xD9)})
"""JPEG markers without a length behind them."""
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
"""What ends the compressed bytes of a JPEG's scan; a stuffed FF is followed by 00."""
_PROFILE_BYTES = 4 * 2**20
"""Larger colour profiles aren't unpacked; a printing press's has 2 MB."""
_KEPT_CHUNKS = frozenset({b"tRNS", b"acTL", b"fcTL", b"fdAT"})
"""Ancillary PNG chunks that the pixels depend on."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a file.

    Attributes:
        kind: A JPEG marker as one byte, a PNG or RIFF chunk's name, or `scan` for compressed pixels.
        start, end: Where it stands, with its own header and checksum.
        payload: What it carries.
    """

    kind: bytes
    start: int
    end: int
    payload: bytes


def parts(data: bytes) -> list[Part]:
    """The parts of a JPEG, PNG, GIF or WebP file up to where its picture ends or its structure breaks off.

    Of any other file there are none.
    """
    if data.startswith(JPEG):
        return list(_jpeg(data))
    if data.startswith(PNG):
        return list(_png(data))
    if data.startswith(GIF):
        return list(_gif(data))
    return list(_riff(data)) if data[:4] == b"RIFF" and data[8:12] == b"WEBP" else []


def _jpeg(data: bytes) -> Iterator[Part]:
    place = 2
    while place + 4 <= len(data) and data[place] == 0xFF:
        marker = data[place + 1]
        if marker == 0xFF or marker in _STANDALONE:
            place += 1 if marker == 0xFF else 2
            continue
        if marker == 0xD9:
            break
        end = place + 2 + max(2, int.from_bytes(data[place + 2 : place + 4]))
        yield Part(bytes([marker]), place, end, data[place + 4 : end])
        place = end
        if marker == 0xDA:
            found = _MARKER.search(data, end)
            place = len(data) if found is None else found.start()
            yield Part(b"scan", end, place, b"")
    if data[place : place + 2] == b"\xff\xd9":
        yield Part(b"\xd9", place, place + 2, b"")


def _png(data: bytes) -> Iterator[Part]:
    place = len(PNG)
    while place + 12 <= len(data):
        end = place + 12 + int.from_bytes(data[place : place + 4])
        kind = data[place + 4 : place + 8]
        yield Part(kind, place, end, data[place + 8 : end - 4])
        place = end
        if kind == b"IEND":
            return


def _riff(data: bytes) -> Iterator[Part]:
    whole = min(len(data), 8 + int.from_bytes(data[4:8], "little"))
    place = 12
    while place + 8 <= whole:
        size = int.from_bytes(data[place + 4 : place + 8], "little")
        end = place + 8 + size + size % 2
        yield Part(data[place : place + 4], place, end, data[place + 8 : place + 8 + size])
        place = end


def _gif(data: bytes) -> Iterator[Part]:
    place = 13 + _colours(data[10:11])
    yield Part(b"head", 0, place, data[:place])
    while place < len(data):
        start, kind = place, data[place : place + 1]
        if kind == b";":
            yield Part(kind, start, start + 1, b"")
            return
        if kind == b"!":
            place = _sub_blocks_end(data, start + 2)
            yield Part(data[start + 1 : start + 2], start, place, data[start + 2 : place])
        elif kind == b",":
            pixels = start + 10 + _colours(data[start + 9 : start + 10])
            yield Part(b"image", start, pixels, data[start:pixels])
            place = _sub_blocks_end(data, pixels + 1)
            yield Part(b"scan", pixels, place, b"")
        else:
            return


def _colours(flags: bytes) -> int:
    """The bytes of a GIF's colour table by the flags before it."""
    return 3 << ((flags[0] & 7) + 1) if flags and flags[0] & 0x80 else 0


def _sub_blocks_end(data: bytes, place: int) -> int:
    while place < len(data) and data[place]:
        place += 1 + data[place]
    return min(place + 1, len(data))


def lean(data: bytes) -> bytes:
    """The file without metadata that its pixels don't depend on, so that what is wrong there harms nothing.

    Colour profiles stay where they are sound. Of formats that this can't be said of, the bytes as they are.
    """
    if data.startswith(JPEG):
        return _assembled(data, data[:2], [part for part in parts(data) if _is_jpeg_picture(part)])
    if data.startswith(PNG):
        return _assembled(data, PNG, [part for part in parts(data) if _is_png_picture(data, part)])
    if data.startswith(TIFF):
        return _lean_tiff(data)
    return _without_exif_entries(data) if data[4:8] == b"ftyp" else data


def _assembled(data: bytes, signature: bytes, kept: list[Part]) -> bytes:
    return signature + b"".join(data[part.start : part.end] for part in kept)


def _is_jpeg_picture(part: Part) -> bool:
    """JFIF and Adobe's marker stay, they tell the colour space; of the other application data only colour profiles."""
    if part.kind == b"scan" or part.kind in b"\xe0\xee":
        return True
    if part.kind == b"\xe2":
        return part.payload.startswith(b"ICC_PROFILE\0")
    return not (part.kind == b"\xfe" or b"\xe0" <= part.kind <= b"\xef")


def _is_png_picture(data: bytes, part: Part) -> bool:
    """Critical chunks stay whatever their checksum: where it is wrong, the picture is damaged."""
    if not part.kind[:1].islower():
        return True
    if not has_sound_checksum(data, part):
        return False
    return part.kind in _KEPT_CHUNKS or (part.kind == b"iCCP" and _unpacks(part.payload))


def has_sound_checksum(data: bytes, part: Part) -> bool:
    """Whether a PNG's chunk is as it was written."""
    return zlib.crc32(data[part.start + 4 : part.end - 4]) == int.from_bytes(data[part.end - 4 : part.end])


def _unpacks(profile: bytes) -> bool:
    unpacker = zlib.decompressobj()
    try:
        unpacker.decompress(profile.partition(b"\0")[2][1:], _PROFILE_BYTES)
    except zlib.error:
        return False
    return unpacker.eof


# what a picture's layout and colours are told by: TIFF 6.0, its supplements, and the colour profile
_TIFF_TAGS = frozenset(
    {254, 255, 256, 257, 258, 259, 262, 266, 273, 277, 278, 279, 284, 292, 293, 317, 320, 322, 323, 324, 325, 332, 334}
    | {338, 339, 347, 512, 513, 514, 515, 517, 518, 519, 520, 521, 529, 530, 531, 532, 34675}
)


def _lean_tiff(data: bytes) -> bytes:
    """The first directory with the entries alone that its pixels depend on, in its old place."""
    order = byte_order(data)
    start = int.from_bytes(data[4:8], order)
    count = int.from_bytes(data[start : start + 2], order)
    entries = [data[start + 2 + 12 * i : start + 14 + 12 * i] for i in range(count)]
    kept = [entry for entry in entries if int.from_bytes(entry[:2], order) in _TIFF_TAGS]
    directory = len(kept).to_bytes(2, order) + b"".join(kept) + bytes(4)
    return data[:start] + directory + data[start + len(directory) :]


def _without_exif_entries(data: bytes) -> bytes:
    """An AVIF or HEIC file whose EXIF block says that it has no entry; how it is turned stands elsewhere in it."""
    changed = bytearray(data)
    for found in re.finditer(rb"Exif\0\0(?:II\*\0|MM\0\*)|\0\0\0[\0-\xff](?:II\*\0\x08\0\0\0|MM\0\*\0\0\0\x08)", data):
        start = found.start() + (6 if found[0].startswith(b"Exif") else 4)
        begin = start + int.from_bytes(data[start + 4 : start + 8], byte_order(data[start:]))
        changed[begin : begin + 2] = bytes(len(changed[begin : begin + 2]))
    return bytes(changed)


def byte_order(tiff: bytes) -> ByteOrder:
    """`little` or `big`, by how a TIFF structure begins."""
    return "little" if tiff[:1] == b"I" else "big"
