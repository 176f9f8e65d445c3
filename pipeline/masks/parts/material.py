"""A mask's material in texture space: how much light it returns, how its surface rises, where it ends."""

from dataclasses import dataclass

import numpy as np

from pipeline.core.arrays import FloatImage
from pipeline.masks.compiled import calls
from pipeline.masks.compiled.library import or_compiled
from pipeline.masks.imaging.image_arithmetic import filled
from pipeline.masks.imaging.texture_space import TextureSpace
from pipeline.masks.parts.colours import linear_colour
from pipeline.masks.parts.flat_picture import FlatPicture
from pipeline.masks.parts.part import Canvas
from pipeline.masks.parts.tone import lay_tone
from pipeline.masks.recipe import MaskValues
from pipeline.masks.template import PARTS


@dataclass(frozen=True, slots=True)
class Material:
    """Textures of one size.

    Attributes:
        albedo: Linear reflectance `(H, W, 3)`, 1 is perfect white.
        height_mm: Relief `(H, W)`.
        alpha: Opacity `(H, W)` in [0, 1].
    """

    albedo: FloatImage
    height_mm: FloatImage
    alpha: FloatImage


def build_material(values: MaskValues, space: TextureSpace, picture: FlatPicture | None = None) -> Material:
    """Lay all parts over each other on cloth of the mask's colour, in the order of `PARTS`."""
    canvas = Canvas(
        space,
        albedo=filled(linear_colour(values.colour), space.width, space.height),
        height_mm=np.zeros((space.height, space.width), dtype=np.float32),
        alpha=_outline_alpha(values.corner_mm, space),
        offset=values.look.noise,
        picture=picture,
    )
    for key, part in PARTS.items():
        drawn = getattr(values, part.key or key)
        if drawn is not None:
            part.lay(canvas, drawn)
    lay_tone(canvas, values.gradient, values.mottle, values.cast)
    return Material(canvas.albedo, canvas.height_mm, canvas.alpha)


def _outline_alpha(corner_mm: float, space: TextureSpace) -> FloatImage:
    """A rectangle with round corners and an edge one texel and a half soft."""
    softness_mm = 1.5 * space.texel_mm
    return round_cornered(space.side_mm, space.end_mm, max(corner_mm, softness_mm), softness_mm)


@or_compiled(calls.round_cornered)
def round_cornered(side_mm: FloatImage, end_mm: FloatImage, radius_mm: float, softness_mm: float) -> FloatImage:
    """Opacity `(H, W)` of a rectangle whose columns lie `(1, W)` from the nearer side and rows `(H, 1)` from an end."""
    x, y = np.maximum(radius_mm - side_mm, 0), np.maximum(radius_mm - end_mm, 0)
    distance = radius_mm - np.sqrt(x * x + y * y)
    return np.asarray(np.clip(distance / softness_mm, 0, 1), dtype=np.float32)
