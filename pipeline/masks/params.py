"""What may vary about every mask, whatever its template."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from pipeline.core.records import Wear
from pipeline.masks.limits import DegreeRange, MillimetreRange
from pipeline.masks.look import LookRanges


def _some_weight(wear: dict[Wear, float]) -> dict[Wear, float]:
    if undrawn := sorted(state for state in wear if state in {"none", "incorrect", "unknown"}):
        raise ValueError(f"{', '.join(undrawn)}: no way of wearing that can be drawn")
    if not any(wear.values()):
        raise ValueError("at least one wear state needs a weight above 0")
    return wear


class MaskParams(BaseModel):
    """Ranges common to all templates.

    Attributes:
        wear: Weight of each wear state; at least one is above 0.
        shift_deg: How far a mask sits off the middle, degrees of azimuth.
        tilt_mm: By how much its right side hangs lower than its left.
        wave_mm: How far its top and bottom edge swing up and down from their smooth course.
        wave_deg: How far its sides do, degrees of azimuth.
        relief: Whether pleats, seams and wrinkles are drawn at all (an ablation switch).
        occluders: Whether hair beside the face and dark rims of spectacles are looked for and kept before the mask.
        max_yaw_deg: Faces turned further are rejected as `extreme_pose`.
        max_pitch_deg: Likewise for looking up or down.
        min_interocular_px: Smaller faces are rejected as `face_too_small`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    wear: Annotated[dict[Wear, Annotated[float, Field(ge=0, allow_inf_nan=False)]], AfterValidator(_some_weight)] = {
        "correct": 1.0
    }
    shift_deg: DegreeRange = (-2.5, 2.5)
    tilt_mm: MillimetreRange = (-2.5, 2.5)
    wave_mm: MillimetreRange = (0.0, 3.0)
    wave_deg: DegreeRange = (0.0, 3.0)
    look: LookRanges = LookRanges()
    relief: bool = True
    occluders: bool = True
    max_yaw_deg: Annotated[float, Field(gt=0, le=90)] = 60
    max_pitch_deg: Annotated[float, Field(gt=0, le=90)] = 45
    min_interocular_px: Annotated[float, Field(gt=0)] = 14
