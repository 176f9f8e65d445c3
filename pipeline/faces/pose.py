"""Head pose: which way a face looks, by fitting a mean head to its landmarks."""

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.core.arrays import Points
from pipeline.core.errors import ShapeError

_FOCAL_EYE_DISTANCES = 10.0
"""Focal length in outer-eye-corner distances: a face seen from about a metre, as portraits are."""

_EYE_CORNERS_MM = 90.0
"""The mean head's outer eye corners lie about this far apart."""


@dataclass(frozen=True, slots=True)
class HeadPose:
    """Angles in degrees: yaw > 0 turns to the viewer's right, pitch > 0 looks down, roll > 0 tilts clockwise."""

    yaw_deg: float
    pitch_deg: float
    roll_deg: float


def estimate_pose(landmarks: Points) -> HeadPose:
    """The pose of a face with 68 landmarks `(68, 2)` in pixels, relative to the line of sight.

    OpenCV's iterative Perspective-n-Point over a mean head, the principal point at the face: a crop of a photo gives
    the same angles as the photo, whose own camera is not known. On the sample's 132 rendered faces yaw, pitch and roll
    are off by 3.3, 5.2 and 1.0 degrees in the mean; without the jaw, the brows or the mouth it is no better.

    Raises:
        ShapeError: not 68 points.
    """
    check_landmarks(landmarks)
    focal = _FOCAL_EYE_DISTANCES * max(1.0, float(np.linalg.norm(landmarks[45] - landmarks[36])))
    centre = landmarks.mean(axis=0)
    camera = np.array([[focal, 0, centre[0]], [0, focal, centre[1]], [0, 0, 1]], dtype=np.float64)
    start = np.array([0.0, 0.0, _FOCAL_EYE_DISTANCES * _EYE_CORNERS_MM])
    _, rotation_vector, _ = cv2.solvePnP(
        mean_landmarks(), landmarks.astype(np.float64), camera, None, np.zeros(3), start, useExtrinsicGuess=True
    )
    return pose_of(cv2.Rodrigues(rotation_vector)[0])


def check_landmarks(landmarks: Points) -> None:
    """Refuse what are not 68 points in the plane.

    Raises:
        ShapeError: another shape than `(68, 2)`.
    """
    if landmarks.shape != (68, 2):
        raise ShapeError(f"landmarks must have the shape (68, 2), not {landmarks.shape}")


def pose_of(rotation: NDArray[np.floating]) -> HeadPose:
    """Angles of a rotation `(3, 3)` from the head's to the camera's axes (x right, y down, z away).

    They are applied as yaw, then pitch, then roll, so that tilting a picture changes the roll alone.
    """
    yaw = np.degrees(np.arctan2(rotation[2, 0], rotation[2, 2]))
    pitch = np.degrees(np.arcsin(np.clip(rotation[2, 1], -1, 1)))
    roll = np.degrees(np.arctan2(-rotation[0, 1], rotation[1, 1]))
    return HeadPose(yaw_deg=float(yaw), pitch_deg=float(pitch), roll_deg=float(roll))


@lru_cache(maxsize=1)
def mean_landmarks() -> NDArray[np.float64]:
    """68 points `(68, 3)` of the mean head in mm, from CC0 MakeHuman data; camera axes, origin at the sellion."""
    with (files("pipeline.faces") / "canonical_head.npz").open("rb") as file, np.load(file) as data:
        return np.asarray(data["landmarks"], dtype=np.float64)
