"""Ranges in parameters and templates: one check of what [low, high] may be."""

from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, FiniteFloat

Pair = TypeVar("Pair", bound=tuple[float, float])


def _in_order(value: Pair) -> Pair:
    if value[0] > value[1]:
        raise ValueError(f"a range must be [low, high], not {list(value)}")
    return value


def _as_pair(value: Any) -> Any:
    return (value, value) if isinstance(value, int | float) else value


InOrder = AfterValidator(_in_order)
"""For pairs whose ends have limits of their own: `Annotated[tuple[Share, Share], InOrder]`."""

Range = Annotated[
    tuple[FiniteFloat, FiniteFloat],
    BeforeValidator(_as_pair),
    InOrder,
    Field(description="a number or [low, high]"),
]
