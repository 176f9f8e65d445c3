"""What runs along the edges of a mask: the binding, the band over the nose wire, the nose clip."""

from dataclasses import dataclass

import numpy as np

from pipeline.masks.imaging.image_arithmetic import lay
from pipeline.masks.limits import (
    Factor,
    FactorRange,
    MillimetreRange,
    Millimetres,
    PowerRange,
    Probability,
    Width,
    WidthRange,
)
from pipeline.masks.parts.chance import uniform
from pipeline.masks.parts.colours import Colour, Srgb, darkened, draw_colour, draw_free_colour, linear_colour
from pipeline.masks.parts.part import Canvas, Ground, Part, Ranges


class BindingRanges(Ranges):
    """A band of another tone along the edge."""

    probability: Probability = 0
    width_mm: WidthRange = (3, 6)
    darken: PowerRange = (0.75, 0.95)
    contrast_probability: Probability = 0


@dataclass(frozen=True, slots=True)
class Binding:
    """A drawn band along the edge."""

    width_mm: Width
    colour: Srgb


def draw_binding(ranges: BindingRanges, ground: Ground, rng: np.random.Generator) -> Binding | None:
    """A band of any colour, or of the mask's own made darker."""
    if rng.random() >= ranges.probability:
        return None
    darken = uniform(ranges.darken, rng)
    contrast = rng.random() < ranges.contrast_probability
    colour = draw_free_colour(rng) if contrast else darkened(ground.colour, darken)
    return Binding(uniform(ranges.width_mm, rng), colour)


def lay_binding(canvas: Canvas, binding: Binding) -> None:
    """Colour what lies near the edge."""
    space = canvas.space
    inside = space.by_edge(lambda mm: np.clip((binding.width_mm - mm) / space.texel_mm + 0.5, 0, 1))
    lay(canvas.albedo, linear_colour(binding.colour), np.asarray(inside, dtype=np.float32))


class TopBandRanges(Ranges):
    """A band along the top edge, over the nose wire, that lets more light through."""

    probability: Probability = 0
    width_mm: WidthRange = (6, 12)
    lighten: FactorRange = (0.1, 0.6)


@dataclass(frozen=True, slots=True)
class TopBand:
    """A drawn band along the top edge."""

    width_mm: Width
    lighten: Factor


def draw_top_band(ranges: TopBandRanges, _: Ground, rng: np.random.Generator) -> TopBand | None:
    """A band, or none."""
    if rng.random() >= ranges.probability:
        return None
    return TopBand(uniform(ranges.width_mm, rng), uniform(ranges.lighten, rng))


def lay_top_band(canvas: Canvas, band: TopBand) -> None:
    """Lighten the uppermost rows."""
    space = canvas.space
    inside = np.clip((band.width_mm - space.y_mm) / space.texel_mm + 0.5, 0, 1)
    rows = canvas.albedo[: np.count_nonzero(inside)]
    share = np.float32(band.lighten) * inside[: len(rows)]
    lay(rows, np.ones(3), np.repeat(share, space.width, axis=1))


class NoseClipRanges(Ranges):
    """A strip of metal or plastic on the outside that holds the mask to the nose; `at_mm` is below the top edge."""

    probability: Probability = 0
    at_mm: MillimetreRange = (6, 12)
    half_width_mm: MillimetreRange = (22, 42)
    width_mm: WidthRange = (3, 6)
    colours: tuple[Colour, ...] = ()


@dataclass(frozen=True, slots=True)
class NoseClip:
    """A drawn strip."""

    at_mm: Millimetres
    half_width_mm: Millimetres
    width_mm: Width
    colour: Srgb


def draw_nose_clip(ranges: NoseClipRanges, ground: Ground, rng: np.random.Generator) -> NoseClip | None:
    """A strip of one of its colours, or of the mask's where it has none."""
    if rng.random() >= ranges.probability:
        return None
    return NoseClip(
        at_mm=uniform(ranges.at_mm, rng),
        half_width_mm=uniform(ranges.half_width_mm, rng),
        width_mm=uniform(ranges.width_mm, rng),
        colour=draw_colour(ranges.colours, 8, rng) if ranges.colours else ground.colour,
    )


def lay_nose_clip(canvas: Canvas, clip: NoseClip) -> None:
    """A flat strip across the nose, its edges crisp."""
    space = canvas.space
    down = clip.width_mm / 2 - np.abs(space.y_mm - clip.at_mm)
    along = clip.half_width_mm - np.abs(space.x_mm)
    inside = np.clip(np.minimum(down, along) / space.texel_mm + 0.5, 0, 1).astype(np.float32)
    lay(canvas.albedo, linear_colour(clip.colour), inside)
    canvas.height_mm += np.float32(0.5) * inside


BINDING = Part(Binding | None, draw_binding, lay_binding, always=True)
TOP_BAND = Part(TopBand | None, draw_top_band, lay_top_band, always=True)
NOSE_CLIP = Part(NoseClip | None, draw_nose_clip, lay_nose_clip)
