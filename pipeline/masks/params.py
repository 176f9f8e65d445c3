"""What may vary about every mask, whatever its template."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from pipeline.ranges import Range
from pipeline.records import Wear


def _some_weight(wear: dict[Wear, float]) -> dict[Wear, float]:
    if not any(wear.values()):
        raise ValueError("at least one wear state needs a weight above 0")
    return wear


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LookRanges(_Section):
    """Ranges of the factors by which a mask takes on the photo's light and sharpness; 1 is as measured."""

    white_gain: Range = (0.85, 1.2)
    light_strength: Range = (0.5, 1.3)
    relief_gain: Range = (2.5, 5.5)
    occlusion: Range = (0.3, 1.0)
    shadow: Range = (0.0, 0.3)
    shadow_mm: Range = (3.0, 8.0)
    warmth: Range = (-0.04, 0.04)
    blur: Range = (0.0, 0.8)
    noise: Range = (0.6, 1.2)


class MaskParams(_Section):
    """Ranges common to all templates.

    Attributes:
        wear: Weight of each wear state; at least one is above 0.
        shift_deg: How far a mask sits off the middle, degrees of azimuth.
        tilt_mm: By how much its right side hangs lower than its left.
        relief: Whether pleats, seams and wrinkles are drawn at all (an ablation switch).
        occluders: Whether hair beside the face and dark rims of spectacles are looked for and kept before the mask.
        max_yaw_deg: Faces turned further are rejected as `extreme_pose`.
        max_pitch_deg: Likewise for looking up or down.
        min_interocular_px: Smaller faces are rejected as `face_too_small`.
    """

    wear: Annotated[dict[Wear, Annotated[float, Field(ge=0, allow_inf_nan=False)]], AfterValidator(_some_weight)] = {
        "correct": 1.0
    }
    shift_deg: Range = (-2.5, 2.5)
    tilt_mm: Range = (-2.5, 2.5)
    look: LookRanges = LookRanges()
    relief: bool = True
    occluders: bool = True
    max_yaw_deg: Annotated[float, Field(gt=0, le=90)] = 60
    max_pitch_deg: Annotated[float, Field(gt=0, le=90)] = 45
    min_interocular_px: Annotated[float, Field(gt=0)] = 14
