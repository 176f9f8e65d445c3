"""All random choices of one mask, made before a pixel is painted."""

from collections.abc import Iterable, Mapping
from hashlib import sha256

import numpy as np

from pipeline.core.records import Valve, Wear
from pipeline.masks.head.surface import Shape
from pipeline.masks.look import draw_look
from pipeline.masks.params import MaskParams
from pipeline.masks.parts.chance import uniform, uniform_each, weighted_choice
from pipeline.masks.parts.colours import draw_colour
from pipeline.masks.parts.part import Ground
from pipeline.masks.parts.straps import draw_straps
from pipeline.masks.parts.tone import draw_cast, draw_gradient, draw_mottle
from pipeline.masks.recipe import MaskRecipe, MaskValues, with_parts
from pipeline.masks.template import PARTS, Template

_BEFORE_STRAPS = ("prints", "reliefs", "binding", "top_band", "wash", "lettering")
_AFTER_LOOK = ("nose_clip", "picture")
_BY_THE_MASKS_GENERATOR = {*_BEFORE_STRAPS, "valve", *_AFTER_LOOK}


def draw_mask(template: Template, wear: Wear, params: MaskParams, rng: np.random.Generator) -> MaskRecipe:
    """Draw every value of one mask; the same generator state gives the same mask.

    The order in which these values take numbers from the generator is fixed: in another, every seed would give other
    masks than it gave before. A part that came later takes its numbers from a generator of its own.
    """
    has_valve = bool(rng.random() < template.valve.probability)
    ground = Ground(draw_colour(template.colours, template.colour_jitter, rng), params.relief)
    shape = _draw_shape(template, wear, params, rng)
    corner_mm = uniform(template.corner_mm, rng)
    parts = _drawn(_BEFORE_STRAPS, template, ground, rng)
    straps = draw_straps(template.straps, ground, rng)
    parts |= _drawn(("valve",), template, ground, rng) if has_valve else {"valve": None}
    values = MaskValues(
        shape=shape,
        corner_mm=corner_mm,
        colour=ground.colour,
        straps=straps,
        gradient=draw_gradient(rng),
        mottle=draw_mottle(rng),
        cast=draw_cast(params.look, rng),
        look=draw_look(params.look, rng),
        occluders=params.occluders or None,
    )
    parts |= _drawn(_AFTER_LOOK, template, ground, rng)
    seed = int(rng.integers(2**31))
    for name in PARTS:
        if name not in _BY_THE_MASKS_GENERATOR:
            parts |= _drawn((name,), template, ground, _own_generator(seed, name))
    valve: Valve = "yes" if has_valve else "no"
    return MaskRecipe(template.name, template.mask_type, wear, valve, seed, with_parts(values, parts))


def _drawn(names: Iterable[str], template: Template, ground: Ground, rng: np.random.Generator) -> dict[str, object]:
    """What is drawn of these parts, one after the other, by their keys in the row."""
    return {PARTS[name].key or name: PARTS[name].draw(getattr(template, name), ground, rng) for name in names}


def _own_generator(seed: int, part: str) -> np.random.Generator:
    """Of one part of one mask, so that a part more changes no other number of any mask."""
    return np.random.default_rng([seed, int.from_bytes(sha256(part.encode()).digest()[:8], "big")])


def choose_wear(weights: Mapping[Wear, float], rng: np.random.Generator) -> Wear:
    """A wear state, with probabilities in proportion to the weights."""
    return weighted_choice(list(weights), list(weights.values()), rng)


def _draw_shape(template: Template, wear: Wear, params: MaskParams, rng: np.random.Generator) -> Shape:
    shape = uniform_each(vars(template.shape).items(), rng)
    shape["shift_deg"] = uniform(params.shift_deg, rng)
    shape["tilt_mm"] = uniform(params.tilt_mm, rng)
    shape |= {"wave_mm": uniform(params.wave_mm, rng), "wave_deg": uniform(params.wave_deg, rng)}
    shape["wave_turn"] = uniform((0, 1), rng)
    return Shape(**_worn(shape, wear, rng))


def _worn(shape: dict[str, float], wear: Wear, rng: np.random.Generator) -> dict[str, float]:
    """Move the edges of a correctly worn mask; the nose tip lies 36, the lips 55 to 78, the chin 108 mm down."""
    if wear == "correct":
        return shape
    if wear == "nose_exposed":
        drop = uniform((47, 57), rng) - shape["top_centre_mm"]
        shape |= {"top_centre_mm": shape["top_centre_mm"] + drop, "top_side_mm": shape["top_side_mm"] + 0.55 * drop}
        shape["protrusion_mm"] *= 0.8
    elif wear == "chin_exposed":
        lift = shape["bottom_centre_mm"] - uniform((84, 93), rng)
        shape["bottom_centre_mm"] -= lift
        shape["bottom_side_mm"] -= 0.4 * lift
        shape["protrusion_mm"] *= 0.8
    elif wear == "nose_mouth_exposed":
        top = uniform((88, 97), rng)
        shape |= {"top_centre_mm": top, "top_side_mm": top - uniform((8, 22), rng)}
        shape |= {"bottom_centre_mm": uniform((124, 136), rng), "bottom_side_mm": uniform((104, 116), rng)}
        shape["protrusion_mm"] *= 0.35
    return {name: round(value, 4) for name, value in shape.items()}
