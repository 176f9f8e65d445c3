"""A second, closer look at one place of a photo: is a face there, and which way up?"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

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

UPRIGHT_SCORE = 0.925
"""What only upright faces score at first: of 350 photos on their head or nearly so seven score 0.90 to 0.92, and their
landmarks agree."""

_UPRIGHT_CLOSELY, _TURNED_CLOSELY = 0.87, 0.88
"""Looked at closely those score 0.18 to 0.84 as they are and 0.89 or more the right way up; of 345 upright faces 3 %
score less than the first, and stay upright unless another turn is clear."""

LEANS_DEG = 25.0
"""A head tilted by more is turned."""

_LABELLED_SCORE, _LABELLED_TURNED_SCORE = 0.3, 0.5
"""What a look has to score where a source says that there is a face, upright and turned: of 320 labels' boxes that were
moved to where no face is, upright views show one of 0.3 in 2 %, with all other views 5 %; turned ones in 11 % more."""

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
class _View:
    """A square `scale` times the place's longer side, moved by shares of that side, turned, brought to `side_px`."""

    scale: float = SCALE
    side_px: int = VIEW_PX
    right: float = 0.0
    down: float = 0.0
    turn_deg: float = 0.0

    def of(self, rgb: Rgb, place: Box) -> tuple[TurnedView, Box]:
        """The view, and in its pixels the square around the middle of the place; that is kept where it is turned."""
        side = place.longer_side
        x, y = (place.left + place.right) / 2 + self.right * side, (place.top + place.bottom) / 2 + self.down * side
        view = turned_view(rgb, (x, y), self.scale * side, self.side_px, self.turn_deg)
        inner = self.side_px / self.scale
        left, top = (self.side_px / 2 - (moved + 0.5) * inner for moved in (self.right, self.down))
        return view, Box(left, top, left + inner, top + inner, 1.0)


_OTHER_VIEWS = (
    *(_View(scale, side) for scale, side in ((1.5, 128), (3.0, 128), (2.0, 192), (3.0, 192), (2.0, 64), (1.5, 96))),
    *(_View(right=right, down=down) for right, down in ((0.25, 0.0), (-0.25, 0.0), (0.0, 0.25), (0.0, -0.25))),
)
"""YuNet sees a half hidden face in one view and not in another: of 18 labelled faces that the first one misses these
show 14."""


_FITS = 0.2
"""Overlap of a labelled place with what such a view shows: the less is seen, the better it has to fit."""


@dataclass(frozen=True, slots=True)
class CloserLook:
    """The best face of the closer look: in the view's pixels, and by how much the photo shows it turned clockwise."""

    view: TurnedView
    box: Box
    turn_deg: float

    @property
    def box_in_photo(self) -> Box:
        """Its box in pixels of the photo, upright."""
        return upright_box(self.view, self.box)

    @property
    def roll_deg(self) -> float:
        """The turn of the face in the photo, what is left of it in the view added; -180 to 180."""
        return (self.turn_deg + self.tilt_deg + 180) % 360 - 180

    @property
    def leans(self) -> bool:
        """Whether the head is turned, not upright."""
        return abs(self.roll_deg) > LEANS_DEG

    @property
    def tilt_deg(self) -> float:
        """By how much the face is turned in the view."""
        return roll_deg(np.array(self.box.five or ()).reshape(5, 2))

    @property
    def five(self) -> NDArray[np.float32]:
        """Eyes, nose tip and mouth corners `(5, 2)` in pixels of the photo."""
        return self.view.points(np.array(self.box.five or ()).reshape(5, 2))


@dataclass(frozen=True, slots=True)
class _Aim:
    """A place of a photo, and which boxes of the photo may be what is looked for; None: any."""

    rgb: Rgb
    place: Box
    is_own: Callable[[Box], bool] | None = None


class CloserLooker:
    """Looks at a place of a photo upright and on its sides, then follows the eyes until they are level."""

    def __init__(self) -> None:
        self._yunet = YuNetDetector(long_side_px=VIEW_PX)

    def look(self, rgb: Rgb, place: Box) -> CloserLook | None:
        """The face at `place`, None where no turn shows one.

        What scores well upright, there or in `place` where that has YuNet's points, is not looked at from other sides.
        """
        return self._look(_Aim(rgb, place))

    def look_for_labelled(self, rgb: Rgb, place: Box, is_own: Callable[[Box], bool]) -> CloserLook | None:
        """The face where a source says that there is one, seen weakly or in some other view if need be.

        `is_own` says of a box in pixels of the photo whether it may be that face, and not another one beside it.
        """
        look = self._look(_Aim(rgb, place, is_own))
        if look and look.box.score >= (_LABELLED_TURNED_SCORE if look.leans else _LABELLED_SCORE):
            return look
        fitting = _Aim(rgb, place, lambda box: overlap(box, place) >= _FITS and is_own(box))
        again = [look for view in _OTHER_VIEWS if (look := self._at(fitting, view))]
        seen = [look for look in again if look.box.score >= _LABELLED_SCORE]
        return max(seen, key=lambda look: look.box.score * overlap(look.box_in_photo, place), default=None)

    def look_turned(self, rgb: Rgb, place: Box) -> CloserLook | None:
        """The face at `place` where it clearly is one that is turned; None where it is upright, or nothing is clear."""
        aim = _Aim(rgb, place)
        upright = self._at(aim, _View())
        if upright and upright.box.score >= _UPRIGHT_CLOSELY:
            return None
        best = self._best(aim, (*_QUARTERS, *_DIAGONALS))
        if best is None or best.box.score < _TURNED_CLOSELY:
            return None
        levelled = self._levelled(aim, best)
        return levelled if levelled.leans else None

    def _look(self, aim: _Aim) -> CloserLook | None:
        best = self._at(aim, _View())
        known = aim.place.score if aim.place.five else 0.0
        if max(known, best.box.score if best else 0.0) < SURE_SCORE:
            best = _better(best, self._best(aim, _QUARTERS))
            if best is None or best.box.score < _CLEAR_TURN:
                best = _better(best, self._best(aim, _DIAGONALS))
        return self._levelled(aim, best) if best else None

    def _best(self, aim: _Aim, turns: Iterable[float]) -> CloserLook | None:
        best = None
        for turn in turns:
            best = _better(best, self._at(aim, _View(turn_deg=turn)))
        return best

    def _levelled(self, aim: _Aim, look: CloserLook) -> CloserLook:
        """YuNet draws a tilted face's eyes too level: only a few steps show it upright."""
        for _ in range(_MOST_STEPS):
            if abs(look.tilt_deg) < _LEVEL_DEG:
                break
            there = replace(aim, place=look.box_in_photo)
            nearer = self._at(there, _View(turn_deg=look.roll_deg))
            if nearer is None or nearer.box.score < look.box.score - _UPRIGHT_BONUS:
                break
            look = nearer
        return look

    def _at(self, aim: _Aim, how: _View) -> CloserLook | None:
        view, middle = how.of(aim.rgb, aim.place)
        boxes = (box for box in self._yunet.boxes(view.rgb, _LOWEST_SCORE) if overlap(box, middle) >= _SAME_PLACE)
        for box in boxes:
            look = CloserLook(view, box, how.turn_deg)
            if aim.is_own is None or aim.is_own(look.box_in_photo):
                return look
        return None


def _better(first: CloserLook | None, second: CloserLook | None) -> CloserLook | None:
    """The look that scores higher; one that stands upright has a start."""
    if first is None or second is None:
        return first or second
    return second if second.box.score + _start(second) > first.box.score + _start(first) else first


def _start(look: CloserLook) -> float:
    return 0.0 if look.turn_deg else _UPRIGHT_BONUS
