"""The factors by which a mask takes on the photo's light and sharpness."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from pydantic import BaseModel, ConfigDict

from pipeline.core.ranges import Range
from pipeline.masks.limits import Factor, FactorRange, Width, WidthRange, within
from pipeline.masks.parts.chance import uniform_each

CastRange = Annotated[Range, within(-10, 10)]
"""Narrower than what is drawn, which is a normal number times it."""


class LookRanges(BaseModel):
    """Ranges of the factors by which a mask takes on the photo's light and sharpness; 1 is as measured.

    The light read off a face's skin is smoother and more frontal than what falls on a mask before it; `frontal` scales
    its part along the line of sight, `from_above` and `from_side` add to it. `cast`, `blotch` and `bounce` are how much
    the light's colour changes over the mask, in slow gradients, in patches and beside the skin; `shade_tint` is how
    much warmer what is lit is than what is in shade. Measured on 484 photos of worn masks: docs/masks.md.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    white_gain: FactorRange = (0.85, 1.2)
    light_strength: FactorRange = (0.5, 1.3)
    frontal: FactorRange = (0.2, 0.9)
    from_above: FactorRange = (-0.15, 0.45)
    from_side: FactorRange = (-0.4, 0.4)
    cast: CastRange = (0.0, 0.1)
    blotch: FactorRange = (0.0, 0.08)
    bounce: FactorRange = (0.0, 0.2)
    shade_tint: FactorRange = (-0.3, 0.3)
    relief_gain: FactorRange = (2.5, 5.5)
    occlusion: FactorRange = (0.3, 1.0)
    shadow: FactorRange = (0.0, 0.3)
    shadow_mm: WidthRange = (3.0, 8.0)
    warmth: FactorRange = (-0.04, 0.04)
    blur: FactorRange = (0.0, 0.8)
    noise: FactorRange = (0.6, 1.2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One of each, in the order of `LookRanges`; rows written before there was a factor lack it."""

    white_gain: Factor
    light_strength: Factor
    frontal: Factor | None = None
    from_above: Factor | None = None
    from_side: Factor | None = None
    cast: Factor | None = None
    blotch: Factor | None = None
    bounce: Factor | None = None
    shade_tint: Factor | None = None
    relief_gain: Factor
    occlusion: Factor
    shadow: Factor
    shadow_mm: Width
    warmth: Factor
    blur: Factor
    noise: Factor


def draw_look(ranges: LookRanges, rng: np.random.Generator) -> Look:
    """A number of each range."""
    return Look(**uniform_each(vars(ranges).items(), rng))
