"""Smooth noise in space, so that a texture sticks to the head whatever the pose."""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_CELLS = 32


class NoiseField:
    """Periodic value noise with a few independent channels, in [-1, 1]."""

    def __init__(self, rng: np.random.Generator, channels: int = 3) -> None:
        self._table = rng.uniform(-1.0, 1.0, (_CELLS, _CELLS, _CELLS, channels))
        self._offset = rng.uniform(0.0, _CELLS, 3)

    def at(self, places: Floats, scale_mm: float) -> Floats:
        """Noise (N, channels) at places (N, 3) in mm; features are about `scale_mm` wide."""
        cells = places / scale_mm + self._offset
        floor = np.floor(cells)
        part = cells - floor
        part = part * part * (3 - 2 * part)
        base = floor.astype(np.int64)
        total = np.zeros((len(places), self._table.shape[3]))
        for corner in product((0, 1), repeat=3):
            weight = np.prod(np.where(corner, part, 1 - part), axis=1)
            x, y, z = ((base + corner) % _CELLS).T
            total += weight[:, None] * self._table[x, y, z]
        return total

    def fractal(self, places: Floats, scale_mm: float, octaves: int = 3) -> Floats:
        """Sum (N, channels) of octaves, each half as wide and 0.6 as strong as the one before."""
        layers = [0.6**k * self.at(places, scale_mm / 2**k) for k in range(octaves)]
        return np.asarray(sum(layers))


def smoothstep(low: float, high: float, values: Floats) -> Floats:
    """0 below `low`, 1 above `high`, smooth between.

    >>> smoothstep(0, 2, np.array([-1.0, 1.0, 5.0])).tolist()
    [0.0, 0.5, 1.0]
    """
    part = np.clip((values - low) / (high - low), 0.0, 1.0)
    return np.asarray(part * part * (3 - 2 * part))


def bump(values: Floats, centre: float, width: float) -> Floats:
    """A Gaussian bell of height 1."""
    return np.asarray(np.exp(-0.5 * ((values - centre) / width) ** 2))
