"""Tileable noise, made once in a process and sampled everywhere: cheaper than new noise for each mask."""

from functools import lru_cache
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.arrays import FloatImage

SIDE = 256
NoiseKind = Literal["smooth", "rough", "creased", "fine"]
_FALLOFF: dict[NoiseKind, tuple[float, float]] = {
    "smooth": (3.0, 2.4),
    "rough": (4.0, 1.5),
    "creased": (4.0, 2.2),
    "fine": (40.0, 1.0),
}


@lru_cache(maxsize=8)
def noise_tile(kind: NoiseKind) -> FloatImage:
    """`(SIDE, SIDE)` noise that wraps around, mean 0 and standard deviation 1; the same in every process.

    `creased` is ridged: sharp crests between soft hollows, as crumpled cloth has.
    """
    corner, slope = _FALLOFF[kind]
    rng = np.random.default_rng(sum(kind.encode()))
    frequency = np.fft.fftfreq(SIDE) * SIDE
    length = np.hypot(frequency[:, None], frequency[None, :])
    spectrum = np.fft.fft2(rng.standard_normal((SIDE, SIDE))) / (1 + (length / corner) ** 2) ** slope
    spectrum[0, 0] = 0
    field = np.real(np.fft.ifft2(spectrum))
    if kind == "creased":
        field = -np.sqrt(np.abs(field / field.std()) + 0.02)
    return np.asarray((field - field.mean()) / field.std(), dtype=np.float32)


def sample_noise(
    kind: NoiseKind, x_mm: NDArray[np.float32], y_mm: NDArray[np.float32], period_mm: tuple[float, float], offset: float
) -> FloatImage:
    """Noise at points given in millimetres; one tile spans `period_mm` in x and y, `offset` in [0, 1) shifts it."""
    column = ((x_mm / period_mm[0] + offset) % 1.0 * SIDE).astype(np.float32)
    row = ((y_mm / period_mm[1] + offset * 7) % 1.0 * SIDE).astype(np.float32)
    return np.asarray(cv2.remap(noise_tile(kind), column, row, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP))
