"""Where the texels of a mask's texture lie on it."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from pipeline.core.arrays import FloatImage
from pipeline.masks.imaging.noise import NoiseKind, NoiseTurn, sample_noise

_COARSE_MM = 4.0


@dataclass(frozen=True)
class TextureSpace:
    """A texture of `height` x `width` texels that covers `height_mm` x `width_mm` of mask."""

    width: int
    height: int
    width_mm: float
    height_mm: float

    @cached_property
    def u(self) -> FloatImage:
        """Columns in [-1, 1], `(1, width)`."""
        return _steps(-1, 1, self.width)[None, :]

    @cached_property
    def v(self) -> FloatImage:
        """Rows in [0, 1], `(height, 1)`."""
        return _steps(0, 1, self.height)[:, None]

    @cached_property
    def x_mm(self) -> FloatImage:
        """Millimetres from the middle, `(1, width)`."""
        return np.asarray(self.u * np.float32(self.width_mm / 2))

    @cached_property
    def y_mm(self) -> FloatImage:
        """Millimetres from the top edge, `(height, 1)`."""
        return np.asarray(self.v * np.float32(self.height_mm))

    @cached_property
    def edge_mm(self) -> FloatImage:
        """Distance from the nearest edge, full size."""
        return np.minimum(self.side_mm, self.end_mm)

    @cached_property
    def nearer_side(self) -> NDArray[np.bool_]:
        """Where a side is nearer than the top or bottom edge, full size."""
        return np.asarray(self.side_mm < self.end_mm)

    def by_edge(self, of_distance: Callable[[FloatImage], NDArray[np.floating]]) -> NDArray[np.floating]:
        """A function of the distance from the nearest edge, full size, asked for each column and row alone."""
        return np.where(self.nearer_side, of_distance(self.side_mm), of_distance(self.end_mm))

    @cached_property
    def side_mm(self) -> FloatImage:
        """Distance from the nearer side, `(1, width)`."""
        return np.asarray(self.width_mm / 2 - np.abs(self.x_mm), dtype=np.float32)

    @cached_property
    def end_mm(self) -> FloatImage:
        """Distance from the top or bottom edge, `(height, 1)`."""
        return np.asarray(np.minimum(self.y_mm, self.height_mm - self.y_mm), dtype=np.float32)

    @cached_property
    def coarse(self) -> "TextureSpace":
        """The same mask in texels of some _COARSE_MM, for what changes slowly over it."""
        width, height = (max(2, math.ceil(mm / _COARSE_MM)) for mm in (self.width_mm, self.height_mm))
        return TextureSpace(min(width, self.width), min(height, self.height), self.width_mm, self.height_mm)

    def noise(self, kind: NoiseKind, turn: NoiseTurn) -> FloatImage:
        """Noise over the texture."""
        texel = (self.width_mm / self.width, self.height_mm / self.height)
        return sample_noise(kind, (self.width, self.height), texel, turn)

    @cached_property
    def texel_mm(self) -> float:
        """Millimetres a texel, the finer of both directions."""
        return min(self.width_mm / self.width, self.height_mm / self.height)


@lru_cache(maxsize=2048)
def _steps(first: float, last: float, count: int) -> FloatImage:
    """From first to last in so many equal steps `(count,)`, made once for all masks of that many texels."""
    steps = np.linspace(first, last, count, dtype=np.float32)
    steps.flags.writeable = False
    return steps
