"""Colours: those that a template names, those that are drawn of them, and their light."""

from collections.abc import Sequence
from typing import Annotated

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from pipeline.core.arrays import FloatImage
from pipeline.masks.imaging.light import SRGB_TO_LINEAR
from pipeline.masks.parts.chance import weighted_choice

_CODES, _LIGHT = np.arange(256.0), SRGB_TO_LINEAR.astype(np.float64)

Channel = Annotated[int, Field(ge=0, le=255)]
Code = Annotated[float, Field(ge=0, le=255, allow_inf_nan=False)]
Srgb = tuple[Code, Code, Code]
"""A drawn colour: sRGB in [0, 255], to one place."""


class Colour(BaseModel):
    """A named colour with how often it is drawn."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    name: str
    srgb: tuple[Channel, Channel, Channel]
    weight: Annotated[float, Field(gt=0)] = 1


def draw_colour(colours: Sequence[Colour], jitter: float, rng: np.random.Generator) -> Srgb:
    """One of the colours, off it by some codes in common and by half as many in each channel."""
    chosen = weighted_choice(colours, [c.weight for c in colours], rng)
    common, own = rng.normal(0, jitter), rng.normal(0, jitter * 0.5, 3)
    red, green, blue = (
        min(max(code + common + off, 3.0), 253.0) for code, off in zip(chosen.srgb, own.tolist(), strict=True)
    )
    return _to_one_place(red, green, blue)


def draw_free_colour(rng: np.random.Generator) -> Srgb:
    """Any colour, with white, black and clear tones as frequent as on real prints."""
    kind = rng.random()
    if kind < 0.3:
        return _to_one_place(*rng.normal(240, 6, 3).clip(0, 253).tolist())
    if kind < 0.52:
        return _to_one_place(*rng.normal(24, 8, 3).clip(3, 255).tolist())
    hue, saturation, value = rng.random() * 6, rng.uniform(0.15, 0.85), rng.uniform(0.2, 1)
    ramp = (min(max(abs((hue + shift) % 6 - 3) - 1, 0.0), 1.0) for shift in (0, 4, 2))
    red, green, blue = (255 * value * (1 - saturation + saturation * share) for share in ramp)
    return _to_one_place(red, green, blue)


def darkened(colour: Srgb, factor: float) -> Srgb:
    """The colour times a factor, kept below the white of paper."""
    red, green, blue = (min(code * factor, 253.0) for code in colour)
    return _to_one_place(red, green, blue)


def _to_one_place(red: float, green: float, blue: float) -> Srgb:
    return round(red, 1), round(green, 1), round(blue, 1)


def linear_colour(srgb: Sequence[float]) -> FloatImage:
    """Linear RGB `(3,)` of an sRGB colour given in [0, 255]."""
    return np.asarray(np.interp(srgb, _CODES, _LIGHT), dtype=np.float32)
