from pathlib import Path

import cv2
import numpy as np
import pytest

from generators.sample.truth import read_truth
from pipeline.core.errors import ShapeError
from pipeline.core.params import FacesParams
from pipeline.faces.finding import FaceFinder
from pipeline.faces.pose import estimate_pose, five_of, landmarks_from_five, mean_landmarks, pose_of
from pipeline.storage.images import read_image

SAMPLES = Path(__file__).parent.parent.parent / "samples"


def rotation(yaw_deg: float, pitch_deg: float, roll_deg: float) -> np.ndarray:
    """Yaw first, then pitch, then roll; axes x right, y down, z away."""
    yaw = cv2.Rodrigues(np.radians([0.0, -yaw_deg, 0.0]))[0]
    pitch = cv2.Rodrigues(np.radians([pitch_deg, 0.0, 0.0]))[0]
    roll = cv2.Rodrigues(np.radians([0.0, 0.0, roll_deg]))[0]
    return np.asarray(roll @ pitch @ yaw)


def projected(yaw_deg: float, pitch_deg: float, roll_deg: float) -> np.ndarray:
    points = mean_landmarks() @ rotation(yaw_deg, pitch_deg, roll_deg).T + [0, 0, 900]
    return np.asarray(points[:, :2] / points[:, 2:] * 1200 + [150, 140], dtype=np.float32)


POSES = [(0, 0, 0), (30, 0, 0), (-30, 0, 0), (0, 20, 0), (0, -20, 0), (0, 0, 25), (25, -10, -15), (-40, 12, 8)]


@pytest.mark.parametrize("angles", POSES)
def test_finds_the_angles_that_made_the_picture(angles: tuple[float, float, float]) -> None:
    pose = estimate_pose(projected(*angles))
    assert (pose.yaw_deg, pose.pitch_deg, pose.roll_deg) == pytest.approx(angles, abs=3)


@pytest.mark.parametrize("roll_deg", [60, 90, 150, -120, -90])
@pytest.mark.parametrize("yaw_deg", [0, 25])
def test_heads_that_lie_keep_their_yaw(roll_deg: float, yaw_deg: float) -> None:
    pose = estimate_pose(projected(yaw_deg, 0, roll_deg))
    assert (pose.yaw_deg, pose.pitch_deg, pose.roll_deg) == pytest.approx((yaw_deg, 0, roll_deg), abs=3)


@pytest.mark.parametrize("angles", [*POSES, (0, 0, 90), (30, 0, -120)])
def test_five_points_tell_where_the_others_are(angles: tuple[float, float, float]) -> None:
    points = projected(*angles)
    found = landmarks_from_five(five_of(points))
    assert np.linalg.norm(found - points, axis=1).mean() < 0.05 * np.linalg.norm(points[36] - points[45])


def test_signs_are_those_of_the_picture() -> None:
    """A face turned to the viewer's right has its nose tip there; one that looks down has it lower."""
    frontal, turned, nodding, tilted = (projected(*a) for a in [(0, 0, 0), (30, 0, 0), (0, 20, 0), (0, 0, 20)])

    def nose(points: np.ndarray) -> np.ndarray:
        return np.asarray(points[30] - points[[36, 45]].mean(axis=0))

    assert nose(turned)[0] > nose(frontal)[0] + 5
    assert nose(nodding)[1] > nose(frontal)[1] + 5
    assert tilted[8][0] < tilted[27][0] - 5, "clockwise: the chin swings to the left"


def test_a_mirrored_face_looks_the_other_way() -> None:
    pose = estimate_pose(projected(20, 5, 10))
    twin = projected(-20, 5, -10)
    mirrored = estimate_pose(twin)
    assert (mirrored.yaw_deg, mirrored.roll_deg) == pytest.approx((-pose.yaw_deg, -pose.roll_deg), abs=0.5)


def test_a_crop_and_a_resize_change_nothing() -> None:
    points = projected(20, 5, 10)
    before, after = estimate_pose(points), estimate_pose(points * 3 - [200, 100])
    assert (after.yaw_deg, after.pitch_deg, after.roll_deg) == pytest.approx(
        (before.yaw_deg, before.pitch_deg, before.roll_deg), abs=0.1
    )


def test_tilting_the_picture_changes_the_roll_alone() -> None:
    level, tilted = (estimate_pose(projected(30, 10, roll)) for roll in (0, 30))
    assert (tilted.yaw_deg, tilted.pitch_deg) == pytest.approx((level.yaw_deg, level.pitch_deg), abs=0.5)
    assert tilted.roll_deg == pytest.approx(level.roll_deg + 30, abs=0.5)


def test_pose_of_the_identity_looks_at_the_viewer() -> None:
    pose = pose_of(np.eye(3))
    assert (pose.yaw_deg, pose.pitch_deg, pose.roll_deg) == (0, 0, 0)


def test_other_landmark_schemes_are_refused() -> None:
    with pytest.raises(ShapeError, match=r"\(68, 2\)"):
        estimate_pose(np.zeros((5, 2), dtype=np.float32))


def test_rendered_faces_look_where_the_renderer_turned_them() -> None:
    truth = read_truth(SAMPLES / "truth.npz")
    finder = FaceFinder(FacesParams())
    errors = []
    for row in range(0, len(truth.picture), 4):
        pose = finder.find(read_image(SAMPLES / "faces" / str(truth.picture[row])).rgb)[0].pose
        errors.append(np.array([pose.yaw_deg, pose.pitch_deg, pose.roll_deg]) - truth.pose_deg[row])
    yaw, pitch, roll = np.abs(errors).mean(axis=0)
    assert (yaw < 5, pitch < 7.5, roll < 1.6) == (True, True, True), (yaw, pitch, roll)


@pytest.mark.parametrize("yaw_deg", [-55, -30, 5, 30, 55])
def test_the_hidden_half_of_the_jaw_may_lie_on_the_outline(yaw_deg: float) -> None:
    """Where it is left out it says nothing of the yaw; taken for the bone itself it makes a head look less turned."""
    points = projected(yaw_deg, 0, 0)
    far = slice(9, 17) if yaw_deg > 0 else slice(0, 8)
    outermost = points[17:, 0].max() if yaw_deg > 0 else points[17:, 0].min()
    seen = points.copy()
    seen[far, 0] = (np.maximum if yaw_deg > 0 else np.minimum)(seen[far, 0], outermost)
    assert estimate_pose(seen, far_jaw=False).yaw_deg == pytest.approx(yaw_deg, abs=2.5)
