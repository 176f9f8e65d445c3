"""Upright boxes around outlines."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sources.outlines import Sides, around, around_ellipse, around_turned

NUMBERS = st.floats(-500, 500)


def test_no_outline_is_no_box() -> None:
    with pytest.raises(ValueError, match="without a point"):
        around([])
    with pytest.raises(ValueError, match="radii"):
        around_ellipse((1, 1), (0, 3))


@pytest.mark.parametrize(
    ("degrees", "expected"),
    [
        (0, (10, 20, 50, 30)),
        (90, (25, 5, 35, 45)),
        (180, (10, 20, 50, 30)),
        (-90, (25, 5, 35, 45)),
        (360, (10, 20, 50, 30)),
    ],
)
def test_quarter_turns_about_the_centre(degrees: float, expected: tuple[float, ...]) -> None:
    assert around_turned(Sides(10, 20, 50, 30), degrees, (30, 25)) == expected


def test_a_turn_is_clockwise_where_y_points_down() -> None:
    box = around_turned(Sides(0, 0, 10, 0.001), 45, (0, 0))
    assert box == pytest.approx((0, 0, 7.07, 7.07), abs=0.01)


@given(NUMBERS, NUMBERS, st.floats(1, 300), st.floats(1, 300), st.floats(-720, 720))
def test_the_box_holds_what_was_turned_and_no_more(
    x: float, y: float, width: float, height: float, degrees: float
) -> None:
    box = Sides(x, y, x + width, y + height)
    found = around_turned(box, degrees, (x, y))
    assert (
        math.hypot(found.right - found.left, found.bottom - found.top)
        <= math.sqrt(2) * math.hypot(width, height) * 1.001
    )
    back = around_turned(box, degrees + 180, ((box.left + box.right) / 2, (box.top + box.bottom) / 2))
    assert back.right - back.left == pytest.approx(found.right - found.left)
    assert back.bottom - back.top == pytest.approx(found.bottom - found.top)


def test_an_ellipse_that_is_turned() -> None:
    assert around_ellipse((50, 50), (30, 10)) == (20, 40, 80, 60)
    assert around_ellipse((50, 50), (30, 10), 90) == pytest.approx((40, 20, 60, 80))
    assert around_ellipse((50, 50), (20, 20), 33) == pytest.approx((30, 30, 70, 70))
