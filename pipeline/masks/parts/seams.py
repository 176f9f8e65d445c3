"""Lines that stand out of a mask or are pressed into it: seams, rim, weld points, the wire over the nose.

Each is a record of the numbers that were drawn for it, and knows the surface that they make.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.core.arrays import FloatImage
from pipeline.masks.imaging.texture_space import TextureSpace
from pipeline.masks.limits import Factor, Millimetres, Positive


def _bump(distance_mm: NDArray[np.floating], width_mm: float) -> FloatImage:
    """A round ridge of height 1 around distance 0; never thinner than the texture can hold."""
    return np.asarray(np.exp(-((distance_mm / width_mm) ** 2)), dtype=np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class VerticalSeam:
    """A ridge or, with a negative height, a groove down the middle; `curve` bends it to one side."""

    kind: Literal["vertical_seam"] = "vertical_seam"
    at_mm: Millimetres
    curve: Millimetres
    height_mm: Millimetres
    width_mm: Positive

    def rise_mm(self, space: TextureSpace) -> FloatImage:
        """Heights `(height, width)`, or a shape that spreads to it."""
        x = space.x_mm - self.at_mm - self.curve * np.sin(np.pi * space.v)
        return self.height_mm * _bump(x, max(self.width_mm, space.texel_mm))


@dataclass(frozen=True, slots=True, kw_only=True)
class HorizontalSeam:
    """A ridge across; `sag` lowers its ends, in parts of the mask's height."""

    kind: Literal["horizontal_seam"] = "horizontal_seam"
    at_v: Factor
    sag: Factor
    height_mm: Millimetres
    width_mm: Positive

    def rise_mm(self, space: TextureSpace) -> FloatImage:
        """Heights `(height, width)`, or a shape that spreads to it."""
        y = (space.v - self.at_v - self.sag * space.u**2) * space.height_mm
        return self.height_mm * _bump(y, max(self.width_mm, space.texel_mm))


@dataclass(frozen=True, slots=True, kw_only=True)
class SlantedSeam:
    """Two mirrored straight ridges from `centre_v` in the middle to `side_v` at the sides."""

    kind: Literal["slanted_seam"] = "slanted_seam"
    centre_v: Factor
    side_v: Factor
    height_mm: Millimetres
    width_mm: Positive

    def rise_mm(self, space: TextureSpace) -> FloatImage:
        """Heights `(height, width)`, or a shape that spreads to it."""
        y = (space.v - self.centre_v - (self.side_v - self.centre_v) * np.abs(space.u)) * space.height_mm
        return self.height_mm * _bump(y, max(self.width_mm, space.texel_mm))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rim:
    """A welded line along the edge with the flange outside it pressed flat."""

    kind: Literal["rim"] = "rim"
    height_mm: Millimetres
    distance_mm: Millimetres
    width_mm: Positive
    flange_mm: Millimetres

    def rise_mm(self, space: TextureSpace) -> FloatImage:
        """Heights `(height, width)`, or a shape that spreads to it."""
        width_mm = max(self.width_mm, space.texel_mm)

        def rise(edge_mm: FloatImage) -> NDArray[np.floating]:
            line = self.height_mm * _bump(edge_mm - self.distance_mm, width_mm)
            return np.asarray(line - self.flange_mm * (edge_mm < self.distance_mm))

        return np.asarray(space.by_edge(rise))


@dataclass(frozen=True, slots=True, kw_only=True)
class WeldDots:
    """Ultrasonic weld points along the edge."""

    kind: Literal["weld_dots"] = "weld_dots"
    spacing_mm: Positive
    depth_mm: Millimetres
    distance_mm: Millimetres
    width_mm: Positive

    def rise_mm(self, space: TextureSpace) -> FloatImage:
        """Heights `(height, width)`, or a shape that spreads to it."""
        turn = np.float32(2 * np.pi / max(self.spacing_mm, 3 * space.texel_mm))
        beside, across = (0.5 + 0.5 * np.cos(mm * turn) for mm in (space.y_mm, space.x_mm))
        width_mm = max(self.width_mm, space.texel_mm)
        line = space.by_edge(lambda edge_mm: _bump(edge_mm - self.distance_mm, width_mm))
        return np.asarray(-self.depth_mm * np.where(space.nearer_side, beside, across) * line, dtype=np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoseWire:
    """The flat bump of a wire under the top edge."""

    kind: Literal["nose_wire"] = "nose_wire"
    at_v: Factor
    half_width_mm: Millimetres
    height_mm: Millimetres
    width_mm: Positive

    def rise_mm(self, space: TextureSpace) -> FloatImage:
        """Heights `(height, width)`, or a shape that spreads to it."""
        y = (space.v - self.at_v) * space.height_mm
        x = np.maximum((np.abs(space.x_mm) - self.half_width_mm) / 2, 0)
        return self.height_mm * _bump(y, max(self.width_mm, space.texel_mm)) * _bump(x, 1.0)
