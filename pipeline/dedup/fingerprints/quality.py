"""Scores of how usable a picture is, and the verdict on them."""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from pipeline.core.params import QualityParams
from pipeline.dedup.fingerprints.hashes import Grey

_STANDARD_LUMINANCE_SUM = 3688
"""Sum of the luminance table that JPEG (ITU-T T.81, annex K) prints; encoders scale it by their quality setting."""

_LAPLACIAN = np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]], dtype=np.float32)
"""What cv2.Laplacian applies; filter2D gives the same values in two thirds of the time."""

_ROUNDING_VARIANCE = 20 / 12
"""What rounding to whole grey values adds to the Laplacian's variance: its squared weights, 20, times 1/12."""


@dataclass(frozen=True, slots=True)
class QualityScores:
    """What the verdict is based on; kept in the manifest.

    Attributes:
        brightness: Mean grey, 0 to 255.
        contrast: Standard deviation of grey.
        sharpness: Variance of the Laplacian at a long side of at most 256 px, divided by the variance of grey: a
            dim photo isn't taken for a blurred one.
        compression: How coarsely a JPEG is quantized, 1 for quality 50, 0 where no table says so.
    """

    brightness: float
    contrast: float
    sharpness: float
    compression: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageQuality:
    """The scores of one image, a row of `quality.parquet`."""

    image_id: str
    brightness: float
    contrast: float
    sharpness: float
    compression: float

    @classmethod
    def of(cls, image_id: str, scores: QualityScores) -> "ImageQuality":
        """The row of one image."""
        return cls(
            image_id=image_id,
            brightness=scores.brightness,
            contrast=scores.contrast,
            sharpness=scores.sharpness,
            compression=scores.compression,
        )


def measure_quality(grey: Grey, quantization: tuple[int, ...] | None) -> QualityScores:
    """Scores of a grey image from `hashing.working_grey` and its file's quantization table."""
    mean, deviation = (float(v[0, 0]) for v in cv2.meanStdDev(grey))
    _, edges = cv2.meanStdDev(cv2.filter2D(grey, cv2.CV_16S, _LAPLACIAN))
    compression = sum(quantization) / _STANDARD_LUMINANCE_SUM if quantization else 0.0
    sharpness = max(float(edges[0, 0]) ** 2 - _ROUNDING_VARIANCE, 0.0) / max(deviation**2, 1e-6)
    return QualityScores(mean, deviation, sharpness, compression)


def quality_problem(
    scores: QualityScores, width_px: int, height_px: int, params: QualityParams
) -> tuple[str, str] | None:
    """Why the image can't be used, as a reason to count and a detail for a person; None where it can."""
    return next(_problems(scores, width_px, height_px, params), None)


def _problems(scores: QualityScores, width_px: int, height_px: int, params: QualityParams) -> Iterator[tuple[str, str]]:
    if min(width_px, height_px) < params.min_side_px:
        yield "image_too_small", f"{width_px}x{height_px}, the shorter side must be {params.min_side_px} px"
    aspect = max(width_px, height_px) / min(width_px, height_px)
    if aspect > params.max_aspect:
        yield "odd_aspect", f"{width_px}x{height_px} is {aspect:.1f} : 1, at most {params.max_aspect:g} : 1"
    if scores.brightness < params.min_brightness:
        yield "too_dark", f"mean grey {scores.brightness:.0f}, at least {params.min_brightness:g}"
    if scores.brightness > params.max_brightness:
        yield "too_bright", f"mean grey {scores.brightness:.0f}, at most {params.max_brightness:g}"
    if scores.contrast < params.min_contrast:
        yield "near_uniform", f"grey deviates by {scores.contrast:.1f}, at least {params.min_contrast:g}"
    if scores.sharpness < params.min_sharpness:
        yield "blurred", f"sharpness {scores.sharpness:.4f}, at least {params.min_sharpness:g}"
