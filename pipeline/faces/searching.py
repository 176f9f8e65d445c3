"""Where in a photo faces may be: one look at portraits, finer ones at small faces, turned ones where none is clear."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import cv2
import numpy as np

from pipeline.core.agreement import overlap
from pipeline.core.arrays import Rgb
from pipeline.core.shrinking import shrunk_by_area
from pipeline.core.step_times import timed
from pipeline.faces.detectors import FIRST_SIDE_PX, Box, YuNetDetector
from pipeline.faces.turning import turned_view, upright_box

_FINER_SIDES_PX = (640, 1280, 2560)
_LAST_WITHOUT_FACE_PX = 1280
"""A photo in which nothing is found by then is left."""

_ENLARGED = 3.3
"""Photos are enlarged by so much at most. Of masked faces of 24 to 64 px in photos 400 px wide looks at 320, 640 and
1,280 px show 89 %, one at 400 px 78 %."""

_FILLS = 0.25
"""A face as long as this share of the photo's long side fills it: a portrait, which is looked at once."""

_SMALL_PX = 40
"""While faces are smaller than this in a look, the next finer one is worth it."""

_LOWER = 0.1
"""By how much a finer look takes lower scores; each of those faces is looked at closely."""

_CLEAR = 0.9
"""What a face scores in a look that shows it upright, and hardly one that is turned. Where no face scores so much, some
turned copy may show more."""

_QUARTERS = (90, 180, 270)
_DIAGONALS = (45, 135, 225, 315)

_SAME, _INSIDE = 0.3, 0.75
"""One face: so much of the union, or of the smaller box, is common."""


@dataclass(frozen=True, slots=True)
class _Look:
    """What a copy of the photo, turned counter-clockwise, shows: boxes in pixels of the photo as it is."""

    turn_deg: int
    boxes: list[Box]

    @property
    def best(self) -> float:
        """The highest score, 0 where nothing is seen."""
        return max((box.score for box in self.boxes), default=0.0)


class FaceSearch:
    """Candidates by YuNet in as few looks as a photo needs."""

    def __init__(self, min_score: float) -> None:
        self._min_score = min_score
        self._yunet = YuNetDetector(min_score)

    @timed("search")
    def __call__(self, rgb: Rgb) -> list[Box]:
        """Boxes in pixels of the photo, highest score first. Those of finer looks may score _LOWER less than asked."""
        first = self._yunet.detect(rgb)
        long_side = max(rgb.shape[:2])
        if any(box.longer_side >= _FILLS * long_side for box in first) and not _crowd(first, long_side):
            return first
        found, turn_deg = self._or_turned(rgb, first, FIRST_SIDE_PX)
        for side in _FINER_SIDES_PX:
            if side > _ENLARGED * long_side or not _worth(found, side, long_side):
                break
            found = merged([*found, *self._look(rgb, side, turn_deg).boxes])
            if side == _FINER_SIDES_PX[0] and not (first or turn_deg):
                found, turn_deg = self._or_turned(rgb, found, side)
        return found

    def _or_turned(self, rgb: Rgb, found: list[Box], side_px: int) -> tuple[list[Box], int]:
        """What was found, with the faces that turned copies show where none was clear, and the turn of the photo.

        Of a photo that lies on its side or stands on its head the upright look shows some faces, weakly, and their
        number says nothing of those that it misses.
        """
        upright = _Look(0, found)
        if upright.best >= _CLEAR:
            return found, 0
        long_side = max(rgb.shape[:2])
        side_px = min(side_px, long_side)
        looks = [self._look(rgb, side_px, turn_deg, self._min_score) for turn_deg in _QUARTERS]
        best = max(looks, key=lambda look: look.best)
        large = any(box.longer_side * side_px >= _SMALL_PX * long_side for box in found)  # and yet not clear
        if best.best < _CLEAR and (large or best.best > upright.best):
            looks += (self._look(rgb, side_px, turn_deg, self._min_score) for turn_deg in _DIAGONALS)
            best = max(looks, key=lambda look: look.best)
        taken = [look for look in looks if look.best >= _CLEAR or (not found and look.turn_deg in _QUARTERS)]
        together = merged([*found, *(box for look in taken for box in look.boxes)])
        return together, best.turn_deg if best.best >= _CLEAR else 0

    def _look(self, rgb: Rgb, side_px: int, turn_deg: int = 0, min_score: float | None = None) -> _Look:
        least = self._min_score - _LOWER if min_score is None else min_score
        resized, factor = resized_to(rgb, side_px)
        if not turn_deg:
            return _Look(0, self._yunet.boxes(resized, least, factor))
        if turn_deg in _QUARTERS:
            copy = np.ascontiguousarray(np.rot90(resized, turn_deg // 90))
            boxes = self._yunet.boxes(copy, least)
            return _Look(turn_deg, [_turned_back(box, turn_deg // 90, copy, factor) for box in boxes])
        height, width = rgb.shape[:2]
        side = (height + width) / np.sqrt(2)  # a square that holds the photo at 45 degrees
        view = turned_view(rgb, (width / 2, height / 2), side, round(side / factor), turn_deg)
        boxes = self._yunet.boxes(view.rgb, least)
        return _Look(turn_deg, [replace(upright_box(view, box), five=None) for box in boxes])


def _crowd(boxes: list[Box], long_side: int) -> bool:
    """Whether someone else is in the photo, and so small that others may have been missed."""
    least = min(box.longer_side for box in boxes)
    return len(boxes) > 1 and least * FIRST_SIDE_PX < _SMALL_PX * max(long_side, FIRST_SIDE_PX)


def _worth(found: list[Box], side_px: int, long_side: int) -> bool:
    """Whether a look at `side_px` may show more than the one before, of half the side, did."""
    if not found:
        return side_px <= _LAST_WITHOUT_FACE_PX
    return min(box.longer_side for box in found) * (side_px / 2) < _SMALL_PX * long_side


def resized_to(rgb: Rgb, long_side_px: int) -> tuple[Rgb, float]:
    """The photo with that long side, and the factor from its pixels back to the photo's."""
    height, width = rgb.shape[:2]
    factor = max(height, width) / long_side_px
    size = (max(1, round(width / factor)), max(1, round(height / factor)))
    if factor > 1:
        return shrunk_by_area(rgb, size), factor
    return np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_LINEAR), dtype=np.uint8), factor


def merged(boxes: Iterable[Box]) -> list[Box]:
    """One box a face, the highest score first."""
    kept: list[Box] = []
    for box in sorted(boxes, key=lambda box: (-box.score, box.left, box.top)):
        if not any(same_face(box, other) for other in kept):
            kept.append(box)
    return kept


def same_face(first: Box, second: Box) -> bool:
    """Whether two boxes are of one face: they overlap, or one lies in the other."""
    width = min(first.right, second.right) - max(first.left, second.left)
    height = min(first.bottom, second.bottom) - max(first.top, second.top)
    if min(width, height) <= 0:
        return False
    smaller = min(first.width * first.height, second.width * second.height)
    return overlap(first, second) >= _SAME or width * height >= _INSIDE * smaller


def _turned_back(box: Box, turns: int, copy: Rgb, factor: float) -> Box:
    """A box of a copy that `np.rot90` turned so many times, in the photo; it has no points, since those are turned."""
    height, width = copy.shape[:2]
    left, top, right, bottom = box.left, box.top, box.right, box.bottom
    for _ in range(turns):  # one quarter clockwise undoes one of np.rot90
        left, top, right, bottom = height - bottom, left, height - top, right
        height, width = width, height
    return Box(left * factor, top * factor, right * factor, bottom * factor, box.score)
