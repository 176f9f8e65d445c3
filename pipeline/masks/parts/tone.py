"""How much light of each colour reaches each place of a mask, as it changes slowly over it."""

from dataclasses import dataclass

import cv2
import numpy as np

from pipeline.core.arrays import FloatImage
from pipeline.masks.imaging.noise import NoiseTurn
from pipeline.masks.imaging.texture_space import TextureSpace
from pipeline.masks.limits import Factor, Share
from pipeline.masks.look import LookRanges
from pipeline.masks.parts.chance import uniform
from pipeline.masks.parts.part import Canvas

Gradient = tuple[Factor, Factor]


@dataclass(frozen=True, slots=True)
class Cast:
    """Red and blue against green: gradients across and down, patches, and what skin beside the mask throws on it."""

    red: Gradient
    blue: Gradient
    blotch: Factor
    bounce: Factor
    offset: Share


def draw_gradient(rng: np.random.Generator) -> Gradient:
    """How much brighter a mask is below than above, and on the viewer's right than on the left."""
    return uniform((-0.12, 0.12), rng), uniform((-0.08, 0.08), rng)


def draw_mottle(rng: np.random.Generator) -> float:
    """How much soft patches differ from each other."""
    return uniform((0.01, 0.06), rng)


def draw_cast(look: LookRanges, rng: np.random.Generator) -> Cast:
    """How the light's colour changes over the mask."""
    red = _slope(look, rng), _slope(look, rng)
    blue = _slope(look, rng), _slope(look, rng)
    return Cast(red, blue, uniform(look.blotch, rng), uniform(look.bounce, rng), uniform((0, 1), rng))


def _slope(look: LookRanges, rng: np.random.Generator) -> float:
    return round(float(rng.normal()) * uniform(look.cast, rng), 4)


def lay_tone(canvas: Canvas, gradient: Gradient, mottle: float, cast: Cast | None) -> None:
    """Multiply the colours by the light; masks drawn before there were casts have none."""
    space = canvas.space
    tone = _tone(space.coarse, gradient, mottle, cast, canvas.offset)
    fine = cv2.resize(tone, (space.width, space.height), interpolation=cv2.INTER_LINEAR)
    np.multiply(canvas.albedo, fine, out=canvas.albedo)


def _tone(space: TextureSpace, gradient: Gradient, mottle: float, cast: Cast | None, offset: float) -> FloatImage:
    """`(H, W, 3)` about 1."""
    tone = space.noise("smooth", NoiseTurn(190, 150, 0, offset % 1)) * mottle
    tone += 1 + gradient[0] * (space.v - 0.5) + gradient[1] * space.u
    red, blue = _red_and_blue(cast, space) if cast else (1, 1)
    return np.asarray(cv2.merge([tone * red, tone, tone * blue]), dtype=np.float32)


def _red_and_blue(cast: Cast, space: TextureSpace) -> tuple[FloatImage, FloatImage]:
    """Sky, walls, clothes and skin nearby throw their own colours on a mask."""
    patches = space.noise("smooth", NoiseTurn(150, 120, 0, cast.offset)) * cast.blotch
    patches += np.exp(space.edge_mm / -14) * np.float32(cast.bounce)
    (red_across, red_down), (blue_across, blue_down) = cast.red, cast.blue
    red = 1 + red_across * space.u + red_down * (space.v - 0.5) + patches
    return red, 1 + blue_across * space.u + blue_down * (space.v - 0.5) - patches
