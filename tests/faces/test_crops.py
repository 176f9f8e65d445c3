import cv2
import numpy as np
import pytest

from pipeline.core import shrinking
from pipeline.core.arrays import Rgb
from pipeline.faces.crops import crop_square, sharpness
from pipeline.faces.detectors import Box


@pytest.fixture
def gradient() -> Rgb:
    """60 rows of 100 columns; red is the column, green the row."""
    rows, columns = np.mgrid[0:60, 0:100]
    return np.dstack([columns, rows, np.zeros_like(rows)]).astype(np.uint8)


def test_cuts_a_square_around_the_centre(gradient: Rgb) -> None:
    crop = crop_square(gradient, Box(40, 20, 50, 40, 1), 1.0)
    assert crop.shape == (20, 20, 3)
    assert crop[0, 0].tolist() == [35, 20, 0]
    assert crop[-1, -1].tolist() == [54, 39, 0]


@pytest.mark.parametrize(
    ("box", "corner", "expected"),
    [
        (Box(-10, -10, 10, 10, 1), (0, 0), [0, 0, 0]),
        (Box(90, 50, 110, 70, 1), (-1, -1), [99, 59, 0]),
        (Box(200, 20, 220, 40, 1), (0, 0), [99, 20, 0]),
    ],
)
def test_repeats_the_edge_beyond_the_image(
    gradient: Rgb, box: Box, corner: tuple[int, int], expected: list[int]
) -> None:
    crop = crop_square(gradient, box, 1.0)
    assert crop.shape == (20, 20, 3)
    assert crop[corner].tolist() == expected


def test_squares_anywhere_show_the_nearest_pixel(gradient: Rgb) -> None:
    rng = np.random.default_rng(0)
    for _ in range(300):
        left, top, side = (int(value) for value in rng.integers((-150, -150, 1), (200, 150, 120)))
        rows, columns = (np.clip(np.arange(start, start + side), 0, most) for start, most in ((top, 59), (left, 99)))
        crop = crop_square(gradient, Box(left, top, left + side, top + side, 1), 1.0)
        assert (crop == gradient[rows[:, None], columns]).all()


def test_a_large_square_is_made_a_colour_at_a_time_and_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    photo, boxes = np.random.default_rng(0).integers(0, 256, (60, 100, 3), dtype=np.uint8), np.random.default_rng(1)
    for _ in range(40):
        left, top, side = boxes.uniform((-60, -60, 5), (100, 60, 80)).tolist()
        box = Box(left, top, left + side, top + side, 1)
        with monkeypatch.context() as patched:
            whole = crop_square(photo, box, 1.35, 32)
            patched.setattr(shrinking, "_LARGE_PX", 1)
            assert np.array_equal(crop_square(photo, box, 1.35, 32), whole)


@pytest.mark.parametrize(("scale", "side"), [(1.0, 24), (1.35, 24), (3.0, 64)])
def test_has_the_side_asked_for(gradient: Rgb, scale: float, side: int) -> None:
    assert crop_square(gradient, Box(40, 20, 50, 40, 1), scale, side).shape == (side, side, 3)


def test_a_blurred_face_is_less_sharp(portrait: Rgb) -> None:
    box = Box(80, 60, 180, 180, 1)
    assert sharpness(cv2.GaussianBlur(portrait, (0, 0), 3), box) < 0.2 * sharpness(portrait, box)


def test_sharpness_does_not_depend_on_the_size_of_the_face(portrait: Rgb) -> None:
    doubled = cv2.resize(portrait, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    small, large = sharpness(portrait, Box(80, 60, 200, 180, 1)), sharpness(doubled, Box(160, 120, 400, 360, 1))
    assert large == pytest.approx(small, rel=0.25)
