import io
import struct

import numpy as np
import pytest
from PIL import Image as PillowImage
from PIL.PngImagePlugin import PngInfo

from pipeline.storage.images import decode_grey, decode_image
from pipeline.storage.orientation import orientation_in_exif, orientation_of
from tests.storage.exif import GARBAGE, Entry, exif_block, orientation

UNDO = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
SPARE = 65000
KINDS = ["JPEG", "PNG", "WEBP", "AVIF", "TIFF", "HEIF"]


def turned_picture(value: int) -> PillowImage.Image:
    """40 rows of 60 columns, red on the left, blue on the right, green below, stored as a camera so held stores it."""
    pixels = np.zeros((40, 60, 3), dtype=np.uint8)
    pixels[:, :30], pixels[:, 30:], pixels[30:] = [200, 30, 30], [30, 30, 200], [30, 200, 30]
    picture = PillowImage.fromarray(pixels)
    return picture if value not in UNDO else picture.transpose(PillowImage.Transpose(UNDO[value]))


def stored_with(kind: str, value: int, entry: Entry | None) -> bytes:
    """A turned picture as a file whose EXIF holds the entry too."""
    image, buffer = turned_picture(value), io.BytesIO()
    if kind == "HEIF":
        pytest.importorskip("pillow_heif").register_heif_opener()
    if kind in {"JPEG", "PNG", "WEBP"}:
        image.save(buffer, kind, quality=95, exif=exif_block([*([entry] if entry else []), orientation(value)]))
        return buffer.getvalue()
    plain = PillowImage.Exif()
    plain[0x0112], plain[SPARE] = value, 7
    image.save(buffer, kind, quality=95, exif=plain)
    return buffer.getvalue() if entry is None else with_entry(buffer.getvalue(), entry)


def with_entry(data: bytes, entry: Entry) -> bytes:
    """The file with the entry in place of its spare one."""
    order = next(order for order in "<>" if struct.pack(order + "HHI", SPARE, 3, 1) in data)
    before = struct.pack(order + "HHI", SPARE, 3, 1)
    tag, kind, count, value = entry
    start = data.index(before)
    return data[:start] + struct.pack(order + "HHI", tag, kind, count) + value[:4].ljust(4, b"\1") + data[start + 12 :]


def assert_upright(data: bytes) -> None:
    rgb = decode_image(data).rgb
    assert rgb.shape == (40, 60, 3)
    for (row, column), colour in {(10, 10): 0, (10, 50): 2, (35, 10): 1, (35, 50): 1}.items():
        assert rgb[row, column].argmax() == colour
    assert decode_grey(data).grey.shape == (40, 60)


@pytest.mark.parametrize("value", range(1, 9))
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "HEIF"])
def test_every_format_is_turned_as_it_says(kind: str, value: int) -> None:
    assert_upright(stored_with(kind, value, None))


@pytest.mark.parametrize("entry", GARBAGE.values(), ids=GARBAGE.keys())
@pytest.mark.parametrize("kind", KINDS)
def test_whatever_else_stands_in_exif_is_nobodys_business(kind: str, entry: Entry) -> None:
    for value in (1,) if kind == "HEIF" else (1, 6):  # HEIC's own property turns it, and only that
        assert_upright(stored_with(kind, value, entry))


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (1, b"\x06"),
        (2, b"6\0"),
        (3, struct.pack("<H", 6)),
        (4, struct.pack("<I", 6)),
        (5, struct.pack("<II", 12, 2)),
        (8, struct.pack("<h", 6)),
        (9, struct.pack("<i", 6)),
        (10, struct.pack("<ii", -6, -1)),
        (11, struct.pack("<f", 6.0)),
        (12, struct.pack("<d", 6.0)),
    ],
)
def test_the_orientation_counts_in_whatever_type_it_is_written(kind: int, value: bytes) -> None:
    assert orientation_in_exif(exif_block([(0x0112, kind, 1, value)])) == 6


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (3, struct.pack("<H", 0)),
        (3, struct.pack("<H", 9)),
        (5, struct.pack("<II", 6, 0)),
        (5, struct.pack("<II", 13, 2)),
        (11, struct.pack("<f", float("nan"))),
        (12, struct.pack("<d", float("inf"))),
        (2, b"top\0"),
        (7, b"\x06"),
        (99, b"\x06"),
    ],
)
def test_an_orientation_that_is_none_is_none(kind: int, value: bytes) -> None:
    assert orientation_in_exif(exif_block([(0x0112, kind, 1, value)])) is None


@pytest.mark.parametrize(
    "block", [exif_block([orientation(6)])[:size] for size in (0, 8, 9, 20)] + [b"Exif\0\0XX*\0\x08\0\0\0"]
)
def test_a_block_that_breaks_off_says_nothing(block: bytes) -> None:
    assert orientation_in_exif(block) is None


def test_both_byte_orders_and_a_repeated_prefix() -> None:
    assert orientation_in_exif(exif_block([orientation(8, ">")], ">")) == 8
    assert orientation_in_exif(b"Exif\0\0" + exif_block([orientation(3)])) == 3


@pytest.mark.parametrize(
    "said",
    [
        b'<rdf:Description tiff:Orientation="6"/>',
        b"<rdf:Description\n  tiff:Orientation = '6'/>",
        b"<rdf:Description><tiff:Orientation> 6 </tiff:Orientation></rdf:Description>",
    ],
)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "PNG that Pillow refuses"])
def test_xmp_says_it_where_exif_does_not(kind: str, said: bytes) -> None:
    buffer, chunks, xmp = io.BytesIO(), PngInfo(), b"<x:xmpmeta>" + said + b"</x:xmpmeta>"
    chunks.add_itxt("XML:com.adobe.xmp", xmp.decode())
    if kind == "PNG that Pillow refuses":  # for so much text; it is decoded without its metadata
        chunks.add_text("Comment", "x" * 3_000_000, zip=True)
    turned_picture(6).save(buffer, kind[:4].strip(), quality=95, xmp=xmp, pnginfo=chunks)
    assert_upright(buffer.getvalue())
    assert orientation_of(buffer.getvalue()) == 6
