"""How a sheet falls: pleats, wrinkles, creases and folds.

Each is a record of the numbers that were drawn for it, and knows the surface that they make.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from pipeline.core.arrays import FloatImage
from pipeline.masks.compiled import calls
from pipeline.masks.compiled.inputs import PleatedRows, PleatNumbers
from pipeline.masks.compiled.library import or_compiled
from pipeline.masks.imaging.noise import NoiseKind, NoiseTurn
from pipeline.masks.imaging.texture_space import TextureSpace
from pipeline.masks.limits import Degrees, Factor, Millimetres, Period, Positive, Power


@dataclass(frozen=True, slots=True, kw_only=True)
class Pleats:
    """Horizontal folds that overlap downwards; `bow` bends them where they open over the nose and mouth."""

    kind: Literal["pleats"] = "pleats"
    bow: Factor
    sway: Factor
    start_v: Factor
    stop_v: Factor
    count: Factor
    lip: Positive
    fade: Factor
    depth_mm: Millimetres

    def rise_mm(self, space: TextureSpace) -> FloatImage:
        """Heights `(height, width)`, or a shape that spreads to it."""
        sway = space.noise("smooth", NoiseTurn(300, 160, 0, self.bow * 5 % 1))
        v, start, stop = space.v[:, 0], self.start_v, self.stop_v
        rows = PleatedRows(sway, space.u[0], v, np.sin(np.pi * v))
        span, flat = max(stop - start, 1e-3), 1 - self.lip
        numbers = self.bow, self.sway, start, stop, span, int(self.count), flat, self.lip, self.fade, self.depth_mm
        return pleated(rows, PleatNumbers(*numbers))


@or_compiled(calls.pleated)
def pleated(rows: PleatedRows, pleats: PleatNumbers) -> FloatImage:
    """Heights of pleats `(H, W)`."""
    middle = 1 - rows.u**2
    v = rows.v[:, None] - pleats.bow * middle * rows.bend[:, None] - pleats.sway * rows.sway
    phase = np.clip((v - pleats.start_v) / pleats.span, 0, 1) * pleats.number
    within = phase - np.floor(phase)
    drop = 1 - np.clip((within - pleats.flat) / pleats.lip, 0, 1)
    inside = (v > pleats.start_v) & (v < pleats.stop_v)
    return np.asarray(pleats.depth_mm * within * drop * inside * (1 - pleats.fade * middle), dtype=np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrinkles:
    """Soft wrinkles of one main direction, from smooth noise stretched along `angle_deg`."""

    kind: Literal["wrinkles"] = "wrinkles"
    height_mm: Millimetres
    angle_deg: Degrees
    period_mm: Period
    stretch: Positive
    offset: Factor

    def rise_mm(self, space: TextureSpace) -> FloatImage:
        """Heights `(height, width)`, or a shape that spreads to it."""
        return self.height_mm * _turned_noise(space, "smooth", self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Creases:
    """Sharp crests as in crumpled or once-folded material."""

    kind: Literal["creases"] = "creases"
    height_mm: Millimetres
    angle_deg: Degrees
    period_mm: Period
    stretch: Positive
    offset: Factor

    def rise_mm(self, space: TextureSpace) -> FloatImage:
        """Heights `(height, width)`, or a shape that spreads to it."""
        return self.height_mm * _turned_noise(space, "creased", self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Folds:
    """Hanging folds that fan out downwards from the nose, deeper towards the bottom."""

    kind: Literal["folds"] = "folds"
    gather: Power
    period_mm: Period
    height_mm: Millimetres
    offset: Factor

    def rise_mm(self, space: TextureSpace) -> FloatImage:
        """Heights `(height, width)`, or a shape that spreads to it."""
        spread = space.x_mm / (0.35 + 0.65 * space.v + self.gather)
        sway = space.noise("smooth", NoiseTurn(260, 200, 0, self.offset))
        wave = np.sin(spread * (2 * np.pi / self.period_mm) + 1.6 * sway)
        return np.asarray(self.height_mm * wave * (0.15 + space.v), dtype=np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class SmileFolds:
    """Drape lines that hang between the cheeks as a scarf's do."""

    kind: Literal["smile_folds"] = "smile_folds"
    sag: Factor
    period_mm: Period
    height_mm: Millimetres
    offset: Factor

    def rise_mm(self, space: TextureSpace) -> FloatImage:
        """Heights `(height, width)`, or a shape that spreads to it."""
        sag = space.v - self.sag * (1 - space.u**2)
        sway = space.noise("smooth", NoiseTurn(240, 240, 0, self.offset))
        wave = np.sin(sag * space.height_mm * (2 * np.pi / self.period_mm) + 1.4 * sway)
        return np.asarray(self.height_mm * wave, dtype=np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class SideFolds:
    """Folds that fan out from both gathered sides and fade towards the middle."""

    kind: Literal["side_folds"] = "side_folds"
    count: Factor
    height_mm: Millimetres
    reach: Positive
    offset: Factor

    def rise_mm(self, space: TextureSpace) -> FloatImage:
        """Heights `(height, width)`, or a shape that spreads to it."""
        across = 1 - np.abs(space.u)
        fade = np.clip(1 - across / self.reach, 0, 1)
        sway = space.noise("smooth", NoiseTurn(220, 180, 0, self.offset))
        mirrored = np.where(space.u < 0, np.float32(self.offset), np.float32(0.37 - self.offset))
        spread = np.float32(self.count) / (1 + np.float32(0.8) * across)
        wave = np.cos(2 * np.pi * ((space.v - 0.5) * spread + mirrored + 0.15 * sway))
        return np.asarray(wave * (self.height_mm * fade), dtype=np.float32)


def _turned_noise(space: TextureSpace, kind: NoiseKind, turned: Wrinkles | Creases) -> FloatImage:
    return space.noise(
        kind, NoiseTurn(turned.period_mm * turned.stretch, turned.period_mm, turned.angle_deg, turned.offset)
    )
