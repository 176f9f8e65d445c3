"""Perceptual hashes: 64 bits that stay when a photo is re-encoded, resized or dimmed.

The bits are those of imagehash's `phash` and `dhash` on the same samples; the samples are taken once for all hashes and
the cosine transform computes the 64 coefficients that are used of 1024, which is many times faster.
"""

from functools import cache
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.core.arrays import Rgb

Grey = NDArray[np.uint8]
Hashes = NDArray[np.uint64]

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
_PICTURE_OF_HASH = np.array([0, 0, 1, 0, 0])
_SIGNS_OF_HASH = np.stack(
    [np.ones((8, 8)), np.tile(_MIRROR, (8, 1)), np.ones((8, 8)), np.outer(_MIRROR, _MIRROR), np.tile(_MIRROR, (8, 1))]
)
"""Of `PictureHashes`' pHashes, in their order; for a quarter turn the mirror image's coefficients change places too."""
_QUARTER = 4


def working_grey(rgb: Rgb) -> Grey:
    """The image as grey `uint8 (h, w)` with its long side at most `WORKING_SIDE_PX`."""
    return shrink_grey(np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), dtype=np.uint8))


def shrink_grey(grey: Grey) -> Grey:
    """A grey image with its long side at most `WORKING_SIDE_PX`."""
    factor = WORKING_SIDE_PX / max(grey.shape)
    if factor >= 1:
        return grey
    height, width = grey.shape
    return resample(grey, max(1, round(width * factor)), max(1, round(height * factor)))


def resample(grey: NDArray[np.uint8], width: int, height: int) -> Grey:
    """The grey image brought to another size by averaging areas."""
    return np.asarray(cv2.resize(grey, (width, height), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def squeeze(grey: Grey) -> Grey:
    """The image as the 32x32 samples that the hashes look at."""
    return resample(grey, SAMPLES, SAMPLES)


def squeeze_whole_and_upper(grey: Grey) -> Grey:
    """32x32 samples of the image and of its upper third, `uint8 (2, 32, 32)`.

    Each sample is the mean of the area it covers, as `squeeze` takes it where that shrinks; as products with weights
    that are kept for each length, both take two thirds of the time.
    """
    height, width = grey.shape
    third = max(1, height // 3)
    pixels = grey.astype(np.float32)
    narrow = np.empty((height, SAMPLES), dtype=np.float32)
    left, right = _weights_of_halves(width)
    np.matmul(pixels[:, : len(left)], left, out=narrow[:, : SAMPLES // 2])
    np.matmul(pixels[:, width // 2 :], right, out=narrow[:, SAMPLES // 2 :])
    both = np.empty((2 * SAMPLES, SAMPLES), dtype=np.float32)
    np.matmul(_area_weights(height), narrow, out=both[:SAMPLES])
    np.matmul(_area_weights(third), narrow[:third], out=both[SAMPLES:])
    return np.asarray(cv2.convertScaleAbs(both), dtype=np.uint8).reshape(2, SAMPLES, SAMPLES)


@cache  # no length is above WORKING_SIDE_PX
def _area_weights(length: int) -> NDArray[np.float32]:
    """What each of `length` pixels in a row gives to each of the samples, `(32, length)`."""
    borders = np.linspace(0, length, SAMPLES + 1)[:, None]
    covered = np.clip(borders - np.arange(length), 0, 1)
    return np.asarray(np.diff(covered, axis=0) * (SAMPLES / length), dtype=np.float32)


@cache
def _weights_of_halves(length: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """`_area_weights` of the left and of the right half, `(pixels, 16)` each: the other half would only add zeros."""
    weights = _area_weights(length)
    left, right = weights[: SAMPLES // 2, : -(-length // 2)], weights[SAMPLES // 2 :, length // 2 :]
    return np.ascontiguousarray(left.T), np.ascontiguousarray(right.T)


class PictureHashes(NamedTuple):
    """The hashes of a picture: pHashes of the whole, its mirror image, its upper third and its turns, and a dHash.

    `half` is turned by 180 degrees, `quarter` by 90 counterclockwise.
    """

    whole: int
    mirrored: int
    upper: int
    half: int
    quarter: int
    gradient: int


def picture_hashes(samples: Grey) -> PictureHashes:
    """Of `squeeze_whole_and_upper`: the same bits as `phash` and `dhash` give, in less time."""
    low = _frequencies(samples).take(_PICTURE_OF_HASH, axis=0) * _SIGNS_OF_HASH
    low[_QUARTER] = low[_QUARTER].T.copy()
    coarse = resample(samples[0], 9, 8)
    bits = np.empty((len(low) + 1, 64), dtype=np.bool_)
    bits[:-1] = _above_median(low.reshape(len(low), 64))
    np.greater(coarse[:, 1:], coarse[:, :-1], out=bits[-1].reshape(8, 8))
    return PictureHashes(*np.packbits(bits).view(">u8").tolist())


def _frequencies(samples: Grey) -> NDArray[np.float64]:
    """The lowest 8x8 cosine coefficients of 32x32 samples, of one picture or a stack; rows are vertical frequencies."""
    return np.asarray(_DCT @ samples.astype(np.float64) @ _DCT.T)


def phash(samples: Grey) -> int:
    """The pHash (Zauner 2010, as in imagehash) of 32x32 samples: which low frequencies lie above their median."""
    return _as_int(_above_median(_frequencies(samples).reshape(1, 64)))


def dhash(samples: Grey) -> int:
    """The dHash (as in imagehash) of 32x32 samples: where the image, squeezed to 9x8, grows brighter to the right."""
    coarse = resample(samples, 9, 8)
    return _as_int(coarse[:, 1:] > coarse[:, :-1])


def _above_median(low: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Where each row of 64 values is above its own median."""
    ordered = np.sort(low, axis=1)  # np.median does the same at five times the cost
    return np.asarray(low > (ordered[:, 31:32] + ordered[:, 32:33]) / 2)


def _as_int(bits: NDArray[np.bool_]) -> int:
    """64 bits as one number, the first highest."""
    return int.from_bytes(np.packbits(bits).tobytes(), "big")


def distance(first: int, second: int) -> int:
    """How many bits differ."""
    return (first ^ second).bit_count()
