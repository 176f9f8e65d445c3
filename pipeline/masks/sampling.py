"""All random choices of one mask, made before a pixel is drawn."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from pipeline.core.records import Valve, Wear
from pipeline.masks.params import MaskParams
from pipeline.masks.parts.picture import flat_picture
from pipeline.masks.recipe import MaskDraw
from pipeline.masks.template import Colour, Prints, Straps, Template, print_names

Choice = TypeVar("Choice")


def draw_mask(template: Template, wear: Wear, params: MaskParams, rng: np.random.Generator) -> MaskDraw:
    """Draw every value of one mask; the same generator state gives the same mask."""
    has_valve = bool(rng.random() < template.valve.probability)
    base = _draw_colour(template.colours, template.colour_jitter, rng)
    values: dict[str, Any] = {
        "shape": _draw_shape(template, wear, params, rng),
        "corner_mm": _uniform(template.corner_mm, rng),
        "colour": base,
        "print": _draw_print(template.prints, base, rng),
        "reliefs": _draw_reliefs(template, params, rng),
        "binding": _draw_binding(template, base, rng),
        "top_band": _draw_top_band(template, rng),
        "wash": _uniform(template.wash, rng),
        "lettering": _draw_lettering(template, rng),
        "straps": _draw_straps(template.straps, base, rng),
        "valve": _draw_valve(template, base, rng) if has_valve else None,
        "gradient": [_uniform((-0.12, 0.12), rng), _uniform((-0.08, 0.08), rng)],
        "mottle": _uniform((0.01, 0.06), rng),
        "cast": _draw_cast(params, rng),
        "look": {name: _uniform(getattr(params.look, name), rng) for name in type(params.look).model_fields},
    }
    if rng.random() < template.nose_clip.probability:
        values["nose_clip"] = _draw_nose_clip(template, base, rng)
    if params.occluders:
        values["occluders"] = True
    if template.picture:
        values["picture"] = flat_picture(Path(template.picture.file), template.picture.anchors).digest
    valve: Valve = "yes" if has_valve else "no"
    return MaskDraw(template.name, template.mask_type, wear, valve, int(rng.integers(2**31)), values)


def choose_wear(weights: Mapping[Wear, float], rng: np.random.Generator) -> Wear:
    """A wear state, with probabilities in proportion to the weights."""
    return weighted_choice(list(weights), list(weights.values()), rng)


def weighted_choice(items: Sequence[Choice], weights: Sequence[float], rng: np.random.Generator) -> Choice:
    """One item, with probability in proportion to its weight."""
    share = np.cumsum(weights)
    return items[int(np.searchsorted(share, rng.random() * share[-1], side="right"))]


def _uniform(bounds: tuple[float, float], rng: np.random.Generator) -> float:
    low, high = bounds
    return round(low + (high - low) * float(rng.random()), 4)  # as rng.uniform, five times faster


def _draw_shape(template: Template, wear: Wear, params: MaskParams, rng: np.random.Generator) -> dict[str, float]:
    ranges = template.shape
    shape = {name: _uniform(getattr(ranges, name), rng) for name in type(ranges).model_fields}
    shape["shift_deg"] = _uniform(params.shift_deg, rng)
    shape["tilt_mm"] = _uniform(params.tilt_mm, rng)
    shape |= {"wave_mm": _uniform(params.wave_mm, rng), "wave_deg": _uniform(params.wave_deg, rng)}
    shape["wave_turn"] = _uniform((0, 1), rng)
    return _worn(shape, wear, rng)


def _worn(shape: dict[str, float], wear: Wear, rng: np.random.Generator) -> dict[str, float]:
    """Move the edges of a correctly worn mask; the nose tip lies 36, the lips 55 to 78, the chin 108 mm down."""
    if wear == "nose_exposed":
        drop = _uniform((47, 57), rng) - shape["top_centre_mm"]
        shape |= {"top_centre_mm": shape["top_centre_mm"] + drop, "top_side_mm": shape["top_side_mm"] + 0.55 * drop}
        shape["protrusion_mm"] *= 0.8
    elif wear == "chin_exposed":
        lift = shape["bottom_centre_mm"] - _uniform((84, 93), rng)
        shape["bottom_centre_mm"] -= lift
        shape["bottom_side_mm"] -= 0.4 * lift
        shape["protrusion_mm"] *= 0.8
    elif wear == "nose_mouth_exposed":
        top = _uniform((88, 97), rng)
        shape |= {"top_centre_mm": top, "top_side_mm": top - _uniform((8, 22), rng)}
        shape |= {"bottom_centre_mm": _uniform((124, 136), rng), "bottom_side_mm": _uniform((104, 116), rng)}
        shape["protrusion_mm"] *= 0.35
    return {name: round(value, 4) for name, value in shape.items()}


def _draw_colour(colours: Sequence[Colour], jitter: float, rng: np.random.Generator) -> list[float]:
    chosen = weighted_choice(colours, [c.weight for c in colours], rng)
    common, own = rng.normal(0, jitter), rng.normal(0, jitter * 0.5, 3)
    return [round(float(np.clip(v + common + o, 3, 253)), 1) for v, o in zip(chosen.srgb, own, strict=True)]


def _free_colour(rng: np.random.Generator) -> list[float]:
    """Any colour, with white, black and clear tones as frequent as on real prints."""
    kind = rng.random()
    if kind < 0.3:
        return [round(float(v), 1) for v in rng.normal(240, 6, 3).clip(0, 253)]
    if kind < 0.52:
        return [round(float(v), 1) for v in rng.normal(24, 8, 3).clip(3, 255)]
    hue, saturation, value = rng.random() * 6, rng.uniform(0.15, 0.85), rng.uniform(0.2, 1)
    ramp = [np.clip(abs((hue + shift) % 6 - 3) - 1, 0, 1) for shift in (0, 4, 2)]
    return [round(float(255 * value * (1 - saturation + saturation * r)), 1) for r in ramp]


def _ground(prints: Prints, base: list[float], rng: np.random.Generator) -> list[float]:
    """The colour that a print lies on: the template's own, or any."""
    return _free_colour(rng) if rng.random() < prints.free_ground else base


def _draw_print(prints: Prints, base: list[float], rng: np.random.Generator) -> dict[str, Any] | None:
    kind = rng.random()
    if kind >= prints.tile_probability + prints.motif_probability:
        return None
    is_tile = kind < prints.tile_probability
    names = prints.tiles if is_tile else prints.motifs
    if names == "all":
        names = print_names("tile_" if is_tile else "motif_")
    return {
        "name": names[int(rng.integers(len(names)))],
        "is_tile": is_tile,
        "size_mm": _uniform(prints.tile_mm if is_tile else prints.motif_mm, rng),
        "angle_deg": _uniform((0, 360), rng) if is_tile and rng.random() < 0.5 else 0.0,
        "x": _uniform((0, 1), rng) if is_tile else _uniform((-0.08, 0.08), rng),
        "y": _uniform((0, 1), rng) if is_tile else _uniform((0.4, 0.65), rng),
        "palette": [_ground(prints, base, rng), _free_colour(rng), _free_colour(rng), _free_colour(rng)],
    }


def _draw_reliefs(template: Template, params: MaskParams, rng: np.random.Generator) -> list[dict[str, Any]]:
    drawn = []
    for relief in template.reliefs:
        values: dict[str, Any] = {name: _uniform(bounds, rng) for name, bounds in relief.ranges.items()}
        if rng.random() < relief.probability and params.relief:
            drawn.append({"kind": relief.kind, **values})
    return drawn


def _draw_binding(template: Template, base: list[float], rng: np.random.Generator) -> dict[str, Any] | None:
    binding = template.binding
    if rng.random() >= binding.probability:
        return None
    darken = _uniform(binding.darken, rng)
    contrast = rng.random() < binding.contrast_probability
    colour = _free_colour(rng) if contrast else [round(min(v * darken, 253.0), 1) for v in base]
    return {"width_mm": _uniform(binding.width_mm, rng), "colour": colour}


def _draw_nose_clip(template: Template, base: list[float], rng: np.random.Generator) -> dict[str, Any]:
    clip = template.nose_clip
    return {
        "at_mm": _uniform(clip.at_mm, rng),
        "half_width_mm": _uniform(clip.half_width_mm, rng),
        "width_mm": _uniform(clip.width_mm, rng),
        "colour": _draw_colour(clip.colours, 8, rng) if clip.colours else base,
    }


def _draw_top_band(template: Template, rng: np.random.Generator) -> dict[str, float] | None:
    band = template.top_band
    if rng.random() >= band.probability:
        return None
    return {"width_mm": _uniform(band.width_mm, rng), "lighten": _uniform(band.lighten, rng)}


def _draw_lettering(template: Template, rng: np.random.Generator) -> dict[str, Any] | None:
    lettering = template.lettering
    if rng.random() >= lettering.probability or not lettering.texts:
        return None
    return {
        "text": lettering.texts[int(rng.integers(len(lettering.texts)))],
        "height_mm": _uniform(lettering.height_mm, rng),
        "u": _uniform(lettering.u, rng),
        "v": _uniform(lettering.v, rng),
        "tone": _uniform(lettering.tone, rng),
    }


def _draw_straps(straps: Straps, base: list[float], rng: np.random.Generator) -> dict[str, Any] | None:
    if straps.kind == "none":
        return None
    like_mask = rng.random() < straps.like_mask or not straps.colours
    return {
        "kind": straps.kind,
        "top_v": _uniform(straps.top_v, rng),
        "bottom_v": _uniform(straps.bottom_v, rng),
        "width_mm": _uniform(straps.width_mm, rng),
        "sag_mm": _uniform(straps.sag_mm, rng),
        "seen": [_seen_share(straps.hidden, rng), _seen_share(straps.hidden, rng)],
        "colour": base if like_mask else _draw_colour(straps.colours, 6, rng),
    }


def _seen_share(hidden: float, rng: np.random.Generator) -> float:
    """How much of one side's straps stands before the hair, from the mask on."""
    share = _uniform((0.4, 0.95), rng)  # whole straps would reach beyond the ears of heads narrower than the mean
    return 0.0 if rng.random() < hidden else share


def _draw_cast(params: MaskParams, rng: np.random.Generator) -> dict[str, Any]:
    """How the light's colour changes over the mask: gradients across and down in red and blue, patches, bounce."""
    look = params.look
    gradients = [[round(float(rng.normal()) * _uniform(look.cast, rng), 4) for _ in range(2)] for _ in range(2)]
    return {
        "red": gradients[0],
        "blue": gradients[1],
        "blotch": _uniform(look.blotch, rng),
        "bounce": _uniform(look.bounce, rng),
        "offset": _uniform((0, 1), rng),
    }


def _draw_valve(template: Template, base: list[float], rng: np.random.Generator) -> dict[str, Any]:
    valve = template.valve
    return {
        "u": _uniform(valve.u, rng),
        "v": _uniform(valve.v, rng),
        "radius_mm": _uniform(valve.radius_mm, rng),
        "height_mm": _uniform(valve.height_mm, rng),
        "square": bool(rng.random() < valve.square),
        "slots": int(rng.integers(0, 5)),
        "angle_deg": _uniform((0, 180), rng),
        "colour": _draw_colour(valve.colours, 6, rng) if valve.colours else base,
    }
