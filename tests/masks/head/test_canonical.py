import numpy as np
import pytest

from pipeline.core.errors import ShapeError
from pipeline.masks.head.canonical import (
    HeadFit,
    canonical_head,
    fit_head,
    from_cylinder,
    sample_field,
    to_cylinder,
)
from pipeline.masks.head.fitting import picture_axes, seen_landmarks
from tests.masks.conftest import Posed, rotation_matrix

HEAD = canonical_head()


@pytest.mark.parametrize(
    ("yaw", "pitch", "roll"), [(0, 0, 0), (30, 0, 0), (-45, 0, 0), (0, 20, 0), (0, -20, 0), (0, 0, 150), (25, 10, -40)]
)
def test_the_pose_of_the_canonical_head_is_found_again(posed_landmarks: Posed, yaw: int, pitch: int, roll: int) -> None:
    pose = fit_head(posed_landmarks(yaw, pitch, roll), HEAD).pose

    assert (pose.yaw_deg, pose.pitch_deg, pose.roll_deg) == pytest.approx((yaw, pitch, roll), abs=1.5)


def test_projected_landmarks_meet_the_observed_ones(posed_landmarks: Posed) -> None:
    observed = posed_landmarks(20, 5, 10)
    observed = observed + np.random.default_rng(1).normal(0, 1, observed.shape).astype(np.float32)

    xy, _ = fit_head(observed, HEAD).project(HEAD.landmarks, HEAD)

    assert np.linalg.norm(xy - observed, axis=1).mean() < 1.2


def test_a_narrow_face_is_fitted_narrow(posed_landmarks: Posed) -> None:
    narrow = posed_landmarks() * np.array([0.8, 1], np.float32)

    stretch = fit_head(narrow, HEAD).stretch

    assert stretch[0] / stretch[1] == pytest.approx(0.8, abs=0.05)


def test_other_than_68_points_are_refused() -> None:
    with pytest.raises(ShapeError, match=r"\(68, 2\)"):
        fit_head(np.zeros((5, 2), np.float32), HEAD)


def test_cylinder_coordinates_round_trip() -> None:
    points = np.random.default_rng(2).uniform(-60, 60, (50, 3))

    assert np.allclose(from_cylinder(*to_cylinder(points)), points)


def test_the_radius_field_reaches_the_nose_tip_and_the_cheeks() -> None:
    azimuth, y, radius = to_cylinder(np.stack([HEAD.anchors["nose_tip"], HEAD.anchors["cheek_left"]]))

    assert sample_field(HEAD.radius, azimuth[None], y[None])[0] == pytest.approx(radius, abs=4)


def _reach(points: np.ndarray, fit: HeadFit) -> np.ndarray:
    """How far to the viewer's right each canonical point lies, mm."""
    return np.asarray((points * fit.stretch) @ picture_axes(fit.rotation)[0])


@pytest.mark.parametrize("yaw", [25, 40])
def test_hidden_jaw_points_are_looked_for_on_the_outline(posed_landmarks: Posed, yaw: int) -> None:
    fit = fit_head(posed_landmarks(yaw), HEAD)

    seen = seen_landmarks(HEAD.model, fit.rotation)

    skin = HEAD.vertices[np.abs(to_cylinder(HEAD.vertices)[0]) < 85]
    for point, hidden in zip(seen[13:16], HEAD.landmarks[13:16], strict=True):
        level = skin[np.abs(skin[:, 1] - point[1]) < 3]
        assert _reach(level, fit).max() - _reach(point[None], fit)[0] < 2.5
        assert _reach(point[None], fit)[0] > _reach(hidden[None], fit)[0] + 0.3
    assert np.allclose(seen[:8], HEAD.landmarks[:8], atol=1e-4)


def test_the_jaw_of_a_face_seen_from_the_front_stays_where_it_is(posed_landmarks: Posed) -> None:
    seen = seen_landmarks(HEAD.model, fit_head(posed_landmarks(), HEAD).rotation)

    assert np.abs(seen - HEAD.landmarks).max() < 1.5


def test_points_on_the_outline_of_a_turned_head_give_the_head_itself(posed_landmarks: Posed) -> None:
    observed = posed_landmarks(35)
    seen = seen_landmarks(HEAD.model, fit_head(observed, HEAD).rotation)
    moved = (seen - HEAD.landmarks) @ rotation_matrix(35, 0, 0).T
    observed[9:17] += 1.2 * moved[9:17, :2].astype(np.float32)

    fit = fit_head(observed, HEAD)

    xy, _ = fit.project(seen[11:17], HEAD)
    assert np.abs(xy - observed[11:17])[:, 0].max() < 1.5
