"""How much light of each colour reaches each place of a mask, as it changes slowly over it."""

from dataclasses import dataclass

import cv2
import numpy as np

from pipeline.core.arrays import FloatImage
from pipeline.masks.compiled import calls
from pipeline.masks.compiled.inputs import SoftPlanes, ToneNumbers
from pipeline.masks.compiled.library import or_compiled
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


_NO_CAST = Cast((0.0, 0.0), (0.0, 0.0), 0.0, 0.0, 0.0)
_GLOW_MM = 14
"""From the edge, over which the light that skin throws on a mask falls to a third."""


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
    tone = _tone(space.coarse, gradient, mottle, cast or _NO_CAST, canvas.offset)
    fine = cv2.resize(tone, (space.width, space.height), interpolation=cv2.INTER_LINEAR)
    np.multiply(canvas.albedo, fine, out=canvas.albedo)


def _tone(space: TextureSpace, gradient: Gradient, mottle: float, cast: Cast, offset: float) -> FloatImage:
    """`(H, W, 3)` about 1."""
    soft = space.noise("smooth", NoiseTurn(190, 150, 0, offset % 1))
    patches = space.noise("smooth", NoiseTurn(150, 120, 0, cast.offset))
    glow = np.asarray(space.by_edge(lambda edge_mm: np.exp(edge_mm / -_GLOW_MM)), dtype=np.float32)
    tones = ToneNumbers(mottle, *gradient, *cast.red, *cast.blue, cast.blotch, cast.bounce)
    return toned(SoftPlanes(soft, patches, glow, space.u[0], space.v[:, 0]), tones)


@or_compiled(calls.toned)
def toned(planes: SoftPlanes, numbers: ToneNumbers) -> FloatImage:
    """How much light of each colour there is, `(H, W, 3)` about 1.

    Sky, walls, clothes and skin nearby throw their own colours on a mask.
    """
    n, u, v = numbers, planes.u[None, :], planes.v[:, None] - np.float32(0.5)
    tone = planes.soft * n.mottle + (1 + n.down * v + n.across * u)
    patches = planes.patches * n.blotch + planes.glow * n.bounce
    red = 1 + n.red_across * u + n.red_down * v + patches
    blue = 1 + n.blue_across * u + n.blue_down * v - patches
    return np.asarray(cv2.merge([tone * red, tone, tone * blue]), dtype=np.float32)
