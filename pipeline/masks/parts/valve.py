"""An exhalation valve."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from pydantic import Field

from pipeline.core.arrays import FloatImage
from pipeline.masks.imaging.image_arithmetic import dim, lay
from pipeline.masks.limits import (
    Degrees,
    Factor,
    FactorRange,
    MillimetreRange,
    Millimetres,
    Positive,
    PositiveRange,
    Probability,
)
from pipeline.masks.parts.chance import uniform
from pipeline.masks.parts.colours import Colour, Srgb, draw_colour, linear_colour
from pipeline.masks.parts.part import Canvas, Ground, Part, Ranges


class ValveRanges(Ranges):
    """How often a mask has a valve, where, of what size, shape and colour."""

    probability: Probability = 0
    u: FactorRange = (-0.1, 0.1)
    v: FactorRange = (0.5, 0.6)
    radius_mm: PositiveRange = (12, 18)
    height_mm: MillimetreRange = (3, 7)
    square: Probability = 0.3
    colours: tuple[Colour, ...] = ()


@dataclass(frozen=True, slots=True)
class Valve:
    """A drawn valve; `u` in [-1, 1] and `v` in [0, 1] are its middle, `angle_deg` turns its slots."""

    u: Factor
    v: Factor
    radius_mm: Positive
    height_mm: Millimetres
    square: bool
    slots: Annotated[int, Field(ge=0, le=100)]
    angle_deg: Degrees
    colour: Srgb


def draw_valve(ranges: ValveRanges, ground: Ground, rng: np.random.Generator) -> Valve:
    """A valve; whether there is one, `has_valve` has said."""
    return Valve(
        u=uniform(ranges.u, rng),
        v=uniform(ranges.v, rng),
        radius_mm=uniform(ranges.radius_mm, rng),
        height_mm=uniform(ranges.height_mm, rng),
        square=bool(rng.random() < ranges.square),
        slots=int(rng.integers(0, 5)),
        angle_deg=uniform((0, 180), rng),
        colour=draw_colour(ranges.colours, 6, rng) if ranges.colours else ground.colour,
    )


def lay_valve(canvas: Canvas, valve: Valve) -> None:
    """A raised cap with bevelled edge and dark slots."""
    space, radius = canvas.space, valve.radius_mm
    x, y = space.x_mm - valve.u * space.width_mm / 2, space.y_mm - valve.v * space.height_mm
    near_x, near_y = (np.flatnonzero(np.abs(mm) < 1.2 * radius + 2 * space.texel_mm) for mm in (x, y))
    if not (near_x.size and near_y.size):
        return
    part = slice(near_y[0], near_y[-1] + 1), slice(near_x[0], near_x[-1] + 1)
    x, y, albedo = x[:, part[1]], y[part[0]], canvas.albedo[part]
    distance = np.maximum(np.abs(x) * 1.08, np.abs(y)) * 1.06 if valve.square else np.hypot(x, y)
    cap = np.clip((radius - distance) / max(1.5, space.texel_mm) + 0.5, 0, 1)
    lay(albedo, linear_colour(valve.colour), np.asarray(cap, dtype=np.float32))
    if valve.slots:
        _cut_slots(albedo, valve, x, y, distance)
    groove = -0.6 * np.exp(-(((distance - 0.72 * radius) / max(1.0, space.texel_mm)) ** 2))
    dome = np.clip((radius - distance) / (0.3 * radius), 0, 1)
    canvas.height_mm[part] += valve.height_mm * dome * (2 - dome) + groove


def _cut_slots(albedo: FloatImage, valve: Valve, x: FloatImage, y: FloatImage, distance: FloatImage) -> None:
    angle = np.radians(valve.angle_deg)
    across = x * np.sin(angle) + y * np.cos(angle)
    pitch = 1.3 * valve.radius_mm / (valve.slots + 1)
    wave = np.cos(across * (2 * np.pi / pitch))
    slot = np.clip((wave - 0.4) * 3, 0, 1) * (distance < 0.62 * valve.radius_mm)
    dim(albedo, np.asarray(1 - 0.6 * slot, dtype=np.float32))


VALVE = Part(Valve | None, draw_valve, lay_valve, always=True)
