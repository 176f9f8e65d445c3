"""The upright box around an outline: a polygon, a turned box, an ellipse."""

import math
from collections.abc import Iterable
from typing import NamedTuple


class Sides(NamedTuple):
    """Left, top, right and bottom of a box, in the unit of the outline that it stands around."""

    left: float
    top: float
    right: float
    bottom: float


Point = tuple[float, float]


def around(points: Iterable[Point]) -> Sides:
    """The smallest upright box that holds all points.

    >>> around([(1, 5), (3, 2), (2, 9)])
    Sides(left=1, top=2, right=3, bottom=9)

    Raises:
        ValueError: there is no point.
    """
    found = list(points)
    if not found:
        raise ValueError("an outline without a point")
    across, down = zip(*found, strict=True)
    return Sides(min(across), min(down), max(across), max(down))


def around_turned(box: Sides, degrees: float, pivot: Point) -> Sides:
    """The upright box around a box that is turned clockwise, y pointing down, about a point.

    >>> around_turned(Sides(0, 0, 4, 2), 90, (0, 0))
    Sides(left=-2.0, top=0.0, right=0.0, bottom=4.0)
    """
    corners = [(x, y) for x in (box.left, box.right) for y in (box.top, box.bottom)]
    if degrees % 360 == 0:
        return around(corners)
    cosine, sine = _turn(degrees)
    moved = [(x - pivot[0], y - pivot[1]) for x, y in corners]
    return around((pivot[0] + x * cosine - y * sine, pivot[1] + x * sine + y * cosine) for x, y in moved)


def around_ellipse(centre: Point, radii: Point, degrees: float = 0.0) -> Sides:
    """The upright box around an ellipse that is turned about its centre.

    Raises:
        ValueError: a radius is not above 0.
    """
    if min(radii) <= 0:
        raise ValueError(f"an ellipse with the radii {radii[0]:g} and {radii[1]:g}")
    cosine, sine = _turn(degrees)
    across, down = math.hypot(radii[0] * cosine, radii[1] * sine), math.hypot(radii[0] * sine, radii[1] * cosine)
    return Sides(centre[0] - across, centre[1] - down, centre[0] + across, centre[1] + down)


def _turn(degrees: float) -> Point:
    """Cosine and sine, exact for quarter turns, so that boxes turned by them keep whole pixels."""
    quarters = degrees % 360 / 90
    if quarters.is_integer():
        return [(1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0)][int(quarters) % 4]
    radians = math.radians(degrees % 360)
    return math.cos(radians), math.sin(radians)
