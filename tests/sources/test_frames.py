"""Boxes against Pillow's own turning of a painted rectangle."""

import io

import numpy as np
import pytest
from PIL import Image as PillowImage
from PIL import ImageOps

from pipeline.core.errors import SampleRejected
from pipeline.sources.frames import Picture, upright_boxes
from pipeline.sources.offers import OfferedBox
from pipeline.storage.orientation import orientation_of

STORED = (60, 40)


def box(left: float, top: float, right: float, bottom: float) -> OfferedBox:
    return OfferedBox(left=left, top=top, right=right, bottom=bottom, labels=("m",))


def photo(orientation: int, kind: str = "PNG") -> bytes:
    """40x60 px with a white rectangle at 10, 5, 30, 15 of the stored pixels."""
    pixels = np.zeros(STORED[::-1], np.uint8)
    pixels[5:15, 10:30] = 255
    exif = PillowImage.Exif()
    exif[0x0112] = orientation
    buffer = io.BytesIO()
    PillowImage.fromarray(pixels).save(buffer, kind, exif=exif)
    return buffer.getvalue()


def painted(orientation: int) -> tuple[tuple[int, int], tuple[float, ...]]:
    """The size of the upright photo and where its rectangle is."""
    with PillowImage.open(io.BytesIO(photo(orientation))) as image:
        upright = np.asarray(ImageOps.exif_transpose(image))
    rows, columns = np.nonzero(upright)
    height, width = upright.shape
    return (width, height), (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)


def sides(found: OfferedBox) -> tuple[float, ...]:
    return (found.left, found.top, found.right, found.bottom)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("scale", [1, 2, 0.5])
def test_boxes_on_the_stored_pixels_are_turned_as_the_pixels_are(orientation: int, scale: float) -> None:
    size, expected = painted(orientation)
    drawn = box(*(scale * side for side in (10, 5, 30, 15)))
    stated = (int(scale * STORED[0]), int(scale * STORED[1]))
    (found,) = upright_boxes([drawn], stated, Picture(size, orientation), "stored")
    assert sides(found) == expected


@pytest.mark.parametrize("orientation", [5, 6, 7, 8])
def test_the_stated_size_tells_a_quarter_turn(orientation: int) -> None:
    size, expected = painted(orientation)
    picture = Picture(size, orientation)
    assert sides(upright_boxes([box(10, 5, 30, 15)], STORED, picture)[0]) == expected
    assert upright_boxes([box(1, 2, 3, 4)], STORED[::-1], picture) == (box(1, 2, 3, 4),)


@pytest.mark.parametrize(
    ("stated", "size", "orientation"),
    [
        ((60, 40), (60, 40), 3),
        ((60, 40), (60, 40), 2),
        ((60, 40), (60, 40), 4),
        ((50, 50), (50, 50), 6),
        ((320, 320), (640, 639), 6),
        (None, (40, 60), 6),
        ((0, 0), (60, 40), 3),
        ((40, 60), (60, 40), 1),
        ((64, 48), (60, 40), 1),
        ((640, 40), (60, 40), 1),
    ],
)
def test_what_cannot_be_told_is_rejected(
    stated: tuple[int, int] | None, size: tuple[int, int], orientation: int
) -> None:
    with pytest.raises(SampleRejected, match="uncertain_frame"):
        upright_boxes([box(1, 2, 10, 12)], stated, Picture(size, orientation))


@pytest.mark.parametrize("orientation", [2, 3, 4])
def test_the_setting_tells_what_the_size_cannot(orientation: int) -> None:
    size, expected = painted(orientation)
    assert sides(upright_boxes([box(10, 5, 30, 15)], STORED, Picture(size, orientation), "stored")[0]) == expected
    assert upright_boxes([box(1, 2, 3, 4)], None, Picture(size, orientation), "upright") == (box(1, 2, 3, 4),)


def test_another_scale_is_brought_right_to_the_pixel() -> None:
    (found,) = upright_boxes([box(16, 12, 256, 192)], (512, 384), Picture((1023, 767)))
    assert sides(found) == pytest.approx((16 * 1023 / 512, 12 * 767 / 384, 511.5, 383.5))


def test_without_a_size_a_box_outside_shows_that_the_frame_is_another() -> None:
    assert upright_boxes([box(50, 10, 66, 30)], None, Picture((60, 40))) == (box(50, 10, 66, 30),)
    with pytest.raises(SampleRejected, match="a box lies outside"):
        upright_boxes([box(1, 2, 10, 12), box(200, 3, 220, 33)], None, Picture((60, 40)))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP"])
def test_orientation_is_what_decoding_turns_by(kind: str) -> None:
    assert [orientation_of(photo(turn, kind)) for turn in range(1, 9)] == list(range(1, 9))


@pytest.mark.parametrize("data", [b"", b"\xff\xd8\xff", photo(1)[:40], photo(99)])
def test_what_has_no_orientation_is_unturned(data: bytes) -> None:
    assert orientation_of(data) == 1
