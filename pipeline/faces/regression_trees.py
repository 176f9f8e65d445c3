"""Landmarks by an ensemble of regression trees, after Kazemi & Sullivan (CVPR 2014), as dlib trains it and runs it.

The points are dlib's own, to the pixel. What a face needs is one leaf in 16 of 7,500 trees: dlib keeps each of 120,000
leaves in a place of its own and reads them all when it starts, here they lie side by side in a file that is mapped.
"""

from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from pipeline.core.arrays import FloatImage, Points, Rgb
from pipeline.faces.compiled import calls
from pipeline.faces.ensemble import LEAVES, POINTS, SPLITS, TREES, Ensemble, Rect, place_of

_FIRST_LEAVES = np.arange(TREES) * LEAVES


@cache
def _leaf_by_answers() -> NDArray[np.int64]:
    """The leaf that a tree's answers lead to, for every way to answer; the first split's is the highest of 16 bits."""
    answers = np.arange(1 << LEAVES)
    node = np.zeros_like(answers)
    while node[0] < SPLITS:  # all leaves lie equally deep
        node = 2 * node + 2 - (answers >> (SPLITS - node) & 1)
    return node - SPLITS


@dataclass(frozen=True, slots=True)
class _View:
    """A photo's pixels one after another, and how a box lies in it."""

    pixels: NDArray[np.uint8]
    width: int
    height: int
    corner: NDArray[np.float64]
    sides: NDArray[np.float64]

    @classmethod
    def of(cls, rgb: Rgb, rect: Rect) -> "_View":
        corner, sides = place_of(rect)
        pixels = np.ascontiguousarray(rgb).reshape(-1, 3)
        return cls(pixels, rgb.shape[1], rgb.shape[0], corner[:, None], sides[:, None])

    def whole_pixels(self, shape: FloatImage) -> NDArray[np.int64]:
        """The nearest pixels to points `(2, K)` that are given in sides of the box."""
        return np.floor(shape * self.sides + self.corner).astype(np.int64)

    def grey(self, shape: FloatImage) -> NDArray[np.int16]:
        """The mean of red, green and blue at such points, 0 outside the photo."""
        x, y = self.whole_pixels(shape)
        colours = self.pixels.take(y * self.width + x, axis=0, mode="clip").astype(np.int16)
        grey: NDArray[np.int16] = (colours[:, 0] + colours[:, 1] + colours[:, 2]) // 3
        if min(x.min(), y.min()) < 0 or x.max() >= self.width or y.max() >= self.height:
            grey *= (x >= 0) & (x < self.width) & (y >= 0) & (y < self.height)
        return grey


@dataclass(frozen=True, slots=True)
class _Cascade:
    """A record of `CASCADE` as NumPy reads it fastest: places as wide as its own, and the leaves as one table.

    `across` are the ways to the spots, turned by a right angle.
    """

    near: NDArray[np.int64]
    beside: FloatImage
    across: FloatImage
    first: NDArray[np.int64]
    second: NDArray[np.int64]
    threshold: NDArray[np.int16]
    leaves: FloatImage

    @classmethod
    def of(cls, record: NDArray[np.void]) -> "_Cascade":
        beside = record["beside"]
        near, first, second = (record[name].ravel().astype(np.int64) for name in ("near", "first", "second"))
        across, leaves = np.stack([-beside[1], beside[0]]), record["leaves"].reshape(-1, 2 * POINTS)
        return cls(near, beside, across, first, second, record["threshold"].ravel(), leaves)

    def spots(self, shape: FloatImage, cos: np.float32, sin: np.float32) -> FloatImage:
        """Where the spots lie beside the points of a shape that is turned and scaled so."""
        return cos * self.beside + sin * self.across + shape.take(self.near, axis=1)

    def chosen_leaves(self, grey: NDArray[np.int16]) -> NDArray[np.int64]:
        """The row of each tree's leaf in the table, by the spots' grey values."""
        brighter = grey.take(self.first) - grey.take(self.second) > self.threshold
        return _leaf_by_answers().take(np.packbits(brighter).view(">u2")) + _FIRST_LEAVES


@lru_cache(maxsize=1)
def _cascades(ensemble: Ensemble) -> list[_Cascade]:
    return [_Cascade.of(cascade) for cascade in ensemble.cascades.view(np.ndarray)]


@calls.KERNELS.or_compiled(calls.predicted)
def predicted(ensemble: Ensemble, rgb: Rgb, rect: Rect) -> Points:
    """Points `float32 (68, 2)` as x, y in whole pixels; they may lie outside the image `(H, W, 3)`.

    The face is to fill `rect` as it fills the square that dlib's detector draws.
    """
    view = _View.of(rgb, rect)
    shape, sums = ensemble.start, np.empty((TREES + 1, 2 * POINTS), np.float32)
    for cascade in _cascades(ensemble):
        cos, sin = (ensemble.turn * shape.reshape(-1, 1)).sum(axis=0).astype(np.float32)
        leaves = cascade.chosen_leaves(view.grey(cascade.spots(shape, cos, sin)))
        sums[0] = shape.ravel()
        cascade.leaves.take(leaves, axis=0, out=sums[1:], mode="clip")
        shape = sums.sum(axis=0).reshape(2, POINTS)  # in the trees' order, so that it rounds as dlib's sum does
    return np.ascontiguousarray(view.whole_pixels(shape).T, dtype=np.float32)
