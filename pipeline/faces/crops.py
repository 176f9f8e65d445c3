"""Square face crops, and how sharp a face is."""

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.core.arrays import Points, Rgb
from pipeline.core.shrinking import framed_and_shrunk, shrunk_by_area
from pipeline.faces.detectors import Box

_SHARPNESS_SIDE_PX = 112
"""Faces are brought to this side first: the Laplacian's variance grows with the size of what it measures."""


def crop_square(rgb: Rgb, box: Box, scale: float, side_px: int | None = None) -> Rgb:
    """The square of `scale` times the longer side of `box`, around its centre.

    Beyond the image its edge pixels are repeated. With `side_px` the result is resized to that side by pixel area,
    else it keeps the photo's own resolution.
    """
    left, top, side = square_around(box, scale)
    if side_px is None:
        return np.ascontiguousarray(_replicated(rgb, left, top, side))
    if _is_inside(rgb, left, top, side):
        return shrunk_by_area(_replicated(rgb, left, top, side), (side_px, side_px))
    return framed_and_shrunk(rgb, lambda image: _replicated(image, left, top, side), side, side_px)


def crop_landmarks(landmarks: Points, box: Box, scale: float, side_px: int) -> Points:
    """Points of a photo in pixels of the crop that `crop_square` makes with the same arguments."""
    left, top, side = square_around(box, scale)
    factor = side_px / side
    return np.asarray((landmarks - (left, top) + 0.5) * factor - 0.5, dtype=np.float32)


def square_around(box: Box, scale: float) -> tuple[int, int, int]:
    """Left, top and side of the square that `crop_square` cuts out, in pixels of the photo."""
    side = max(1, round(scale * max(box.width, box.height)))
    return round((box.left + box.right - side) / 2), round((box.top + box.bottom - side) / 2), side


def _is_inside(image: NDArray[np.uint8], left: int, top: int, side: int) -> bool:
    height, width = image.shape[:2]
    return left >= 0 and top >= 0 and left + side <= width and top + side <= height


def _replicated(image: NDArray[np.uint8], left: int, top: int, side: int) -> NDArray[np.uint8]:
    """The square, a view where all of it is inside."""
    if _is_inside(image, left, top, side):
        return image[top : top + side, left : left + side]
    height, width = image.shape[:2]
    rows, above = _inside(top, side, height)
    columns, before = _inside(left, side, width)
    inner = image[rows, columns]
    below, after = side - above - inner.shape[0], side - before - inner.shape[1]
    # fifty times as fast as indexing with clipped rows and columns: 0.04 ms for 420 px
    return np.asarray(cv2.copyMakeBorder(inner, above, below, before, after, cv2.BORDER_REPLICATE), dtype=np.uint8)


def _inside(start: int, side: int, length: int) -> tuple[slice, int]:
    """What an axis has of `side` pixels from `start` on, at least its nearest one, and how many come before that."""
    first = min(max(start, 0), length - 1)
    last = max(min(start + side, length), first + 1)
    return slice(first, last), min(max(first - start, 0), side - (last - first))


def sharpness(rgb: Rgb, box: Box) -> float:
    """Variance of the Laplacian of the grey face at a fixed size; below about 50 a face looks blurred.

    After Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy", ICPR 2000.
    """
    face = crop_square(rgb, box, 1.0, _SHARPNESS_SIDE_PX)
    return float(cv2.Laplacian(cv2.cvtColor(face, cv2.COLOR_RGB2GRAY), cv2.CV_64F).var())


def visible_share(box: tuple[float, float, float, float], width_px: int, height_px: int) -> float:
    """How much of a box (left, top, right, bottom) lies inside the image: 1 all of it.

    >>> visible_share((-10, 0, 10, 20), 100, 100)
    0.5
    """
    left, top, right, bottom = box
    inside = max(0.0, min(right, width_px) - max(left, 0.0)) * max(0.0, min(bottom, height_px) - max(top, 0.0))
    return inside / max((right - left) * (bottom - top), 1e-9)
