"""Pictures made smaller."""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.core.arrays import Rgb
from pipeline.core.compiled import calls

_LARGE_PX = 1024


@calls.KERNELS.or_compiled(calls.shrunk_by_area)
def shrunk_by_area(rgb: Rgb, size: tuple[int, int]) -> Rgb:
    """The picture brought to `size`, width and height: each pixel is the mean over its area, as in OpenCV."""
    return np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def framed_and_shrunk(
    rgb: Rgb, frame: Callable[[NDArray[np.uint8]], NDArray[np.uint8]], framed_px: int, side_px: int
) -> Rgb:
    """A square of `framed_px` that `frame` puts together from a picture, or from one of its colours, at another side.

    A large one is put together a colour at a time, in a third of the memory.
    """
    size = (side_px, side_px)
    if framed_px <= _LARGE_PX:
        return shrunk_by_area(frame(rgb), size)
    squares = (frame(rgb[:, :, channel]) for channel in range(3))
    return np.dstack([cv2.resize(square, size, interpolation=cv2.INTER_AREA) for square in squares])
