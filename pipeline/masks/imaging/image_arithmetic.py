"""Arithmetic between images and planes by OpenCV: numpy, which broadcasts over a short last axis, is slow."""

import math
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.core.arrays import FloatImage
from pipeline.masks.compiled import calls
from pipeline.masks.compiled.library import or_compiled

_COARSER_FROM, _COARSEST_PX = 1.25, 16
"""How wide a blur must still be, in pixels of the coarser plane, to be done there; and how small no plane is halved."""


@or_compiled(calls.scaled)
def scaled(image: FloatImage, plane: FloatImage) -> FloatImage:
    """The image `float32 (H, W, 3 or 4)` with each pixel multiplied by the plane's `float32 (H, W)`."""
    return np.asarray(cv2.multiply(image, _spread(plane, image.shape[2])), dtype=np.float32)


def _spread(plane: FloatImage, channels: int) -> FloatImage:
    """The plane in each of 3 or 4 channels; `cv2.merge` takes twice as long for four of them."""
    if channels == 3:
        return np.asarray(cv2.cvtColor(plane, cv2.COLOR_GRAY2RGB), dtype=np.float32)
    spread = cv2.cvtColor(plane, cv2.COLOR_GRAY2RGBA)
    cv2.insertChannel(plane, spread, 3)
    return np.asarray(spread, dtype=np.float32)


def coloured(plane: FloatImage, colour: NDArray[np.floating]) -> FloatImage:
    """A colour `(C,)` in the strengths of a plane `float32 (H, W)`: `(H, W, C)`."""
    return np.asarray(cv2.merge([plane * np.float32(value) for value in colour]), dtype=np.float32)


def filled(colour: FloatImage, width: int, height: int) -> FloatImage:
    """An image `(height, width, C)` of one colour `(C,)`: a row is filled, then rows, not each pixel for itself."""
    image = np.empty((height, width, len(colour)), dtype=np.float32)
    image[0] = colour
    image[1:] = image[0]
    return image


@or_compiled(calls.lay)
def lay(image: FloatImage, colour: NDArray[np.floating], share: FloatImage) -> None:
    """Replace a share `float32 (H, W)` in [0, 1] of the image by a colour `(C,)`, in place."""
    np.add(scaled(image, 1 - share), coloured(share, colour), out=image)


def dim(image: FloatImage, plane: FloatImage) -> None:
    """Multiply each pixel of the image by the plane's `float32 (H, W)`, in place."""
    np.copyto(image, scaled(image, plane))


def softened(plane: FloatImage, sigma_px: float) -> FloatImage:
    """As a Gaussian blur, but wide ones are done on a coarser plane: a third less time or more, about a hundredth off.

    Halving and doubling by pyrDown and pyrUp each blur by one pixel's variance of the finer plane.
    """
    sizes, variance, pixel = [], sigma_px**2, 1.0
    while sigma_px >= _COARSER_FROM * 2 * pixel and min(plane.shape) >= _COARSEST_PX:
        sizes.append((plane.shape[1], plane.shape[0]))
        plane = np.asarray(cv2.pyrDown(plane, borderType=cv2.BORDER_REFLECT_101), dtype=np.float32)
        variance -= 2 * pixel**2
        pixel *= 2
    plane = np.asarray(cv2.GaussianBlur(plane, (0, 0), max(np.sqrt(variance) / pixel, 0.1)), dtype=np.float32)
    for size in reversed(sizes):
        plane = np.asarray(cv2.pyrUp(plane, dstsize=size), dtype=np.float32)
    return plane


def from_first_tile(to_tile: Sequence[Sequence[float]], size: tuple[int, int], side: float) -> list[list[float]]:
    """The same way into a tile of this side that repeats, begun where no coordinate is negative and the least may be.

    `to_tile` is `(2, 3)`, from texels of a texture of `size` (width, height) to the tile's.
    """
    moved = []
    for across, down, start in to_tile:  # six numbers, for which arrays would take several times longer
        least = start + (min(across * size[0], 0.0) + min(down * size[1], 0.0))
        moved.append([across, down, start - side * math.floor(least / side)])
    return moved


def quantile(values: NDArray[np.floating], share: float) -> float:
    """As `np.quantile` by linear interpolation, without its tenth of a millisecond of preparation.

    >>> quantile(np.array([3.0, 1.0, 2.0, 4.0]), 0.5)
    2.5
    """
    return quantile32(values, share) if values.dtype == np.float32 else _quantile(values, share)


@or_compiled(calls.quantile32)
def quantile32(values: NDArray[np.float32], share: float) -> float:
    """As `quantile`."""
    return _quantile(values, share)


def _quantile(values: NDArray[np.floating], share: float) -> float:
    flat = np.ravel(values)
    at = share * (len(flat) - 1)
    low = int(at)
    high = min(low + 1, len(flat) - 1)
    ordered = np.partition(flat, (low, high))
    return float(ordered[low] + (ordered[high] - ordered[low]) * (at - low))
