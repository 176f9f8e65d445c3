import cv2
import numpy as np
import pytest

from pipeline.core.arrays import Rgb
from pipeline.faces.turning import roll_deg, turned_view


def dotted(width: int, height: int, at: tuple[int, int]) -> Rgb:
    photo = np.zeros((height, width, 3), dtype=np.uint8)
    cv2.circle(photo, at, 3, (255, 255, 255), -1)
    return photo


def brightest(rgb: Rgb) -> tuple[float, float]:
    rows, columns = np.nonzero(rgb[:, :, 0] > 200)
    return float(columns.mean()), float(rows.mean())


@pytest.mark.parametrize("turn_deg", [0, 30, 90, 180, -90, -135])
@pytest.mark.parametrize(("side", "side_px"), [(100, 100), (120, 240), (240, 100)])
def test_points_of_a_view_lead_back_to_the_photo(turn_deg: float, side: float, side_px: int) -> None:
    at = (150, 90)
    view = turned_view(dotted(300, 200, at), (140, 100), side, side_px, turn_deg)
    assert view.rgb.shape == (side_px, side_px, 3)
    back = view.points(np.array([brightest(view.rgb)]))
    assert back[0] == pytest.approx(at, abs=max(1.0, side / side_px))
    assert view.from_photo(back)[0] == pytest.approx(brightest(view.rgb), abs=0.01)


def test_what_the_photo_shows_turned_clockwise_the_view_shows_upright() -> None:
    """Clockwise by a quarter, what was above the centre lies to its right."""
    view = turned_view(dotted(200, 200, (140, 100)), (100, 100), 120, 120, 90)
    x, y = brightest(view.rgb)
    assert (x, y) == pytest.approx((60, 20), abs=1.5)


def test_a_view_beyond_the_photo_is_grey() -> None:
    view = turned_view(np.full((40, 60, 3), 77, dtype=np.uint8), (-60, 120), 50, 64, 45)
    assert (view.rgb == 128).all()


@pytest.mark.parametrize("turn", [-170, -90, -20, 0, 45, 90, 150])
def test_roll_is_the_way_from_eyes_to_mouth(turn: float) -> None:
    upright = np.array([[-10, 0], [10, 0], [0, 10], [-8, 20], [8, 20]], dtype=np.float64)
    angle = np.radians(turn)
    turned = upright @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    assert roll_deg(turned) == pytest.approx(turn)
