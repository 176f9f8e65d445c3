"""Laying the mask over the photo: shadow, sharpness, noise, and blending in linear light."""

from dataclasses import dataclass

import cv2
import numpy as np

from pipeline.arrays import FloatImage, Rgb
from pipeline.masks.light import SRGB_TO_LINEAR, to_linear

_CODES = 4096
_SHARP_SIGMA_PX = 0.55
_MAX_BLUR_PX = 4.0


def _linear_to_srgb_table() -> Rgb:
    codes = np.arange(_CODES) / (_CODES - 1)
    return np.asarray(np.rint(np.interp(codes, SRGB_TO_LINEAR, np.arange(256))), dtype=np.uint8)


_LINEAR_TO_SRGB = _linear_to_srgb_table()


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
    under = to_linear(window)
    under *= ((1 - layer.shade) * (1 - layer.alpha))[:, :, None]
    under += layer.light
    np.clip(under, 0, 1, out=under)
    return _LINEAR_TO_SRGB[(under * (_CODES - 1) + 0.5).astype(np.uint16)]


def blur_layer(light: FloatImage, alpha: FloatImage, sigma_px: float) -> tuple[FloatImage, FloatImage]:
    """Give a premultiplied layer the photo's blur; what the drawing itself has is taken off first."""
    extra = float(np.sqrt(max(sigma_px**2 - _SHARP_SIGMA_PX**2, 0)))
    if extra < 0.25:
        return light, alpha
    stacked = cv2.GaussianBlur(np.dstack([light, alpha]), (0, 0), min(extra, _MAX_BLUR_PX))
    return np.ascontiguousarray(stacked[:, :, :3]), np.ascontiguousarray(stacked[:, :, 3])


def contact_shadow(alpha: FloatImage, strength: float, reach_px: float, fall_px: tuple[float, float]) -> FloatImage:
    """A soft shadow of the mask on what lies under and beside it, shifted by `fall_px` in x and y."""
    shift = np.array([[1, 0, fall_px[0]], [0, 1, fall_px[1]]], dtype=np.float32)
    moved = cv2.warpAffine(alpha, shift, (alpha.shape[1], alpha.shape[0]))
    return np.asarray(strength * cv2.GaussianBlur(moved, (0, 0), max(reach_px, 0.5)), dtype=np.float32)


def blur_sigma(grey: FloatImage) -> float:
    """Gaussian blur of the sharpest edges in pixels, from how much a further blur of 1 px flattens them.

    Zhuo & Sim, "Defocus map estimation from a single image", Pattern Recognition 44 (2011).
    """
    again = cv2.GaussianBlur(grey, (0, 0), 1.0)
    steep, flattened = _gradient(grey), _gradient(again)
    edges = steep >= np.percentile(steep, 97)
    ratio = float(np.median(steep[edges] / np.maximum(flattened[edges], 1e-6)))
    return float(np.clip(1 / np.sqrt(max(ratio**2 - 1, 1e-2)), 0.3, _MAX_BLUR_PX))


def _gradient(grey: FloatImage) -> FloatImage:
    return np.asarray(np.hypot(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)))


def noise_sigma(grey: FloatImage) -> float:
    """Standard deviation of the photo's noise in sRGB codes (Immerkær, CVIU 64, 1996), by the median for robustness."""
    kernel = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], dtype=np.float32)
    response = cv2.filter2D(grey, cv2.CV_32F, kernel, borderType=cv2.BORDER_REFLECT)
    return float(np.median(np.abs(response)) / 0.6745 / 6)
