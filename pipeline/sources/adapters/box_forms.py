"""Whether boxes that should be left, top, width and height are left, top, right and bottom, as many tools confuse."""

from collections.abc import Iterable, Sequence
from typing import Literal

from pipeline.core.errors import SourceError
from pipeline.sources.outlines import Sides

BoxesAre = Literal["auto", "sized", "corners"]
Size = tuple[int, int]

_BEYOND, _ROUNDED = 1.05, 1.02
"""A face that is cut off by the picture's edge is drawn beyond it by a few pixels; numbers are rounded by fewer."""


def require_told(source: str, said: BoxesAre, found: Iterable[tuple[Sequence[float], Size | None]]) -> None:
    """Stop where nobody says what the numbers are, some boxes reach far out of their pictures, and all may be corners.

    `found` are the four numbers of each box with the size of its picture, where that is stated.

    Raises:
        SourceError: says which setting tells.
    """
    if said == "auto" and _may_be_corners(found):
        raise SourceError(
            f"{source}: boxes reach far out of their pictures as left, top, width and height, and all of them may be "
            f"left, top, right and bottom.\nSay which they are in ingest.settings.{source}.boxes_are: sized or corners."
        )


def _may_be_corners(found: Iterable[tuple[Sequence[float], Size | None]]) -> bool:
    beyond = 0
    for (left, top, third, fourth), size in found:
        if third <= left or fourth <= top:
            return False
        if size is not None and (third > size[0] * _ROUNDED or fourth > size[1] * _ROUNDED):
            return False
        beyond += size is not None and (left + third > size[0] * _BEYOND or top + fourth > size[1] * _BEYOND)
    return beyond > 0


def sides_of(numbers: Sequence[float], said: BoxesAre) -> Sides:
    """Left, top, right and bottom of four numbers.

    >>> sides_of((10, 20, 30, 40), "auto")
    Sides(left=10, top=20, right=40, bottom=60)
    """
    left, top, third, fourth = numbers
    return Sides(left, top, third, fourth) if said == "corners" else Sides(left, top, left + third, top + fourth)
