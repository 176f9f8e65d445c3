"""Whatever holds a picture comes as one array, or is refused in one sentence."""

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image as PillowImage

from pipeline.core.arrays import Rgb
from pipeline.core.errors import SampleRejected, ShapeError
from pipeline.storage.images import encode_image
from pipeline.storage.pictures import as_rgb


@pytest.fixture
def picture() -> Rgb:
    return np.random.default_rng(0).integers(0, 256, (7, 5, 3), dtype=np.uint8)


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64, ">f4"])
def test_floats_are_shares_of_full_light(picture: Rgb, kind: str) -> None:
    difference = as_rgb((picture / 255).astype(kind)).astype(int) - picture
    assert np.abs(difference).max() == 0


@pytest.mark.parametrize("kind", [np.uint16, ">u2"])
def test_sixteen_bits_by_their_whole_range(picture: Rgb, kind: str) -> None:
    assert np.array_equal(as_rgb((picture.astype(np.uint32) * 257).astype(kind)), picture)
    assert as_rgb(np.full((2, 2), 65535, kind)).max() == 255


def test_grey_is_the_same_in_every_channel(picture: Rgb) -> None:
    grey = picture[:, :, 0]
    for form in (grey, grey[:, :, None]):
        assert np.array_equal(as_rgb(form), np.repeat(grey[:, :, None], 3, axis=2))


def test_transparency_lies_on_white(picture: Rgb) -> None:
    opaque, clear = np.full((7, 5, 1), 255, np.uint8), np.zeros((7, 5, 1), np.uint8)
    assert np.array_equal(as_rgb(np.concatenate([picture, opaque], axis=2)), picture)
    assert (as_rgb(np.concatenate([picture, clear], axis=2)) == 255).all()
    assert (as_rgb(np.concatenate([picture, clear], axis=2) / 255) == 255).all()


def test_views_and_read_only_arrays_come_in_one_piece(picture: Rgb) -> None:
    picture.flags.writeable = False
    for view in (picture[::-1], picture[:, ::-1], picture[..., ::-1], picture.transpose(1, 0, 2)):
        assert np.array_equal(as_rgb(view), view)
        assert as_rgb(view).flags.c_contiguous


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "HSV", "I", "F", "I;16"])
def test_every_mode_of_pillow_comes_as_rgb(mode: str) -> None:
    rgb = as_rgb(PillowImage.new(mode, (5, 7)))
    assert rgb.shape == (7, 5, 3)
    assert rgb.dtype == np.uint8


def test_a_turned_pillow_image_stays_as_it_is(picture: Rgb, tmp_path: Path) -> None:
    exif = PillowImage.Exif()
    exif[0x0112] = 6
    PillowImage.fromarray(picture).save(tmp_path / "a.png", exif=exif)
    with PillowImage.open(tmp_path / "a.png") as image:
        first = as_rgb(image)
        assert np.array_equal(first, np.rot90(picture, -1))
        assert np.array_equal(as_rgb(image), first)
        assert image.getpixel((0, 0)) == tuple(picture[0, 0])


@pytest.mark.parametrize("as_text", [True, False])
def test_a_path_is_read(tmp_path: Path, portrait_jpeg: bytes, as_text: bool) -> None:
    path = tmp_path / "Ünï codé.JPG"
    path.write_bytes(portrait_jpeg)
    assert as_rgb(str(path) if as_text else path).shape == (300, 256, 3)


@pytest.mark.parametrize(("data", "reason"), [(None, "unreadable_file"), (b"", "empty_file"), (b"x", "not_an_image")])
def test_a_path_of_no_photo_is_a_verdict(tmp_path: Path, data: bytes | None, reason: str) -> None:
    if data is not None:
        (tmp_path / "a.jpg").write_bytes(data)
    with pytest.raises(SampleRejected, match=reason):
        as_rgb(tmp_path / "a.jpg")


@pytest.mark.parametrize(
    ("array", "told"),
    [
        (np.zeros((9, 9, 2), np.uint8), r"not uint8 \(9, 9, 2\)"),
        (np.zeros((3, 9, 8), np.uint8), "its channels stand first"),
        (np.zeros((2, 3, 9, 9), np.uint8), r"not uint8 \(2, 3, 9, 9\)"),
        (np.zeros(9, np.uint8), r"not uint8 \(9,\)"),
        (np.zeros((0, 9, 3), np.uint8), "without pixels"),
        (np.zeros((9, 9, 3), np.int64), "uint8, uint16 or floats"),
        (np.zeros((9, 9, 3), bool), "not bool"),
        (np.zeros((9, 9, 3), complex), "not complex128"),
        (np.full((9, 9, 3), 255.0), r"lie in \[0, 1\], not in \[255, 255\]"),
        (np.full((9, 9, 3), -0.5), r"not in \[-0.5, -0.5\]"),
        (np.full((9, 9, 3), np.nan), r"not in \[nan, nan\]"),
        (np.full((9, 9, 3), np.inf), r"not in \[inf, inf\]"),
    ],
)
def test_an_array_that_is_none_says_why(array: NDArray[np.generic], told: str) -> None:
    with pytest.raises(ShapeError, match=told) as error:
        as_rgb(array)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("thing", [None, 3, b"bytes", [[1]], torch.zeros(3, 9, 9)])
def test_other_things_are_named(thing: object) -> None:
    with pytest.raises(ShapeError, match=type(thing).__name__):
        as_rgb(thing)  # type: ignore[arg-type]


def test_of_a_tensor_it_is_told_how_it_goes() -> None:
    with pytest.raises(ShapeError, match=r"permute\(1, 2, 0\)"):
        as_rgb(torch.zeros(3, 9, 9))  # type: ignore[arg-type]


def test_what_comes_of_a_file_is_what_comes_of_its_pixels(portrait: Rgb, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(encode_image(portrait))
    assert np.array_equal(as_rgb(as_rgb(tmp_path / "a.jpg")), as_rgb(tmp_path / "a.jpg"))
