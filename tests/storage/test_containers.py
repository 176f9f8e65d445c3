import io
import struct
import zlib
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image as PillowImage
from PIL.PngImagePlugin import PngInfo

from pipeline.core.errors import SampleRejected
from pipeline.storage.containers import lean, parts
from pipeline.storage.images import decode_image


def photo(kind: str = "PNG", **options: object) -> bytes:
    pixels = np.random.default_rng(0).integers(0, 255, (40, 60, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    PillowImage.fromarray(pixels).save(buffer, kind, **options)
    return buffer.getvalue()


def chunk(kind: bytes, data: bytes, checksum: int | None = None) -> bytes:
    crc = zlib.crc32(kind + data) if checksum is None else checksum
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc)


def with_chunk(piece: bytes, *, last: bool = False) -> bytes:
    data = photo()
    place = len(data) - 12 if last else 33
    return data[:place] + piece + data[place:]


ODD_CHUNKS = {
    "two megabytes of packed text": chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(2 << 20))),
    "two megabytes of international text": chunk(b"iTXt", b"Comment\0\1\0\0\0" + zlib.compress(b"x" * (2 << 20))),
    "text with a wrong checksum": chunk(b"tEXt", b"Comment\0hello", 1),
    "time with a wrong checksum": chunk(b"tIME", bytes(7), 1),
    "a profile that unpacks to 100 MB": chunk(b"iCCP", b"x\0\0" + zlib.compress(bytes(100 << 20))),
    "a profile that doesn't unpack": chunk(b"iCCP", b"x\0\0abc"),
    "text that doesn't unpack": chunk(b"zTXt", b"Comment\0\0abc"),
    "text of another kind of packing": chunk(b"zTXt", b"Comment\0\7abc"),
    "a resolution of no length": chunk(b"pHYs", b""),
    "a transparency with a wrong checksum": chunk(b"tRNS", bytes(6), 1),
}


@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize("piece", ODD_CHUNKS.values(), ids=ODD_CHUNKS.keys())
def test_ancillary_chunks_never_cost_the_pixels(piece: bytes, last: bool) -> None:
    assert np.array_equal(decode_image(with_chunk(piece, last=last)).rgb, decode_image(photo()).rgb)


@pytest.mark.parametrize(("kind", "before_end"), [(b"IHDR", 1), (b"IDAT", 5)])
def test_what_is_wrong_with_the_picture_is_damage(kind: bytes, before_end: int) -> None:
    """A wrong checksum over the header; of the pixels, which have one of their own, a wrong byte."""
    data = bytearray(photo())
    (part, *_) = [part for part in parts(bytes(data)) if part.kind == kind]
    data[part.end - before_end] ^= 1
    with pytest.raises(SampleRejected, match=r"damaged_image|not_an_image"):
        decode_image(bytes(data))


def test_lean_jpeg_keeps_pixels_profile_and_colour_space() -> None:
    cmyk = PillowImage.fromarray(np.full((40, 40, 4), 90, dtype=np.uint8), "CMYK")
    buffer = io.BytesIO()
    cmyk.save(buffer, "JPEG", icc_profile=b"p" * 200, comment=b"c", exif=PillowImage.Exif().tobytes())
    spare = lean(buffer.getvalue())
    with PillowImage.open(io.BytesIO(spare)) as image:
        assert image.info["icc_profile"] == b"p" * 200
        assert "comment" not in image.info
        assert "exif" not in image.info
    assert np.array_equal(decode_image(spare).rgb, decode_image(buffer.getvalue()).rgb)


def test_lean_tiff_is_read_as_before() -> None:
    data = photo("TIFF", tiffinfo={0x010F: "Maker", 0x0131: "Software"}, compression="tiff_lzw")
    assert b"Maker" in data
    with PillowImage.open(io.BytesIO(lean(data))) as image:
        assert 0x010F not in dict(image.getexif())
    assert np.array_equal(decode_image(lean(data)).rgb, decode_image(data).rgb)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
def test_parts_cover_the_file_to_its_end(kind: str) -> None:
    data = photo(kind)
    found = parts(data + b"behind it")
    assert found[-1].end == len(data)
    assert all(before.end <= after.start for before, after in pairwise(found))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "TIFF", "AVIF"])
def test_no_cut_or_scrambled_file_breaks_the_parsers(kind: str) -> None:
    data, rng = photo(kind), np.random.default_rng(1)
    for _ in range(300):
        broken = bytearray(data[: int(rng.integers(len(data)))])
        for place in rng.integers(max(1, min(len(broken), 200)), size=4):
            broken[place : place + 1] = rng.bytes(1)
        parts(bytes(broken))
        lean(bytes(broken))


def test_text_behind_the_picture_is_metadata_too() -> None:
    text = PngInfo()
    text.add_text("Comment", "hello")
    assert [part.kind for part in parts(photo(pnginfo=text))] == [b"IHDR", b"tEXt", b"IDAT", b"IEND"]
