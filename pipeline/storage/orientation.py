"""How a picture is turned: the one thing of its metadata that counts, read without trusting the rest."""

import io
import math
import re
import struct
import warnings
from collections.abc import Iterator

from PIL import Image as PillowImage

from pipeline.storage.containers import JPEG, PNG, TIFF, ByteOrder, byte_order, has_sound_checksum, parts

Turn = PillowImage.Transpose
_TURNS = {
    2: Turn.FLIP_LEFT_RIGHT,
    3: Turn.ROTATE_180,
    4: Turn.FLIP_TOP_BOTTOM,
    5: Turn.TRANSPOSE,
    6: Turn.ROTATE_270,
    7: Turn.TRANSVERSE,
    8: Turn.ROTATE_90,
}
_TAG = 0x0112
_PREFIX = b"Exif\0\0"
# TIFF 6.0's types of a number, by their code: bytes and struct's letter; a rational is two of them
_TYPES = {1: "B", 3: "H", 4: "I", 5: "II", 6: "b", 8: "h", 9: "i", 10: "ii", 11: "f", 12: "d", 13: "I"}
_XMP_PREFIXES = (b"http://ns.adobe.com/xap/1.0/\0", b"XML:com.adobe.xmp\0\0\0")
"""What stands before XMP in a JPEG's application data and in a PNG's text, there as it should be: not compressed."""
_IN_XMP = re.compile(rb"tiff:Orientation\s*(?:=\s*[\"']|>)\s*([1-8])")


def turn_of(image: PillowImage.Image) -> Turn | None:
    """What turns the loaded image of a file upright, by EXIF, else by XMP; None where it is upright or nothing says.

    Whatever else stands in the metadata may be garbage. A TIFF is turned by Pillow when it is loaded.
    """
    return None if image.format == "TIFF" else _TURNS.get(_stated(image) or 1)


def _stated(image: PillowImage.Image) -> int | None:
    """The orientation that an opened file states, None where nothing does."""
    found = orientation_in_exif(_bytes_of(image, "exif")) or orientation_in_exif(_raw_profile(image))
    return found or _in_xmp(_bytes_of(image, "xmp") or _bytes_of(image, "XML:com.adobe.xmp"))


def orientation_of(data: bytes) -> int:
    """The orientation, 1 to 8, by which decoding turns the pixels of a file; 1, unturned, where nothing says."""
    if found := _in_exif_blocks(data):
        return found
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of odd metadata
        try:
            with PillowImage.open(io.BytesIO(data)) as image:
                return _stated(image) or 1
        except Exception:  # noqa: BLE001 - decoders raise anything; the photo is judged where it is decoded
            return _in_xmp_blocks(data) or 1


def turn_in_file(data: bytes) -> Turn | None:
    """As `turn_of`, by the EXIF or XMP in the file's own bytes, for a file whose metadata Pillow can't read."""
    return _TURNS.get(_in_exif_blocks(data) or _in_xmp_blocks(data) or 1)


def orientation_in_exif(exif: bytes) -> int | None:
    """The orientation, 1 to 8, in an EXIF block; None where there is none that can be one."""
    while exif.startswith(_PREFIX):
        exif = exif[len(_PREFIX) :]
    if exif[:2] not in {b"II", b"MM"}:
        return None
    order = byte_order(exif)
    start = int.from_bytes(exif[4:8], order)
    count = int.from_bytes(exif[start : start + 2], order)
    for place in range(start + 2, min(start + 2 + 12 * count, len(exif) - 11), 12):
        if int.from_bytes(exif[place : place + 2], order) == _TAG:
            return _value(exif, place, order)
    return None


def _value(exif: bytes, place: int, order: ByteOrder) -> int | None:
    """The entry's first value where it is a whole number from 1 to 8, whatever type it was given."""
    kind = int.from_bytes(exif[place + 2 : place + 4], order)
    if kind == 2:
        text = exif[place + 8 : place + 9]
        return int(text) if b"1" <= text <= b"8" else None
    if kind not in _TYPES:
        return None
    layout = ("<" if order == "little" else ">") + _TYPES[kind]
    inline = struct.calcsize(layout) <= 4
    at = place + 8 if inline else int.from_bytes(exif[place + 8 : place + 12], order)
    try:
        numbers = struct.unpack_from(layout, exif, at)
    except struct.error:
        return None
    value = float(numbers[0]) if len(numbers) == 1 else numbers[0] / numbers[1] if numbers[1] else math.nan
    return int(value) if value in _TURNS or value == 1 else None


def _exif_blocks(data: bytes) -> Iterator[bytes]:
    if data.startswith(TIFF):
        yield data
    for part in parts(data) if data.startswith((JPEG, PNG)) else ():
        is_jpeg_exif = part.kind == b"\xe1" and part.payload.startswith(_PREFIX)
        if is_jpeg_exif or (part.kind == b"eXIf" and has_sound_checksum(data, part)):
            yield part.payload


def _in_exif_blocks(data: bytes) -> int | None:
    return next((found for exif in _exif_blocks(data) if (found := orientation_in_exif(exif))), None)


def _in_xmp_blocks(data: bytes) -> int | None:
    blocks = (part.payload for part in (parts(data) if data.startswith((JPEG, PNG)) else ()))
    return next((found for xmp in blocks if xmp.startswith(_XMP_PREFIXES) and (found := _in_xmp(xmp))), None)


def _bytes_of(image: PillowImage.Image, key: str) -> bytes:
    value = image.info.get(key, b"")
    return value.encode("utf-8", "replace") if isinstance(value, str) else value if isinstance(value, bytes) else b""


def _raw_profile(image: PillowImage.Image) -> bytes:
    """The EXIF block that ImageMagick writes into a PNG as hexadecimal text."""
    text = image.info.get("Raw profile type exif")
    digits = "".join(text.split("\n")[3:]) if isinstance(text, str) else ""
    try:
        return bytes.fromhex(digits)
    except ValueError:
        return b""


def _in_xmp(xmp: bytes) -> int | None:
    found = _IN_XMP.search(xmp)
    return int(found[1]) if found else None
