"""What a part of a mask is: how it is drawn from a template's ranges, and how it is laid on the material."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
from pydantic import BaseModel, ConfigDict

from pipeline.core.arrays import FloatImage
from pipeline.masks.imaging.texture_space import TextureSpace
from pipeline.masks.parts.colours import Srgb
from pipeline.masks.parts.flat_picture import FlatPicture

RangesT = TypeVar("RangesT")
DrawnT = TypeVar("DrawnT")


class Ranges(BaseModel):
    """A section of `template.yaml`: what may be drawn of something."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


@dataclass(frozen=True, slots=True)
class Ground:
    """What a part is drawn on: the mask's own colour, and whether reliefs are drawn at all."""

    colour: Srgb
    relief: bool = True


@dataclass(slots=True)
class Canvas:
    """The textures that parts are laid on, one over the other, in place.

    Attributes:
        space: Where their texels lie.
        albedo: Linear reflectance `(H, W, 3)`, 1 is perfect white.
        height_mm: Relief `(H, W)`.
        alpha: Opacity `(H, W)` in [0, 1].
        offset: Shifts soft noise, so that it lies differently on each mask.
        picture: What a template of a picture is made of.
    """

    space: TextureSpace
    albedo: FloatImage
    height_mm: FloatImage
    alpha: FloatImage
    offset: float
    picture: FlatPicture | None = None


@dataclass(frozen=True, slots=True)
class Part(Generic[RangesT, DrawnT]):
    """One part; `Template` names it beside the type of its ranges, and that line puts it into every mask.

    Attributes:
        drawn: The type of what is drawn, as a row of strangers is checked by it: `NoseClip | None`.
        draw: Chooses at random, from the template's ranges; None where a mask has no such part.
        lay: Puts what was drawn on the canvas. Where there may be none, it is not called with None.
        key: The key in the row where it isn't that in `template.yaml`.
        always: Whether the key is in a row where nothing was drawn, as null. Parts that came later leave it out: that
            is how rows look that were written before there was the part.
    """

    drawn: Any
    draw: Callable[[RangesT, Ground, np.random.Generator], DrawnT | None]
    lay: Callable[[Canvas, DrawnT], None]
    key: str = ""
    always: bool = False
