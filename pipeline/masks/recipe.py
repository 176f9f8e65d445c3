"""What goes between drawing a mask and rendering it, and what comes out."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, make_dataclass
from functools import lru_cache
from typing import Annotated, Any

from pydantic import ConfigDict, Field, GetPydanticSchema, TypeAdapter, ValidationError

from pipeline.core.arrays import Alpha, Points, Rgb
from pipeline.core.errors import ReplayError
from pipeline.core.records import MaskType, Valve, Wear
from pipeline.core.validation import explain_validation
from pipeline.faces.pose import HeadPose
from pipeline.masks.head.surface import Shape
from pipeline.masks.limits import Factor, Millimetres
from pipeline.masks.look import Look
from pipeline.masks.parts.colours import Srgb
from pipeline.masks.parts.straps import Straps
from pipeline.masks.parts.tone import Cast, Gradient
from pipeline.masks.template import NAME_PATTERN, PARTS

__all__ = ["HeadPose", "MaskRecipe", "MaskValues", "MaskedFace", "with_parts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskValues:
    """Every drawn value of a mask but its parts', which `with_parts` adds, each by its key in the row.

    What has the default None is left out of a row where there is none: rows written before there was such a thing look
    like that. Masks drawn before there were the cues for occluders are replayed without.
    """

    shape: Shape
    corner_mm: Millimetres
    colour: Srgb
    straps: Straps | None
    gradient: Gradient
    mottle: Factor
    look: Look
    cast: Cast | None = None
    occluders: bool | None = None
    picture: str | None = None
    """The part `picture`; named here too, since a mask made of one is posed by its points."""


def _part_fields() -> list[tuple[str, Any] | tuple[str, Any, Any]]:
    keyed = [(part.key or name, part) for name, part in PARTS.items()]
    return [(key, part.drawn) if part.always else (key, part.drawn, field(default=None)) for key, part in keyed]


_AllValues = make_dataclass(
    "_AllValues",
    _part_fields(),
    bases=(MaskValues,),
    namespace={"__module__": __name__, "__doc__": "`MaskValues` with a field for each of `PARTS`."},
    frozen=True,
    slots=True,
    kw_only=True,
)


def with_parts(values: MaskValues, parts: Mapping[str, object]) -> MaskValues:
    """The values of one mask with what was drawn of each part, by its key in the row."""
    named = {name: getattr(values, name) for name in _layout(MaskValues)[0]}
    whole: MaskValues = _AllValues(**{**named, **parts})
    return whole


@dataclass(frozen=True, slots=True)
class MaskRecipe:
    """Every random choice of one mask, made before a pixel is painted; written to the manifest, enough to replay.

    Attributes:
        template: Name of the template's folder.
        mask_type: Label of the template.
        wear: How the mask is worn.
        valve: Whether it has an exhalation valve.
        seed: Chooses the photo noise on it, which the values below scale.
        values: Every other drawn value.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    template: Annotated[str, Field(pattern=NAME_PATTERN, max_length=200)]
    mask_type: MaskType
    wear: Wear
    valve: Valve
    seed: Annotated[int, Field(ge=0, lt=2**31)]
    values: Annotated[MaskValues, GetPydanticSchema(lambda _, handler: handler(_AllValues))]

    def to_json(self) -> str:
        """One line of JSON with sorted keys, the same bytes for the same recipe."""
        return json.dumps(self, default=_as_object, sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> "MaskRecipe":
        """The inverse of `to_json`, for text of whatever origin.

        Raises:
            ReplayError: the text is no recipe: it names the first key that is unknown, missing or of a wrong type, or
                the first number that is not finite or beyond what a mask can have.
        """
        try:
            return _checker().validate_json(text, strict=True)
        except ValidationError as error:
            raise ReplayError(explain_validation("draw", error).partition("\n")[0]) from error


@lru_cache(maxsize=1)
def _checker() -> TypeAdapter[MaskRecipe]:
    return TypeAdapter(MaskRecipe)


@lru_cache(maxsize=64)
def _layout(record: type) -> tuple[tuple[str, ...], frozenset[str]]:
    """The fields of a record, and those of them that its JSON leaves out where there is none."""
    return tuple(each.name for each in fields(record)), frozenset(
        each.name for each in fields(record) if each.default is None
    )


def _as_object(record: object) -> dict[str, object]:
    """What `json` writes for a record."""
    kind: type = type(record)
    names, may_lack = _layout(kind)
    named = {name: getattr(record, name) for name in names}
    for name in may_lack:
        if named[name] is None:
            del named[name]
    return named


@dataclass(frozen=True, slots=True)
class MaskedFace:
    """A photo with one mask more.

    Attributes:
        rgb: The whole photo, `uint8 (H, W, 3)`.
        alpha: Where the mask, straps included, covers it: `float32 (H, W, 1)` in [0, 1].
        polygon: Outline of the mask's body without straps, `float32 (N, 2)` in pixels.
        box: Left, top, right, bottom of the body in pixels.
        draw: What was drawn.
        pose: The head pose that the mask follows.
    """

    rgb: Rgb
    alpha: Alpha
    polygon: Points
    box: tuple[float, float, float, float]
    draw: MaskRecipe
    pose: HeadPose
