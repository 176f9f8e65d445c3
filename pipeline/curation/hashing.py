"""Perceptual hashes: 64 bits that stay when a photo is re-encoded, resized or dimmed.

The bits are those of imagehash's `phash` and `dhash` on the same samples; the samples are taken once for all hashes and
the cosine transform computes the 64 coefficients that are used of 1024, which is many times faster.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.arrays import Rgb

Grey = NDArray[np.uint8]

WORKING_SIDE_PX = 256
"""Hashes look at 32x32 samples or fewer: more pixels than this cost time and change nothing."""
SAMPLES = 32
_FREQUENCIES = 8


def _cosines() -> NDArray[np.float64]:
    """The first rows of the unnormalised DCT-II matrix."""
    k, n = np.arange(_FREQUENCIES)[:, None], np.arange(SAMPLES)[None, :]
    return np.asarray(np.cos(np.pi * k * (2 * n + 1) / (2 * SAMPLES)))


_DCT = _cosines()
_MIRROR = np.where(np.arange(_FREQUENCIES) % 2, -1.0, 1.0)
"""What mirroring does to a coefficient: the odd horizontal frequencies change sign."""


def working_grey(rgb: Rgb) -> Grey:
    """The image as grey `uint8 (h, w)` with its long side at most `WORKING_SIDE_PX`."""
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    factor = WORKING_SIDE_PX / max(grey.shape)
    if factor >= 1:
        return np.asarray(grey, dtype=np.uint8)
    height, width = grey.shape
    return resample(grey, max(1, round(width * factor)), max(1, round(height * factor)))


def resample(grey: NDArray[np.uint8], width: int, height: int) -> Grey:
    """The grey image brought to another size by averaging areas."""
    return np.asarray(cv2.resize(grey, (width, height), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def squeeze(grey: Grey) -> Grey:
    """The image as the 32x32 samples that the hashes look at."""
    return resample(grey, SAMPLES, SAMPLES)


def _frequencies(samples: Grey) -> NDArray[np.float64]:
    """The lowest 8x8 cosine coefficients of 32x32 samples; rows are vertical frequencies."""
    return np.asarray(_DCT @ samples.astype(np.float64) @ _DCT.T)


def phash(samples: Grey) -> int:
    """The pHash (Zauner 2010, as in imagehash) of 32x32 samples: which low frequencies lie above their median."""
    return _above_median(_frequencies(samples))


def phash_and_mirror(samples: Grey) -> tuple[int, int]:
    """The pHash of the image and of its mirror image, from one transform."""
    low = _frequencies(samples)
    return _above_median(low), _above_median(low * _MIRROR)


def dhash(samples: Grey) -> int:
    """The dHash (as in imagehash) of 32x32 samples: where the image, squeezed to 9x8, grows brighter to the right."""
    coarse = resample(samples, 9, 8)
    return _as_int(coarse[:, 1:] > coarse[:, :-1])


def _above_median(low: NDArray[np.float64]) -> int:
    ordered = np.sort(low, axis=None)  # np.median does the same at five times the cost
    return _as_int(low > (ordered[31] + ordered[32]) / 2)


def _as_int(bits: NDArray[np.bool_]) -> int:
    """64 bits as one number, the first highest."""
    return int.from_bytes(np.packbits(bits).tobytes(), "big")


def distance(first: int, second: int) -> int:
    """How many bits differ."""
    return (first ^ second).bit_count()
