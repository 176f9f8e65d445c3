"""Whether two sources say different things about one photo, or about a face that both have a box of."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from pipeline.core.records import LabelledBox

LABEL_FIELDS = ("mask_type", "wear", "valve", "masked")
"""The columns of a label, in the records and in the mapping of a source's words."""

SAME_FACE = 0.5
"""Intersection over union from which two annotators' boxes are of one face."""


class Sided(Protocol):
    """Anything with the sides of a box, in pixels."""

    @property
    def left(self) -> float:
        """The first column."""

    @property
    def top(self) -> float:
        """The first row."""

    @property
    def right(self) -> float:
        """Behind the last column."""

    @property
    def bottom(self) -> float:
        """Behind the last row."""


def overlap(first: Sided, second: Sided) -> float:
    """Intersection over union of two boxes, 0 to 1."""
    width = min(first.right, second.right) - max(first.left, second.left)
    height = min(first.bottom, second.bottom) - max(first.top, second.top)
    shared = max(0.0, width) * max(0.0, height)
    total = _area(first) + _area(second) - shared
    return shared / total if total > 0 else 0.0


def _area(box: Sided) -> float:
    return max(0.0, box.right - box.left) * max(0.0, box.bottom - box.top)


def contradict(first: str, second: str, field: str) -> bool:
    """Whether two values of one field can't both be true; `unknown` contradicts nothing.

    >>> contradict("incorrect", "nose_exposed", "wear"), contradict("cloth", "surgical", "mask_type")
    (False, True)
    """
    if field == "wear" and "incorrect" in (first, second):
        return bool({first, second} & {"none", "correct"})
    return first != second and "unknown" not in (first, second)


def boxes_at_odds(
    first: Sequence[LabelledBox], second: Sequence[LabelledBox]
) -> Iterator[tuple[LabelledBox, LabelledBox, str]]:
    """The pairs of boxes of one face that contradict each other, with each field in which they do."""
    pairs = [(overlap(a, b), i, j) for i, a in enumerate(first) for j, b in enumerate(second)]
    taken: set[tuple[str, int]] = set()
    for share, i, j in sorted(pairs, key=lambda pair: (-pair[0], pair[1], pair[2])):
        if share < SAME_FACE or taken & {("first", i), ("second", j)}:
            continue
        taken |= {("first", i), ("second", j)}
        for field in LABEL_FIELDS:
            if contradict(getattr(first[i], field), getattr(second[j], field), field):
                yield first[i], second[j], field
