"""A second, closer look at one place of a photo: is a face there, and which way up?"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.core.agreement import overlap
from pipeline.core.arrays import Rgb
from pipeline.faces.detectors import Box, YuNetDetector
from pipeline.faces.turning import TurnedView, roll_deg, turned_view, upright_box

VIEW_PX = 128
"""Side of the closer look, its face half as wide: faces are told from hands and walls as well as at 160 px."""

SCALE = 2.0
"""Side of the closer look over the longer side of the box."""

SURE_SCORE = 0.915
"""What a face scores that stands upright: of 900 that were turned by 60 to 300 degrees none scored more."""

_LOWEST_SCORE = 0.15
_SAME_PLACE = 0.25
_UPRIGHT_BONUS = 0.02
"""By how much a turned copy must score higher to be believed: of masked faces that stand upright 4 % score a little
higher in one."""
_LEVEL_DEG = 8.0
_MOST_STEPS = 3
_QUARTERS = (90.0, 180.0, -90.0)
_DIAGONALS = (45.0, 135.0, -135.0, -45.0)
_CLEAR_TURN = 0.9
"""What faces within 30 degrees of a quarter turn score there; at 0.85 eight times as many turned photos end wrong."""


@dataclass(frozen=True, slots=True)
class CloserLook:
    """The best face of the closer look: in the view's pixels, and by how much the photo shows it turned clockwise."""

    view: TurnedView
    box: Box
    turn_deg: float

    @property
    def roll_deg(self) -> float:
        """The turn of the face in the photo, what is left of it in the view added; -180 to 180."""
        return (self.turn_deg + self.tilt_deg + 180) % 360 - 180

    @property
    def tilt_deg(self) -> float:
        """By how much the face is turned in the view."""
        return roll_deg(np.array(self.box.five or ()).reshape(5, 2))

    @property
    def five(self) -> NDArray[np.float32]:
        """Eyes, nose tip and mouth corners `(5, 2)` in pixels of the photo."""
        return self.view.points(np.array(self.box.five or ()).reshape(5, 2))


class CloserLooker:
    """Looks at a place of a photo upright and on its sides, then follows the eyes until they are level."""

    def __init__(self) -> None:
        self._yunet = YuNetDetector(long_side_px=VIEW_PX)

    def look(self, rgb: Rgb, place: Box, least: float = _LOWEST_SCORE) -> CloserLook | None:
        """The face at `place`, None where no turn shows one that scores `least`.

        What scores well upright, there or in `place` where that has YuNet's points, is not looked at from other sides.
        """
        best = self._at(rgb, place, 0)
        known = place.score if place.five else 0.0
        if max(known, best.box.score if best else 0.0) < SURE_SCORE:
            best = _better(best, self._best(rgb, place, _QUARTERS))
            if best is None or best.box.score < _CLEAR_TURN:
                best = _better(best, self._best(rgb, place, _DIAGONALS))
        return self._levelled(rgb, best) if best and best.box.score >= least else None

    def _best(self, rgb: Rgb, place: Box, turns: Iterable[float]) -> CloserLook | None:
        best = None
        for turn in turns:
            best = _better(best, self._at(rgb, place, turn))
        return best

    def _levelled(self, rgb: Rgb, look: CloserLook) -> CloserLook:
        """YuNet draws a tilted face's eyes too level: only a few steps show it upright."""
        for _ in range(_MOST_STEPS):
            if abs(look.tilt_deg) < _LEVEL_DEG:
                break
            nearer = self._at(rgb, upright_box(look.view, look.box), look.roll_deg)
            if nearer is None or nearer.box.score < look.box.score - _UPRIGHT_BONUS:
                break
            look = nearer
        return look

    def _at(self, rgb: Rgb, place: Box, turn_deg: float) -> CloserLook | None:
        centre = ((place.left + place.right) / 2, (place.top + place.bottom) / 2)
        view = turned_view(rgb, centre, SCALE * place.longer_side, VIEW_PX, turn_deg)
        inner = (VIEW_PX - VIEW_PX / SCALE) / 2
        middle = Box(inner, inner, VIEW_PX - inner, VIEW_PX - inner, 1.0)
        boxes = [box for box in self._yunet.boxes(view.rgb, _LOWEST_SCORE) if overlap(box, middle) >= _SAME_PLACE]
        return CloserLook(view, boxes[0], turn_deg) if boxes else None


def _better(first: CloserLook | None, second: CloserLook | None) -> CloserLook | None:
    """The look that scores higher; one that stands upright has a start."""
    if first is None or second is None:
        return first or second
    return second if second.box.score + _start(second) > first.box.score + _start(first) else first


def _start(look: CloserLook) -> float:
    return 0.0 if look.turn_deg else _UPRIGHT_BONUS
