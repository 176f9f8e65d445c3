"""What stands out of a mask's surface, as a template lists it: which reliefs, how often, and how large."""

from dataclasses import fields
from functools import cache
from typing import Annotated, Any, get_args

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from pipeline.core.ranges import Range
from pipeline.masks.limits import Probability
from pipeline.masks.parts.chance import placed_in
from pipeline.masks.parts.fabric import Emboss, Knit, Weave
from pipeline.masks.parts.folds import Creases, Folds, Pleats, SideFolds, SmileFolds, Wrinkles
from pipeline.masks.parts.part import Canvas, Ground, Part
from pipeline.masks.parts.seams import HorizontalSeam, NoseWire, Rim, SlantedSeam, VerticalSeam, WeldDots

Relief = (
    Pleats | VerticalSeam | HorizontalSeam | SlantedSeam | Rim | WeldDots | Wrinkles | Creases | Weave | Emboss | Knit
    | NoseWire | Folds | SideFolds | SmileFolds
)  # fmt: skip
"""Every relief a template may name; a kind more is a record more in one of the three modules, and its name here."""

KINDS: dict[str, Any] = {kind.__dataclass_fields__["kind"].default: kind for kind in get_args(Relief)}
"""The record of each kind by its name."""

PARAMETERS = {name: frozenset(field.name for field in fields(kind)) - {"kind"} for name, kind in KINDS.items()}
"""What each kind must be told; a template gives a value or a range for each."""


@cache
def _checker(kind: str) -> TypeAdapter[Any]:
    return TypeAdapter(KINDS[kind])


class ReliefRanges(BaseModel):
    """One relief: its `kind`, how often it is there, and a range for each of that kind's parameters."""

    model_config = ConfigDict(extra="allow", frozen=True, allow_inf_nan=False)
    kind: str
    probability: Probability = 1
    __pydantic_extra__: dict[str, Range] = Field(init=False)

    @model_validator(mode="after")
    def _parameters_fit(self) -> "ReliefRanges":
        if self.kind not in KINDS:
            raise ValueError(f"unknown relief {self.kind!r}; known: {', '.join(sorted(KINDS))}")
        given, wanted = set(self.ranges), PARAMETERS[self.kind]
        if given != wanted:
            raise ValueError(f"{self.kind} needs exactly {sorted(wanted)}; {sorted(given ^ wanted)} differ")
        for end in (0, 1):
            self._check_limits(end)
        return self

    def _check_limits(self, end: int) -> None:
        """Pass if the relief with the low, or the high, end of each range is one that a row may hold."""
        drawn = {name: bounds[end] for name, bounds in self.ranges.items()}
        try:
            _checker(self.kind).validate_python(drawn)
        except ValidationError as error:
            problem = error.errors()[0]
            raise ValueError(f"{self.kind}.{problem['loc'][0]}: {problem['msg']} ({problem['input']})") from error

    @property
    def ranges(self) -> dict[str, tuple[float, float]]:
        """Range of each parameter."""
        return self.__pydantic_extra__ or {}


def draw_reliefs(ranges: tuple[ReliefRanges, ...], ground: Ground, rng: np.random.Generator) -> tuple[Relief, ...]:
    """Those of the template's reliefs that this mask has, in its order; numbers are drawn for the others too."""
    drawn: list[Relief] = []
    for relief in ranges:
        *shares, chance = rng.random(len(relief.ranges) + 1).tolist()
        if chance < relief.probability and ground.relief:
            drawn.append(KINDS[relief.kind](**placed_in(relief.ranges.items(), shares)))
    return tuple(drawn)


def lay_reliefs(canvas: Canvas, reliefs: tuple[Relief, ...]) -> None:
    """Add them up."""
    for relief in reliefs:
        canvas.height_mm += relief.rise_mm(canvas.space)


RELIEFS = Part(tuple[Annotated[Relief, Field(discriminator="kind")], ...], draw_reliefs, lay_reliefs, always=True)
