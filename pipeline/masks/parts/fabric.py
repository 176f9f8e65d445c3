"""What a mask is made of, seen close: threads, pressed points, stitches.

Each is a record of the numbers that were drawn for it, and knows the surface that they make.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from pipeline.core.arrays import FloatImage
from pipeline.masks.imaging.texture_space import TextureSpace
from pipeline.masks.limits import Millimetres, Period


@dataclass(frozen=True, slots=True, kw_only=True)
class Weave:
    """Threads crossing at right angles; fades where the photo is too coarse to show them."""

    kind: Literal["weave"] = "weave"
    period_mm: Period
    height_mm: Millimetres

    def rise_mm(self, space: TextureSpace) -> FloatImage:
        """Heights `(height, width)`, or a shape that spreads to it."""
        period = max(self.period_mm, 2.5 * space.texel_mm)
        x, y = (np.sin(mm * np.float32(2 * np.pi / period)) for mm in (space.x_mm, space.y_mm))
        return np.asarray(self.height_mm * min(1.0, self.period_mm / period) * x * y, dtype=np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Emboss:
    """A quilted grid of pressed points, as thermally bonded fleece shows."""

    kind: Literal["emboss"] = "emboss"
    period_mm: Period
    height_mm: Millimetres

    def rise_mm(self, space: TextureSpace) -> FloatImage:
        """Heights `(height, width)`, or a shape that spreads to it."""
        period = max(self.period_mm, 3 * space.texel_mm)
        x, y = (np.cos(mm * np.float32(2 * np.pi / period)) for mm in (space.x_mm, space.y_mm))
        pressed = np.maximum(0.5 * (x + y), 0)  # the product of two waves along the diagonals
        return np.asarray(-self.height_mm * pressed * pressed, dtype=np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Knit:
    """Rows of V-shaped stitches."""

    kind: Literal["knit"] = "knit"
    period_mm: Period
    height_mm: Millimetres

    def rise_mm(self, space: TextureSpace) -> FloatImage:
        """Heights `(height, width)`, or a shape that spreads to it."""
        period = max(self.period_mm, 3 * space.texel_mm)
        x = np.abs((space.x_mm / period) % 1 - 0.5) * 2
        y = (space.y_mm / period + 0.5 * x) * (2 * np.pi)
        return np.asarray(self.height_mm * np.sin(y) * np.sqrt(np.clip(1 - x, 0, 1)), dtype=np.float32)
