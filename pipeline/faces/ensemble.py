"""An ensemble of regression trees as it lies in a file, and what follows from it once."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

POINTS, CASCADES, TREES, SPLITS, SPOTS = 68, 15, 500, 15, 500
"""Of the model for 68 points: trees a cascade, splits a tree, and the spots of a cascade whose grey values it reads."""
LEAVES = SPLITS + 1

CASCADE = np.dtype(
    [
        ("start", "<f4", (2, POINTS)),  # x, then y, in sides of the box; the same in every cascade
        ("near", "<i2", SPOTS),  # the point that a spot goes along with
        ("beside", "<f4", (2, SPOTS)),  # the way from there to the spot, on the starting shape
        ("first", "<i2", (TREES, LEAVES)),  # a split asks whether the first spot is brighter than the second
        ("second", "<i2", (TREES, LEAVES)),
        ("threshold", "<i2", (TREES, LEAVES)),  # by more than this; the last is no split and never true
        ("leaves", "<f4", (TREES, LEAVES, 2 * POINTS)),  # what a leaf adds to the shape: x, then y
    ]
)
"""One cascade of the ensemble as it lies on the disk."""
LAYOUT = "v2"
"""Names what is kept of it: another one asks for another name."""

Rect = tuple[int, int, int, int]
"""Left, top, right and bottom pixel of a box."""


def is_sound(cascades: NDArray[np.void]) -> bool:
    """Whether every place that the records name is there: compiled code would read beside the arrays."""
    limits = (("near", POINTS), ("first", SPOTS), ("second", SPOTS))
    return all(bool(((cascades[name] >= 0) & (cascades[name] < count)).all()) for name, count in limits)


@dataclass(frozen=True, eq=False)
class Ensemble:
    """The trees: `cascades` are 15 records of `CASCADE`, side by side; two ensembles are never equal."""

    cascades: NDArray[np.void]

    @cached_property
    def start(self) -> NDArray[np.float32]:
        """The shape `(2, 68)` that every prediction starts from."""
        return np.array(self.cascades["start"][0])

    @cached_property
    def turn(self) -> NDArray[np.float64]:
        """`(136, 2)`: times a shape's numbers, summed, this gives scale times cosine, and times sine, of how it lies.

        Scaled and turned so, the starting shape lies best on that one, by least squares.
        """
        x, y = self.start - self.start.mean(axis=1, keepdims=True, dtype=np.float64)
        turn = np.stack([np.concatenate([x, y]), np.concatenate([-y, x])], axis=1) / np.sum(x * x + y * y)
        return np.asarray(turn, np.float64)


def place_of(rect: Rect) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The corner of a box, as numbers are rounded down to the pixels about it, and its two sides, in pixels."""
    left, top, right, bottom = rect
    return np.array([left + 0.5, top + 0.5]), np.array([right - left, bottom - top], np.float64)
