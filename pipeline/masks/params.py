"""What may vary about every mask, whatever its template."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from pipeline.core.ranges import Range
from pipeline.core.records import Wear


def _some_weight(wear: dict[Wear, float]) -> dict[Wear, float]:
    if not any(wear.values()):
        raise ValueError("at least one wear state needs a weight above 0")
    return wear


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LookRanges(_Section):
    """Ranges of the factors by which a mask takes on the photo's light and sharpness; 1 is as measured.

    The light read off a face's skin is smoother and more frontal than what falls on a mask before it; `frontal` scales
    its part along the line of sight, `from_above` and `from_side` add to it. `cast`, `blotch` and `bounce` are how much
    the light's colour changes over the mask, in slow gradients, in patches and beside the skin; `shade_tint` is how
    much warmer what is lit is than what is in shade. Measured on 484 photos of worn masks: docs/masks.md.
    """

    white_gain: Range = (0.85, 1.2)
    light_strength: Range = (0.5, 1.3)
    frontal: Range = (0.2, 0.9)
    from_above: Range = (-0.15, 0.45)
    from_side: Range = (-0.4, 0.4)
    cast: Range = (0.0, 0.1)
    blotch: Range = (0.0, 0.08)
    bounce: Range = (0.0, 0.2)
    shade_tint: Range = (-0.3, 0.3)
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
        wave_mm: How far its top and bottom edge swing up and down from their smooth course.
        wave_deg: How far its sides do, degrees of azimuth.
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
    wave_mm: Range = (0.0, 3.0)
    wave_deg: Range = (0.0, 3.0)
    look: LookRanges = LookRanges()
    relief: bool = True
    occluders: bool = True
    max_yaw_deg: Annotated[float, Field(gt=0, le=90)] = 60
    max_pitch_deg: Annotated[float, Field(gt=0, le=90)] = 45
    min_interocular_px: Annotated[float, Field(gt=0)] = 14
