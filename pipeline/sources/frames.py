"""The frame that boxes live in: which pixels their numbers count, and where the boxes lie in the upright picture."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.core.errors import SampleRejected
from pipeline.sources.offers import OfferedBox

Size = tuple[int, int]

MAX_STRETCH = 0.02
"""Sides of a shrunk copy are whole pixels: its aspect may differ by so much, and by no more than one pixel."""

_MIN_INSIDE = 0.5


@dataclass(frozen=True, slots=True)
class Picture:
    """The picture that boxes are to be laid on.

    Attributes:
        size: Width and height of the upright picture, px.
        orientation: Of EXIF, 1 to 8: how the stored pixels were turned to make it upright.
    """

    size: Size
    orientation: int = 1

    @property
    def stored(self) -> Size:
        """Width and height of the pixels as the file stores them."""
        return self.size[::-1] if self.orientation in {5, 6, 7, 8} else self.size


def upright_boxes(
    boxes: Sequence[OfferedBox],
    stated: Size | None,
    picture: Picture,
    frame: str = "auto",
    *,
    relative: bool = False,
) -> tuple[OfferedBox, ...]:
    """The boxes in pixels of the upright picture, brought there from the frame that they were drawn in.

    `stated` is the size that the annotation gives, None or with a 0 where it gives none. `frame` is what is known
    beforehand: `stored` or `upright` pixels; with `auto` the stated size must tell. Boxes that are `relative` are
    shares of width and height, which fit a picture of any size.

    Raises:
        SampleRejected: `uncertain_frame` where it doesn't.
    """
    stated = stated if stated and min(stated) > 0 and not relative else None
    readings = [turned for turned in _possible(picture, frame) if stated is None or _scaled(stated, picture, turned)]
    if not readings:
        raise SampleRejected("uncertain_frame", f"{_said(stated, picture)}: another shape")
    if len(readings) > 1:
        raise SampleRejected("uncertain_frame", f"{_said(stated, picture)}: drawn before or after the turn")
    drawn_on = picture.stored if readings[0] else picture.size
    width, height = (1, 1) if relative else stated or drawn_on
    if stated is None and not relative and not all(_mostly_inside(box, drawn_on) for box in boxes):
        raise SampleRejected("uncertain_frame", f"{_said(stated, picture)}, and a box lies outside")
    moved = (_resized(box, drawn_on[0] / width, drawn_on[1] / height) for box in boxes)
    return tuple(_turned(box, drawn_on, picture.orientation) if readings[0] else box for box in moved)


def _possible(picture: Picture, frame: str) -> list[bool]:
    """Whether the boxes may have been drawn on the upright (False) and on the stored pixels (True)."""
    if picture.orientation == 1:
        return [False]
    return {"upright": [False], "stored": [True]}.get(frame, [False, True])


def _scaled(stated: Size, picture: Picture, turned: bool) -> bool:
    """Whether the stated size is that of these pixels, or of a copy of another scale."""
    width, height = picture.stored if turned else picture.size
    off = abs(stated[0] * height - stated[1] * width)
    one_pixel = off <= max(width, height) or off <= max(stated)
    return off == 0 or (one_pixel and off <= MAX_STRETCH * stated[0] * height)


def _said(stated: Size | None, picture: Picture) -> str:
    said = f"boxes drawn on {stated[0]}x{stated[1]}" if stated else "boxes drawn on an unstated size"
    turn = f", turned by EXIF {picture.orientation}" if picture.orientation != 1 else ""
    return f"{said}, the picture has {picture.size[0]}x{picture.size[1]}{turn}"


def _mostly_inside(box: OfferedBox, size: Size) -> bool:
    width = min(box.right, size[0]) - max(box.left, 0)
    height = min(box.bottom, size[1]) - max(box.top, 0)
    area = (box.right - box.left) * (box.bottom - box.top)
    return max(width, 0) * max(height, 0) >= _MIN_INSIDE * area


def _resized(box: OfferedBox, across: float, down: float) -> OfferedBox:
    if across == down == 1:
        return box
    sides = (box.left * across, box.top * down, box.right * across, box.bottom * down)
    return _with(box, *sides)


def _turned(box: OfferedBox, stored: Size, orientation: int) -> OfferedBox:
    """The box after the turn and mirroring that EXIF's orientation stands for."""
    width, height = stored
    left, top, right, bottom = box.left, box.top, box.right, box.bottom
    if orientation in {5, 6, 7, 8}:
        left, top, right, bottom, width, height = top, left, bottom, right, height, width
    if orientation in {2, 3, 6, 7}:
        left, right = width - right, width - left
    if orientation in {3, 4, 7, 8}:
        top, bottom = height - bottom, height - top
    return _with(box, left, top, right, bottom)


def _with(box: OfferedBox, left: float, top: float, right: float, bottom: float) -> OfferedBox:
    return replace(box, left=left, top=top, right=right, bottom=bottom)
