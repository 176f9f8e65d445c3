"""What may vary about every mask, whatever its template."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from pipeline.records import Wear

Bounds = tuple[float, float]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LookRanges(_Section):
    """Ranges of the factors by which a mask takes on the photo's light and sharpness; 1 is as measured."""

    white_gain: Bounds = (0.85, 1.2)
    light_strength: Bounds = (0.5, 1.3)
    relief_gain: Bounds = (2.5, 5.5)
    occlusion: Bounds = (0.3, 1.0)
    shadow: Bounds = (0.0, 0.3)
    shadow_mm: Bounds = (3.0, 8.0)
    warmth: Bounds = (-0.04, 0.04)
    blur: Bounds = (0.0, 0.8)
    noise: Bounds = (0.6, 1.2)


class MaskParams(_Section):
    """Ranges common to all templates.

    Attributes:
        wear: Weight of each wear state.
        shift_deg: How far a mask sits off the middle, degrees of azimuth.
        tilt_mm: By how much its right side hangs lower than its left.
        relief: Whether pleats, seams and wrinkles are drawn at all (an ablation switch).
        max_yaw_deg: Faces turned further are rejected as `extreme_pose`.
        max_pitch_deg: Likewise for looking up or down.
        min_interocular_px: Smaller faces are rejected as `face_too_small`.
    """

    wear: dict[Wear, Annotated[float, Field(ge=0)]] = {"correct": 1.0}
    shift_deg: Bounds = (-2.5, 2.5)
    tilt_mm: Bounds = (-2.5, 2.5)
    look: LookRanges = LookRanges()
    relief: bool = True
    max_yaw_deg: Annotated[float, Field(gt=0, le=90)] = 60
    max_pitch_deg: Annotated[float, Field(gt=0, le=90)] = 45
    min_interocular_px: Annotated[float, Field(gt=0)] = 14
