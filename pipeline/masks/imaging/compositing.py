"""Laying the mask over the photo: shadow, sharpness, noise, and blending in linear light."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.core.arrays import FloatImage, Rgb
from pipeline.masks.compiled import calls
from pipeline.masks.compiled.inputs import Gradient, LightTables
from pipeline.masks.compiled.library import or_compiled
from pipeline.masks.imaging.image_arithmetic import coloured, quantile, scaled, softened
from pipeline.masks.imaging.light import SRGB_TO_LINEAR, to_linear

_CODES = 4096
_SHARP_SIGMA_PX = 0.55
_MAX_BLUR_PX = 4.0
_STRIP_ROWS = 256
_LEAST_BLUR_PX, _STEEPEST = 0.3, 0.97
_EVERY = 3
"""Of how many pixels in a row one stands for the rest where only their distribution counts."""

_COARSE_REACH_PX = 3.0
"""From here a shadow is moved and blurred at half the size: a third less time, no more than a code apart."""


def _linear_to_srgb_table() -> Rgb:
    """Of all codes of 16 bits, as `cv2.LUT` wants them; linear light of 1 is at `_CODES - 1`."""
    codes = np.arange(1 << 16) / (_CODES - 1)
    return np.asarray(np.rint(np.interp(codes, SRGB_TO_LINEAR, np.arange(256))), dtype=np.uint8)


_TABLES = LightTables(SRGB_TO_LINEAR, _linear_to_srgb_table(), _CODES)


@dataclass(frozen=True, slots=True)
class Layer:
    """What is laid over a window of the photo.

    Attributes:
        light: Linear RGB `(H, W, 3)` multiplied by alpha.
        alpha: `(H, W)` in [0, 1].
        shade: Share of the light that the mask takes from what lies under it, `(H, W)` in [0, 1].
    """

    light: FloatImage
    alpha: FloatImage
    shade: FloatImage


def blend(window: Rgb, layer: Layer) -> Rgb:
    """Lay the layer over a window of the same height and width, in linear light."""
    return blended(window, layer.light, layer.alpha, layer.shade, _TABLES)


@or_compiled(calls.blended)
def blended(window: Rgb, light: FloatImage, alpha: FloatImage, shade: FloatImage, tables: LightTables) -> Rgb:
    """As `blend` of a layer of these."""
    result = np.empty_like(window)
    for top in range(0, window.shape[0], _STRIP_ROWS):  # a large face whole, in float, would take hundreds of MB
        rows = slice(top, top + _STRIP_ROWS)
        under = scaled(to_linear(window[rows]), (1 - shade[rows]) * (1 - alpha[rows]))
        under += light[rows]
        under *= np.float32(tables.steps - 1)
        under += np.float32(0.5)
        np.clip(under, 0, tables.steps, out=under)
        result[rows] = cv2.LUT(under.astype(np.uint16), tables.codes)
    return result


@or_compiled(calls.with_under)
def with_under(above: FloatImage, opacity: FloatImage, colour: NDArray[np.floating]) -> FloatImage:
    """A premultiplied layer `(H, W, 4)` over a colour `(4,)` in the strengths of a plane `(H, W)`."""
    return above + scaled(coloured(opacity, colour), 1 - cv2.extractChannel(above, 3))


@or_compiled(calls.grained)
def grained(layer: FloatImage, grain: FloatImage, strength: float) -> tuple[FloatImage, FloatImage]:
    """Light `(H, W, 3)` and alpha `(H, W)` of a premultiplied layer `(H, W, 4)`.

    The light is made brighter and darker by a plane of grain, by so much of it.
    """
    light = np.asarray(cv2.cvtColor(layer, cv2.COLOR_RGBA2RGB), dtype=np.float32)
    alpha = np.asarray(cv2.extractChannel(layer, 3), dtype=np.float32)
    return scaled(light, grain * np.float32(strength) + np.float32(1)), alpha


def blur_layer(layer: FloatImage, sigma_px: float) -> FloatImage:
    """Give a premultiplied layer `(H, W, 4)` the photo's blur; what the drawing itself has is taken off first."""
    extra = float(np.sqrt(max(sigma_px**2 - _SHARP_SIGMA_PX**2, 0)))
    if extra < 0.25:
        return layer
    return np.asarray(cv2.GaussianBlur(layer, (0, 0), min(extra, _MAX_BLUR_PX)), dtype=np.float32)


def contact_shadow(alpha: FloatImage, strength: float, reach_px: float, fall_px: tuple[float, float]) -> FloatImage:
    """A soft shadow of the mask on what lies under and beside it, shifted by `fall_px` in x and y."""
    size = (alpha.shape[1], alpha.shape[0])
    if reach_px < _COARSE_REACH_PX or min(size) < 8:
        return np.asarray(np.float32(strength) * _moved_and_soft(alpha, reach_px, fall_px), dtype=np.float32)
    half = cv2.resize(alpha, (size[0] // 2, size[1] // 2), interpolation=cv2.INTER_AREA)
    soft = _moved_and_soft(half, reach_px / 2, (fall_px[0] / 2, fall_px[1] / 2))
    return np.asarray(np.float32(strength) * cv2.resize(soft, size, interpolation=cv2.INTER_LINEAR), dtype=np.float32)


def _moved_and_soft(alpha: FloatImage, sigma_px: float, by_px: tuple[float, float]) -> FloatImage:
    shift = np.array([[1, 0, by_px[0]], [0, 1, by_px[1]]], dtype=np.float32)
    moved = cv2.warpAffine(alpha, shift, (alpha.shape[1], alpha.shape[0]))
    return softened(np.asarray(moved, dtype=np.float32), max(sigma_px, 0.5))


def blur_sigma(grey: FloatImage) -> float:
    """Gaussian blur of the sharpest edges in pixels, from how much a further blur of 1 px flattens them.

    Zhuo & Sim, "Defocus map estimation from a single image", Pattern Recognition 44 (2011).
    """
    again = np.asarray(cv2.GaussianBlur(grey, (0, 0), 1.0), dtype=np.float32)
    ratio = flattening(_gradient(grey), _gradient(again), _EVERY, _STEEPEST)
    return min(max(1 / math.sqrt(max(ratio**2 - 1, 1e-2)), _LEAST_BLUR_PX), _MAX_BLUR_PX)


def _gradient(grey: FloatImage) -> Gradient:
    across, down = cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)
    return np.asarray(across, dtype=np.float32), np.asarray(down, dtype=np.float32)


@or_compiled(calls.flattening)
def flattening(gradient: Gradient, blurred: Gradient, every: int, share: float) -> float:
    """How many times steeper a picture's steepest edges are than in one that was blurred, in the median.

    The pictures are given as how much brighter each pixel is to the right and down, `(H, W)` each; edges are the pixels
    above such a share of all, by every so manieth across and down.
    """
    steep, flattened = _steepness(*gradient), _steepness(*blurred)
    edges = steep >= quantile(steep[::every, ::every], share)
    return quantile(steep[edges] / np.maximum(flattened[edges], np.float32(1e-6)), 0.5)


def _steepness(across: FloatImage, down: FloatImage) -> FloatImage:
    """`cv2.magnitude` tips last digits by where in memory the planes happen to lie."""
    return np.asarray(np.sqrt(across * across + down * down), dtype=np.float32)


def noise_sigma(grey: FloatImage) -> float:
    """Standard deviation of the photo's noise in sRGB codes (Immerkær, CVIU 64, 1996), by the median for robustness."""
    kernel = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], dtype=np.float32)
    response = cv2.filter2D(grey, cv2.CV_32F, kernel, borderType=cv2.BORDER_REFLECT)
    return quantile(np.abs(response[::_EVERY, ::_EVERY]), 0.5) / 0.6745 / 6
