"""Faces that are one person's from look to look of a film, and what is said of each over time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pipeline.core.agreement import overlap
from pipeline.faces.detectors import Box
from pipeline.prediction.answers import Shares

_LEAST_OVERLAP = 0.25
"""Intersection over union of a face with where it was expected."""

_LOST_AFTER_S = 1.0
_FADING = 0.8
"""What a look weighs over the next one: the last five looks make two thirds of what is said of a moment."""


@dataclass(slots=True)
class Track:
    """One face over time.

    Attributes:
        number: From 1, in the order of appearance.
        box: Where it was seen last.
        first, last: Frames of the first and the last look that showed it.
        looks: How many did.
    """

    number: int
    box: Box
    first: int
    last: int
    looks: int = 0
    _speed: tuple[float, float] = (0.0, 0.0)
    _sums: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    _recent: dict[str, NDArray[np.float64]] = field(default_factory=dict)

    def add(self, frame: int, box: Box, shares: Shares) -> None:
        """A look that shows it."""
        if self.looks:
            self._speed = tuple(  # type: ignore[assignment]  # of two, as mypy can't see
                (after - before) / max(1, frame - self.last)
                for after, before in zip(_centre(box), _centre(self.box), strict=True)
            )
        for head, values in shares.items():
            self._sums[head] = self._sums.get(head, np.zeros(len(values))) + values
            self._recent[head] = self._recent.get(head, np.zeros(len(values))) * _FADING + values
        self.box, self.last, self.looks = box, frame, self.looks + 1

    def expected(self, frame: int) -> Box:
        """Where it should be in a frame, if it goes on as it did."""
        right, down = (speed * (frame - self.last) for speed in self._speed)
        box = self.box
        return Box(box.left + right, box.top + down, box.right + right, box.bottom + down, box.score)

    def now(self) -> Shares:
        """The probabilities of this moment: the mean over the looks, the more recent ones counting more."""
        return _as_shares(self._recent)

    def whole(self) -> Shares:
        """The probabilities over all looks: the mean."""
        return _as_shares(self._sums)


def _as_shares(sums: Mapping[str, NDArray[np.float64]]) -> Shares:
    return {head: np.asarray(values / values.sum(), dtype=np.float32) for head, values in sums.items()}


def _centre(box: Box) -> tuple[float, float]:
    return (box.left + box.right) / 2, (box.top + box.bottom) / 2


class Tracker:
    """Follows faces by where they are: each goes to the track whose expected place it overlaps most.

    Simple online tracking without a Kalman filter or an appearance model, after Bewley et al., "Simple online and
    realtime tracking" (arXiv:1602.00763): a person who leaves the picture and comes back is another track.
    """

    def __init__(self, fps: float) -> None:
        self._patience = max(1, round(_LOST_AFTER_S * fps))
        self._followed: list[Track] = []
        self.tracks: list[Track] = []

    def follow(self, frame: int, boxes: Sequence[Box], shares: Sequence[Shares], every: int = 1) -> list[Track]:
        """The track of each face of a look; frames are looked at `every` so many."""
        allowed = max(self._patience, 2 * every)
        self._followed = [track for track in self._followed if frame - track.last <= allowed]
        owners = _assigned([track.expected(frame) for track in self._followed], boxes)
        found = [
            self._followed[owners[place]] if place in owners else self._begun(frame, box)
            for place, box in enumerate(boxes)
        ]
        for track, box, values in zip(found, boxes, shares, strict=True):
            track.add(frame, box, values)
        self._followed += [track for track in found if track.looks == 1]
        return found

    def _begun(self, frame: int, box: Box) -> Track:
        track = Track(len(self.tracks) + 1, box, frame, frame)
        self.tracks.append(track)
        return track


def _assigned(expected: Sequence[Box], seen: Sequence[Box]) -> dict[int, int]:
    """Place of the expected box by that of the seen one, the best overlaps first, each used once."""
    pairs = [(overlap(a, b), i, j) for i, a in enumerate(expected) for j, b in enumerate(seen)]
    owners: dict[int, int] = {}
    for share, i, j in sorted(pairs, key=lambda pair: (-pair[0], pair[1], pair[2])):
        if share >= _LEAST_OVERLAP and i not in owners.values() and j not in owners:
            owners[j] = i
    return owners
