"""Head pose: which way a face looks, by fitting a mean head to its landmarks."""

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.core.arrays import Points
from pipeline.core.errors import ShapeError
from pipeline.faces.landmarks import CHIN, EYES, JAW, MOUTH, NOSE_TIP

_FOCAL_EYE_DISTANCES = 10.0
"""Focal length in outer-eye-corner distances: a face seen from about a metre, as portraits are."""

_CORNERS_OVER_CENTRES = 1.45
"""The distance of the outer eye corners over that of the eyes' centres."""

_TURNED_DEG = 10.0

_LIES_ON_ITS_SIDE = np.pi / 4

_EYE_CORNERS_MM = 90.0
"""The mean head's outer eye corners lie about this far apart."""


@dataclass(frozen=True, slots=True)
class HeadPose:
    """Angles in degrees: yaw > 0 turns to the viewer's right, pitch > 0 looks down, roll > 0 tilts clockwise."""

    yaw_deg: float
    pitch_deg: float
    roll_deg: float


def estimate_pose(landmarks: Points, *, far_jaw: bool = True) -> HeadPose:
    """The pose of a face with 68 landmarks `(68, 2)` in pixels, relative to the line of sight.

    Without `far_jaw` the half of the jaw that a head turned by more than _TURNED_DEG hides counts for nothing: marked
    where the outline is seen, it says that the head is turned less. dlib moves the near half too, and needs both.

    OpenCV's iterative Perspective-n-Point over a mean head, the principal point at the face: a crop of a photo gives
    the same angles as the photo, whose own camera is not known. On the sample's 132 rendered faces yaw, pitch and roll
    are off by 3.3, 5.2 and 1.0 degrees in the mean; without the jaw, the brows or the mouth it is no better.

    Raises:
        ShapeError: not 68 points.
    """
    check_landmarks(landmarks)
    if far_jaw:
        return _pose_by(landmarks, slice(None))
    yaw = _pose_by(landmarks, slice(JAW.stop, None)).yaw_deg
    if abs(yaw) < _TURNED_DEG:
        return _pose_by(landmarks, slice(None))
    near = range(CHIN + 1) if yaw > 0 else range(CHIN, JAW.stop)
    return _pose_by(landmarks, [*near, *range(JAW.stop, 68)])


def _pose_by(landmarks: Points, used: slice | list[int]) -> HeadPose:
    """The pose that those of the 68 landmarks say."""
    focal = _FOCAL_EYE_DISTANCES * max(1.0, float(np.linalg.norm(landmarks[45] - landmarks[36])))
    down = landmarks[MOUTH].mean(axis=0) - landmarks[EYES].mean(axis=0)
    rotation_vector, _, _ = _placed(mean_landmarks()[used], landmarks[used], focal, down)
    return pose_of(cv2.Rodrigues(rotation_vector)[0])


def landmarks_from_five(five: NDArray[np.floating]) -> Points:
    """The 68 landmarks `float32 (68, 2)` of a mean head with eyes, nose tip and mouth corners at `five` `(5, 2)`."""
    down = five[3:].mean(axis=0) - five[:2].mean(axis=0)
    size = max(1.0, float(np.linalg.norm(five[1] - five[0])), float(np.linalg.norm(down)))
    focal = _FOCAL_EYE_DISTANCES * _CORNERS_OVER_CENTRES * size
    rotation_vector, shift, camera = _placed(five_of(mean_landmarks()), five, focal, down)
    points, _ = cv2.projectPoints(mean_landmarks(), rotation_vector, shift, camera, None)
    return np.asarray(points.reshape(68, 2), dtype=np.float32)


def five_of(landmarks: NDArray[np.floating]) -> NDArray[np.float64]:
    """Eyes, nose tip and mouth corners `(5, D)` of 68 landmarks `(68, D)`."""
    eyes = landmarks[36:42].mean(axis=0), landmarks[42:48].mean(axis=0)
    return np.array([*eyes, landmarks[NOSE_TIP], landmarks[48], landmarks[54]], dtype=np.float64)


def _placed(
    head: NDArray[np.float64], points: NDArray[np.floating], focal: float, down: NDArray[np.floating]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Rotation vector, shift and camera `(3, 3)` that bring the head's points `(K, 3)` nearest to `points` `(K, 2)`.

    `down` leads from the eyes to the mouth.
    """
    centre = points.mean(axis=0)
    camera = np.array([[focal, 0, centre[0]], [0, focal, centre[1]], [0, 0, 1]], dtype=np.float64)
    start = np.array([0.0, 0.0, _FOCAL_EYE_DISTANCES * _EYE_CORNERS_MM])
    turn = np.array([0.0, 0.0, _start_roll(down)])
    _, rotation_vector, shift = cv2.solvePnP(
        head, points.astype(np.float64), camera, None, turn, start, useExtrinsicGuess=True
    )
    return np.asarray(rotation_vector), np.asarray(shift), camera


def _start_roll(down: NDArray[np.floating]) -> float:
    """Where the search begins, in radians: upright, unless the face lies on its side; from there it would get lost."""
    roll = float(np.arctan2(-down[0], down[1]))
    return roll if abs(roll) > _LIES_ON_ITS_SIDE else 0.0


def check_landmarks(landmarks: Points) -> None:
    """Refuse what are not 68 points in the plane.

    Raises:
        ShapeError: another shape than `(68, 2)`, or something that is no number.
    """
    if landmarks.shape != (68, 2):
        raise ShapeError(f"landmarks must have the shape (68, 2), not {landmarks.shape}")
    if not np.isfinite(landmarks).all():
        raise ShapeError("landmarks must be numbers; some are NaN or infinite")


def pose_of(rotation: NDArray[np.floating]) -> HeadPose:
    """Angles of a rotation `(3, 3)` from the head's to the camera's axes (x right, y down, z away).

    They are applied as yaw, then pitch, then roll, so that tilting a picture changes the roll alone.
    """
    (_, right, _), (_, down, _), (x, y, z) = rotation.astype(np.float64).tolist()
    yaw = np.degrees(np.arctan2(x, z))
    pitch = np.degrees(np.arcsin(min(max(y, -1.0), 1.0)))
    roll = np.degrees(np.arctan2(-right, down))
    return HeadPose(yaw_deg=float(yaw), pitch_deg=float(pitch), roll_deg=float(roll))


@lru_cache(maxsize=1)
def mean_landmarks() -> NDArray[np.float64]:
    """68 points `(68, 3)` of the mean head in mm, from CC0 MakeHuman data; camera axes, origin at the sellion."""
    with (files("pipeline.faces") / "canonical_head.npz").open("rb") as file, np.load(file) as data:
        return np.asarray(data["landmarks"], dtype=np.float64)
