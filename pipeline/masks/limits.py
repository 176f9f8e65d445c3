"""How large the numbers of a mask may be, in a template's ranges as in a row: beyond lies a crash, not a mask.

A row may come from a stranger. These limits are wide, several times what any shipped template asks for, and the same on
both sides, so that whatever a template or a parameter allows can be read back from the row that it was drawn into.
"""

from typing import Annotated

from pydantic import AfterValidator, Field

from pipeline.core.ranges import Range


def within(low: float, high: float) -> AfterValidator:
    """For a `Range` whose both ends lie in [low, high]."""

    def check(pair: tuple[float, float]) -> tuple[float, float]:
        if not low <= pair[0] <= pair[1] <= high:
            raise ValueError(f"both ends must lie in [{low:g}, {high:g}]")
        return pair

    return AfterValidator(check)


Millimetres = Annotated[float, Field(ge=-1000, le=1000, allow_inf_nan=False)]
"""A place or a height; ranges are narrower, since a mask worn wrongly is moved from where it was drawn."""
MillimetreRange = Annotated[Range, within(-300, 300)]

Width = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]
"""Of a strip, in mm."""
WidthRange = Annotated[Range, within(0, 100)]

Period = Annotated[float, Field(ge=0.1, le=1000, allow_inf_nan=False)]
"""From one wave to the next, in mm."""

PrintSize = Annotated[float, Field(ge=2, le=500, allow_inf_nan=False)]
"""A tile smaller than that would be repeated more often than there are texels."""
PrintSizeRange = Annotated[Range, within(2, 500)]

Degrees = Annotated[float, Field(ge=-3600, le=3600, allow_inf_nan=False)]
DegreeRange = Annotated[Range, within(-3600, 3600)]

Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
ShareRange = Annotated[Range, within(0, 1)]

OpenShare = Annotated[float, Field(ge=0.001, le=0.999, allow_inf_nan=False)]
"""A share by which, and by whose rest, something is divided."""
OpenShareRange = Annotated[Range, within(0.001, 0.999)]

Factor = Annotated[float, Field(ge=-100, le=100, allow_inf_nan=False)]
FactorRange = Annotated[Range, within(-100, 100)]

Positive = Annotated[float, Field(ge=0.001, le=100, allow_inf_nan=False)]
PositiveRange = Annotated[Range, within(0.001, 100)]

Power = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]
PowerRange = Annotated[Range, within(0, 100)]

Probability = Annotated[float, Field(ge=0, le=1)]
