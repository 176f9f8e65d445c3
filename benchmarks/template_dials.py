"""Every number of the shipped templates as a dial: found in their files, turned together.

A dial is known by the type of mask, or the template, and by its place in the file, such as
`ffp2 reliefs.wrinkles.height_mm`. Turned by 0 it is as shipped. Chances have their odds multiplied, weights and sizes
are multiplied, places on the face move by millimetres or degrees; what says where on the sheet a part lies stays.
Colours have their weights turned by tone.
"""

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import lru_cache, partial
from math import exp, log
from typing import Any

from pipeline.core.errors import TemplateError
from pipeline.core.yaml_files import read_yaml
from pipeline.masks.look import LookRanges
from pipeline.masks.params import MaskParams
from pipeline.masks.shipped import default_templates_folder
from pipeline.masks.template import Template, template_files

Document = dict[str, Any]
Turn = Callable[[float], object]
"""What a value becomes when its dial is turned by z."""

_SIZE, _WEIGHT, _ODDS, _MOVE = 0.3, 0.5, 0.7, 2.0
"""By z = 1: logarithms of a size, of a weight and of odds, and millimetres or degrees on the face."""

FARTHEST = 2.4
"""Turned further, some dials give what no template may have."""

_MOVED = frozenset(
    {"top_centre_mm", "top_side_mm", "bottom_centre_mm", "bottom_side_mm", "side_top_deg", "side_bottom_deg"}
)
_LEFT_ALONE = frozenset(
    {"u", "v", "at_v", "at_mm", "top_v", "bottom_v", "centre_v", "side_v", "start_v", "stop_v", "offset", "count"}
)
_CHANCES = frozenset({"like_mask", "square"})
_DARK, _WHITE, _VIVID = 110, 200, 60


@dataclass(frozen=True, slots=True)
class Knob:
    """One value in a template's document, and the dial that turns it."""

    dial: str
    holder: dict[str, Any] | list[Any]
    key: Any
    turned: Turn


@lru_cache(maxsize=1)
def shipped() -> tuple[Document, ...]:
    """The documents of the shipped templates."""
    return tuple(read_yaml(file, TemplateError) for file in template_files(default_templates_folder()))


def dial_names() -> list[str]:
    """All of them, sorted."""
    found = {knob.dial for document in deepcopy(shipped()) for knob in knobs(document)}
    return sorted(found | {f"look {name}" for name in LookRanges.model_fields})


def turned_templates(turns: Mapping[str, float]) -> dict[str, Template]:
    """The shipped templates with each dial turned by its z; those that aren't named stay."""
    documents = deepcopy(shipped())
    for document in documents:
        for knob in knobs(document):
            if z := turns.get(knob.dial):
                knob.holder[knob.key] = knob.turned(z)
    return {document["name"]: Template.model_validate(document) for document in documents}


def turned_params(turns: Mapping[str, float]) -> MaskParams:
    """The default ranges of light and sharpness, each widened about its middle by its dial."""
    look = {
        name: _wider(bounds, z, least=0.0 if bounds[0] >= 0 else None)
        for name, bounds in LookRanges()
        if (z := turns.get(f"look {name}"))
    }
    return MaskParams(look=LookRanges(**look))


def knobs(document: Document) -> Iterator[Knob]:
    """Every value of one template that a dial turns."""
    weight = float(document.get("weight", 1))
    yield Knob(f"{document['name']} weight", document, "weight", partial(_times, weight, _WEIGHT))
    for place, holder, key in _places(document, ""):
        value = holder[key]
        name = f"{document['mask_type']} {place}"
        if "colours." in place:
            if str(key) == "weight":
                dial = f"{name.removesuffix('.weight')}.{_tone(holder['srgb'])}"
                yield Knob(dial, holder, key, partial(_times, float(value), _WEIGHT))
        elif turn := _turn(str(key), value):
            yield Knob(name, holder, key, turn)


def _places(holder: Document, above: str) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Where each value lies: relief patterns and colours by their kind and not by their number."""
    for key, value in holder.items():
        place = f"{above}{key}"
        if isinstance(value, dict):
            yield from _places(value, f"{place}.")
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            for entry in value:
                yield from _places(entry, f"{place}.{entry['kind']}." if "kind" in entry else f"{place}.")
        else:
            yield place, holder, key


def _turn(key: str, value: object) -> Turn | None:
    """How a value of that name is turned; None where it is no dial."""
    if key in _LEFT_ALONE or isinstance(value, bool):
        return None
    if key in _CHANCES or key.endswith("probability"):
        return partial(_odds, float(value)) if isinstance(value, int | float) else None
    if not isinstance(value, list) or len(value) != 2 or not all(isinstance(end, int | float) for end in value):
        return None
    if key in _MOVED:
        return partial(_moved, value)
    share = not key.endswith(("_mm", "_deg")) and value[0] >= 0 and value[1] <= 1
    return partial(_resized, value, 0.98 if share else float("inf"))


def _times(value: float, step: float, z: float) -> float:
    return value * exp(step * z)


def _odds(chance: float, z: float) -> float:
    if chance in {0.0, 1.0}:
        return chance
    turned = log(chance / (1 - chance)) + _ODDS * z
    return 1 / (1 + exp(-turned))


def _moved(bounds: list[float], z: float) -> list[float]:
    return [end + _MOVE * z for end in bounds]


def _resized(bounds: list[float], most: float, z: float) -> list[float]:
    return [min(end * exp(_SIZE * z), max(most, end)) for end in bounds]


def _wider(bounds: tuple[float, float], z: float, *, least: float | None) -> tuple[float, float]:
    middle, half = (bounds[0] + bounds[1]) / 2, (bounds[1] - bounds[0]) / 2 * exp(_SIZE * z)
    low = middle - half
    return (low if least is None else max(least, low), middle + half)


def _tone(srgb: list[int]) -> str:
    """What kind of colour it is: by lightness first, then by how far its channels lie apart."""
    if max(srgb) < _DARK:
        return "dark"
    if min(srgb) > _WHITE:
        return "white"
    return "vivid" if max(srgb) - min(srgb) > _VIVID else "muted"
