"""Tileable noise, made once in a process and sampled everywhere: cheaper than new noise for each mask."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import cv2
import numpy as np

from pipeline.core.arrays import FloatImage
from pipeline.masks.compiled import calls
from pipeline.masks.compiled.inputs import RepeatingTile
from pipeline.masks.compiled.library import or_compiled
from pipeline.masks.imaging.image_arithmetic import from_first_tile

SIDE = 256
_GRAIN_SIDE = 960
FARTHEST = 32000
"""Texels of a tile into which OpenCV looks exactly: places beyond have no room in 16 bits."""

NoiseKind = Literal["smooth", "rough", "creased", "fine"]
_FALLOFF: dict[NoiseKind, tuple[float, float]] = {
    "smooth": (3.0, 2.4),
    "rough": (4.0, 1.5),
    "creased": (4.0, 2.2),
    "fine": (40.0, 1.0),
}
_APART: dict[NoiseKind, float] = {"smooth": 6.0, "rough": 1.0, "creased": 1.0, "fine": 1.0}
"""Texels of the tile between samples: the smooth one has no waves shorter than some 20."""


@dataclass(frozen=True, slots=True)
class NoiseTurn:
    """How a noise tile lies on a texture: it spans `period_x_mm` by `period_y_mm` along axes turned by `angle_deg`.

    `offset` in [0, 1) shifts it.
    """

    period_x_mm: float
    period_y_mm: float
    angle_deg: float
    offset: float


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


@lru_cache(maxsize=8)
def _repeating(kind: NoiseKind) -> RepeatingTile:
    return RepeatingTile(noise_tile(kind))


@lru_cache(maxsize=1)
def _grain() -> FloatImage:
    return np.random.default_rng(SIDE).standard_normal((_GRAIN_SIDE, _GRAIN_SIDE), dtype=np.float32)


def grain_field(seed: int, height: int, width: int) -> FloatImage:
    """Independent normal values `(height, width)`, a part of one field that the seed chooses.

    New ones would cost ten times more. Beyond the field's side it repeats.
    """
    top, left = seed % SIDE, seed // SIDE % SIDE
    if top + height <= _GRAIN_SIDE and left + width <= _GRAIN_SIDE:
        return _grain()[top : top + height, left : left + width]
    rows, columns = (np.arange(start, start + size) % _GRAIN_SIDE for start, size in ((top, height), (left, width)))
    return np.asarray(_grain()[np.ix_(rows, columns)])


def sample_noise(kind: NoiseKind, size: tuple[int, int], texel_mm: tuple[float, float], turn: NoiseTurn) -> FloatImage:
    """Noise on a texture of `size` (width, height) whose texels are `texel_mm` apart in x and y.

    Smooth noise is sampled no finer than it must be and enlarged, which takes about a quarter less time.
    """
    cosine, sine = math.cos(math.radians(turn.angle_deg)), math.sin(math.radians(turn.angle_deg))
    by_x, by_y = SIDE / turn.period_x_mm, SIDE / turn.period_y_mm
    xx, xy = cosine * texel_mm[0] * by_x, sine * texel_mm[1] * by_x
    yx, yy = -sine * texel_mm[0] * by_y, cosine * texel_mm[1] * by_y
    x, y = turn.offset * SIDE, turn.offset * 7 % 1 * SIDE
    apart = max(1, int(_APART[kind] / max(abs(xx) + abs(xy), abs(yx) + abs(yy))))
    if apart == 1:
        return _warped(kind, ((xx, xy, x), (yx, yy, y)), size)
    x += (xx + xy) * (apart - 1) / 2  # the middle of so many texels
    y += (yx + yy) * (apart - 1) / 2
    width, height = (-(-side // apart) for side in size)
    coarse = _warped(kind, ((xx * apart, xy * apart, x), (yx * apart, yy * apart, y)), (width, height))
    enlarged = cv2.resize(coarse, (width * apart, height * apart), interpolation=cv2.INTER_CUBIC)
    return np.asarray(enlarged[: size[1], : size[0]], dtype=np.float32)


def _warped(kind: NoiseKind, to_tile: Sequence[Sequence[float]], size: tuple[int, int]) -> FloatImage:
    """The noise where the matrix `(2, 3)` leads from each texel of a texture of this size."""
    tile, (x, y) = _repeating(kind), from_first_tile(to_tile, size, SIDE)
    farthest = max(start + max(across * size[0], 0) + max(down * size[1], 0) for across, down, start in (x, y))
    return sampled(tile, (*x, *y), size) if farthest < FARTHEST else _sampled_anywhere(tile, (*x, *y), size)


@or_compiled(calls.sampled, able=calls.FUSED_AT_ONCE > 0)
def sampled(tile: RepeatingTile, matrix: Sequence[float], size: tuple[int, int]) -> FloatImage:
    """A tile where the six numbers of a matrix `(2, 3)` lead from each texel of a texture of this size.

    That must be from 0 to `FARTHEST`.
    """
    return _sampled_anywhere(tile, matrix, size)


def _sampled_anywhere(tile: RepeatingTile, matrix: Sequence[float], size: tuple[int, int]) -> FloatImage:
    to_tile, flags = np.array(matrix).reshape(2, 3), cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    found = cv2.warpAffine(tile.repeated, to_tile, size, flags=flags, borderMode=cv2.BORDER_WRAP)
    return np.asarray(found, dtype=np.float32)
