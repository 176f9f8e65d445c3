"""The canonical head keeps its frame, symmetry and winding, and solves the pose of rendered faces."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from generators.canonical_head import radius_field
from generators.sample.landmarks import MIRROR_TWIN
from generators.sample.truth import read_truth

ROOT = Path(__file__).resolve().parents[2]
MIRROR = np.array([-1.0, 1.0, 1.0])


@pytest.fixture(scope="module")
def head() -> dict[str, NDArray[Any]]:
    with np.load(ROOT / "pipeline" / "faces" / "canonical_head.npz") as arrays:
        return {name: arrays[name] for name in arrays.files}


@pytest.fixture(scope="module")
def anchors(head: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    return dict(zip(head["anchor_names"].tolist(), head["anchor_points"], strict=True))


def test_the_sellion_is_the_origin_and_the_nose_points_at_the_viewer(head: dict[str, NDArray[Any]]) -> None:
    landmarks = head["landmarks"]
    np.testing.assert_allclose(landmarks[27], 0, atol=1e-4)
    assert landmarks[:, 2].argmin() == 30
    assert landmarks[8, 1] > landmarks[57, 1] > landmarks[33, 1] > landmarks[27, 1]
    assert landmarks[0, 0] < 0 < landmarks[16, 0]
    pupils = [landmarks[start : start + 6, 0].mean() for start in (36, 42)]
    assert pupils[1] - pupils[0] == pytest.approx(63, abs=1.5)


def test_left_mirrors_right(head: dict[str, NDArray[Any]], anchors: dict[str, NDArray[Any]]) -> None:
    landmarks = head["landmarks"]
    np.testing.assert_allclose(landmarks[MIRROR_TWIN] * MIRROR, landmarks, atol=1e-4)
    ours = {tuple(point) for point in np.rint(head["vertices"].astype(float) * 100).astype(int).tolist()}
    assert len(ours ^ {(-x, y, z) for x, y, z in ours}) < 20
    for name, point in anchors.items():
        if name.endswith("_left"):
            np.testing.assert_allclose(point * MIRROR, anchors[name.replace("_left", "_right")], atol=1e-3)
            assert point[0] < 0


def test_anchors_lie_where_their_names_say(anchors: dict[str, NDArray[Any]]) -> None:
    height = {name: float(point[1]) for name, point in anchors.items()}
    assert height["ear_top_left"] < height["tragus_left"] < height["ear_bottom_left"] < height["jaw_angle_left"]
    assert height["nose_tip"] < height["subnasale"] < height["chin_tip"] < height["menton"] < height["throat"]
    assert height["crown_back_upper"] < height["ear_top_left"] < height["crown_back_lower"] < height["nape"]
    assert anchors["ear_back_left"][2] > anchors["tragus_left"][2]


def test_triangles_wind_outwards(head: dict[str, NDArray[Any]]) -> None:
    vertices, faces = head["vertices"].astype(float), head["faces"]
    assert faces.max() == len(vertices) - 1
    corners = vertices[faces]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    skull = corners[:, :, 1].max(axis=1) < -25
    outward = corners.mean(axis=1) - [0.0, 10.0, 90.0]
    assert ((normals * outward).sum(axis=1)[skull] > 0).all()


def test_solving_the_pose_of_rendered_faces_finds_it(head: dict[str, NDArray[Any]]) -> None:
    truth = read_truth(ROOT / "samples" / "truth.npz")
    gaps = []
    for points, camera, pose in zip(truth.landmarks_px, truth.camera, truth.pose_deg, strict=True):
        model, pixels = head["landmarks"].astype(float), points.astype(float)
        _, turn, shift = cv2.solvePnP(model, pixels, camera, None, flags=cv2.SOLVEPNP_SQPNP)
        _, turn, _ = cv2.solvePnP(model, pixels, camera, None, turn, shift, useExtrinsicGuess=True)
        forward = cv2.Rodrigues(turn)[0] @ np.array([0.0, 0.0, -1.0])
        gaps.append(np.degrees(np.arctan2(forward[0], -forward[2])) - pose[0])
    assert np.median(np.abs(gaps)) < 2.5
    assert np.abs(np.mean(gaps)) < 1.0


def test_the_field_of_radii_is_that_of_the_skin(head: dict[str, NDArray[Any]]) -> None:
    field = radius_field(head["vertices"], head["faces"])
    np.testing.assert_allclose(head["radius"], field, atol=1e-3)
    np.testing.assert_allclose(field, field[:, ::-1], atol=1.5)
