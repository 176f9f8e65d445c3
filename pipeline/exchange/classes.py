"""What an object is called where a format has one name for it: its class, made of as many labels as are asked for."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from typing import Literal

from pipeline.core.records import MASK_TYPES, MaskType, Valve, Wear
from pipeline.exchange.records import BoxedFace, Of

Classes = Literal["type", "type+wear", "type+wear+valve", "worn", "one"]

NO_MASK, MASK, FACE = "no_mask", "mask", "face"
"""A bare face; a mask of unknown type; a face of which nobody says whether it wears one."""

_WAYS: tuple[Wear, ...] = ("correct", "nose_exposed", "chin_exposed", "nose_mouth_exposed")
_VALVES: tuple[Valve, ...] = ("no", "yes")
_TYPES: tuple[MaskType, ...] = (*(mask for mask in MASK_TYPES if mask != "none"), "unknown")
_ALL_WAYS: tuple[Wear, ...] = (*_WAYS, "incorrect", "unknown")
_ALL_VALVES: tuple[Valve, ...] = (*_VALVES, "unknown")
_VALVE_WORDS = {"yes": "_valve", "no": "_no_valve", "unknown": ""}


@dataclass(frozen=True, slots=True)
class ClassList:
    """The classes of an export. A class has the same number in every export of one kind, whatever occurs in it.

    Attributes:
        by: Which labels make a class.
        of: What is boxed; a list of masks has no class for bare faces.
        names: All classes that there can be, the usual ones first.
        usual: How many of them are listed even where they don't occur.
    """

    by: Classes
    of: Of
    names: tuple[str, ...] = field(init=False)
    usual: int = field(init=False)
    _numbers: dict[str, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        usual = tuple(dict.fromkeys(self._names(_TYPES[:-1], _WAYS, _VALVES)))
        rest = dict.fromkeys([*self._names(_TYPES, _ALL_WAYS, _ALL_VALVES), *self._unknown()])
        object.__setattr__(self, "usual", len(usual))
        object.__setattr__(self, "names", (*usual, *(name for name in rest if name not in usual)))
        object.__setattr__(self, "_numbers", {name: number for number, name in enumerate(self.names)})

    def _names(self, types: tuple[MaskType, ...], ways: tuple[Wear, ...], valves: tuple[Valve, ...]) -> Iterator[str]:
        if self.of == "faces" and self.by != "one":
            yield NO_MASK
        for mask_type in types:
            yield from (self.name(mask_type, wear, valve) for wear, valve in product(ways, valves))

    def _unknown(self) -> tuple[str, ...]:
        return (FACE,) if self.of == "faces" else ()

    def name(self, mask_type: MaskType, wear: Wear, valve: Valve) -> str:
        """The class of a mask that is worn.

        >>> ClassList("type+wear", "faces").name("ffp2", "nose_exposed", "yes")
        'ffp2_nose_exposed'
        """
        if self.by == "one":
            return FACE if self.of == "faces" else MASK
        kind = MASK if mask_type == "unknown" or self.by == "worn" else mask_type
        if self.by in {"type", "worn"}:
            return kind
        way = "" if wear == "unknown" else f"_{wear}"
        return kind + way + (_VALVE_WORDS[valve] if self.by == "type+wear+valve" else "")

    def number(self, face: BoxedFace) -> int:
        """The number of a face's class, from 0."""
        return self._numbers[self._name_of(face)]

    def _name_of(self, face: BoxedFace) -> str:
        if self.by == "one":
            return self.names[0]
        if "none" in (face.mask_type, face.wear) or face.masked == "no":
            return NO_MASK
        if wears_mask(face):
            return self.name(face.mask_type, face.wear, face.valve)
        return FACE

    def listed(self, highest: int) -> tuple[str, ...]:
        """The classes to list where `highest` is the highest number that occurs, -1 for none."""
        return self.names[: max(self.usual, highest + 1)]


def wears_mask(face: BoxedFace) -> bool:
    """Whether a face is known to wear a mask, of whatever type."""
    worn = any(said not in {"none", "unknown"} for said in (face.mask_type, face.wear))
    return worn or face.masked == "yes"


def is_bare(face: BoxedFace) -> bool:
    """Whether a face is known to wear none."""
    return "none" in (face.mask_type, face.wear) or face.masked == "no"
