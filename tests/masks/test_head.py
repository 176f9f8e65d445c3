import numpy as np
import pytest

from pipeline.errors import ShapeError
from pipeline.masks.head import canonical_head, fit_head, from_cylinder, sample_field, to_cylinder

HEAD = canonical_head()


@pytest.mark.parametrize(
    ("yaw", "pitch", "roll"), [(0, 0, 0), (30, 0, 0), (-45, 0, 0), (0, 20, 0), (0, -20, 0), (0, 0, 150), (25, 10, -40)]
)
def test_the_pose_of_the_canonical_head_is_found_again(posed_landmarks, yaw, pitch, roll):
    pose = fit_head(posed_landmarks(yaw, pitch, roll), HEAD).pose

    assert (pose.yaw_deg, pose.pitch_deg, pose.roll_deg) == pytest.approx((yaw, pitch, roll), abs=1.5)


def test_projected_landmarks_meet_the_observed_ones(posed_landmarks):
    observed = posed_landmarks(20, 5, 10)
    observed = observed + np.random.default_rng(1).normal(0, 1, observed.shape).astype(np.float32)

    xy, _ = fit_head(observed, HEAD).project(HEAD.landmarks, HEAD)

    assert np.linalg.norm(xy - observed, axis=1).mean() < 1.2


def test_a_narrow_face_is_fitted_narrow(posed_landmarks):
    narrow = posed_landmarks() * np.float32([0.8, 1])

    stretch = fit_head(narrow, HEAD).stretch

    assert stretch[0] / stretch[1] == pytest.approx(0.8, abs=0.05)


def test_other_than_68_points_are_refused():
    with pytest.raises(ShapeError, match=r"\(68, 2\)"):
        fit_head(np.zeros((5, 2), np.float32), HEAD)


def test_cylinder_coordinates_round_trip():
    points = np.random.default_rng(2).uniform(-60, 60, (50, 3))

    assert np.allclose(from_cylinder(*to_cylinder(points)), points)


def test_the_radius_field_reaches_the_nose_tip_and_the_cheeks():
    azimuth, y, radius = to_cylinder(np.stack([HEAD.anchors["nose_tip"], HEAD.anchors["cheek_left"]]))

    assert sample_field(HEAD.radius, azimuth[None], y[None])[0] == pytest.approx(radius, abs=4)
