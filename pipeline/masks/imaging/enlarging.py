"""A layer enlarged some rows at a time: the whole of a large face's would take 20 bytes a pixel."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.core.arrays import FloatImage
from pipeline.masks.compiled import calls
from pipeline.masks.compiled.library import or_compiled


@dataclass(frozen=True, slots=True)
class Enlarging:
    """From images `(h, w)` or `(h, w, C)` to one size, by linear interpolation as `cv2.resize` does it: the same bits.

    Where OpenCV has Intel's kernels (IPP) it goes along the rows first, then between two rows with the product and the
    sum rounded together; that order is followed here, and the weights are asked of OpenCV itself.

    Attributes:
        width: Of what is enlarged.
        above: For each of its rows, which row it lies at or below: `int32 (H,)`.
        share: How much of the row below it has: `float32 (H,)` in [0, 1].
    """

    width: int
    above: NDArray[np.int32]
    share: NDArray[np.float32]

    @classmethod
    def to(cls, width: int, height: int, of_height: int) -> "Enlarging":
        """To that size, from so many rows."""
        rows = np.arange(height)
        place = np.floor((rows + 0.5) * (of_height / height) - 0.5).astype(np.int32)
        above = np.clip(place, 0, of_height - 1)
        of_three = np.eye(3, dtype=np.float32)[np.arange(of_height) % 3]  # which of three rows in a row a row is
        parts = cv2.resize(of_three, (3, height), interpolation=cv2.INTER_LINEAR)
        return cls(width, above, np.ascontiguousarray(parts[rows, (above + 1) % 3]))

    def rows(self, image: FloatImage, rows: slice) -> FloatImage:
        """Those rows of the enlarged image."""
        if min(image.shape[:2]) < 2:  # for which OpenCV has other ways
            return self._resized(image, len(self.above))[rows]
        above = self.above[rows]
        first, last = min(int(above[0]), len(image) - 2), min(int(above[-1]) + 2, len(image))
        along = self._resized(image[first:last], last - first)
        found = rows_between(along.reshape(last - first, -1), above - first, self.share[rows])
        return found.reshape(len(above), *along.shape[1:])

    def _resized(self, image: FloatImage, height: int) -> FloatImage:
        return np.asarray(cv2.resize(image, (self.width, height), interpolation=cv2.INTER_LINEAR), dtype=np.float32)


@or_compiled(calls.rows_between, able=calls.FUSED_AT_ONCE > 0)
def rows_between(rows: FloatImage, above: NDArray[np.int32], share: NDArray[np.float32]) -> FloatImage:
    """Rows `(H, N)` between those of an array `(h, N)`: so much of the way from the row `above` to the one after it."""
    upper, lower = rows[above], rows[np.minimum(above + 1, len(rows) - 1)]
    return np.asarray((lower - upper) * share[:, None].astype(np.float64) + upper, dtype=np.float32)
