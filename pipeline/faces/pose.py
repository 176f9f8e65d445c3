"""Head pose: which way a face looks."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HeadPose:
    """Angles in degrees: yaw > 0 turns to the viewer's right, pitch > 0 looks down, roll > 0 tilts clockwise."""

    yaw_deg: float
    pitch_deg: float
    roll_deg: float
