"""MediaPipe's mesh in onnxruntime, and the 68 points that are made of it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from generators.sample.truth import read_truth
from pipeline.core.arrays import Points, Rgb
from pipeline.core.params import FacesParams
from pipeline.faces.detectors import Box, make_detector, square_of
from pipeline.faces.face_mesh import SIDE_PX, FaceMesh, MeshLandmarks, ibug_points
from pipeline.faces.finding import FaceFinder
from pipeline.faces.landmarks import LandmarkPredictor, interocular_px, make_landmarker
from pipeline.faces.models import FACE_MESH_FILE
from pipeline.storage.images import read_image

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
OUTLINE = slice(0, 17)


@pytest.fixture(scope="module")
def view(portrait: Rgb) -> Rgb:
    """The portrait's face as the network wants it."""
    return np.ascontiguousarray(portrait[20 : 20 + SIDE_PX, 30 : 30 + SIDE_PX])


def test_points_lie_as_near_to_the_true_ones_as_dlibs() -> None:
    """On every fourth rendered portrait, far off ones included."""
    truth, detector = read_truth(SAMPLES / "truth.npz"), make_detector("yunet")
    models: dict[str, LandmarkPredictor | MeshLandmarks] = {"dlib": LandmarkPredictor(), "mesh": MeshLandmarks()}
    errors: dict[str, list[float]] = {kind: [] for kind in models}
    for name, points in list(zip(truth.picture, truth.landmarks_px, strict=True))[::4]:
        rgb = read_image(SAMPLES / "faces" / str(name)).rgb
        box = detector.detect(rgb)[0]
        for kind, model in models.items():
            found = model.predict(rgb, box)
            errors[kind].append(float(np.linalg.norm(found - points, axis=1).mean()) / interocular_px(points))
    assert np.median(errors["mesh"]) < 0.038
    assert np.percentile(errors["mesh"], 95) < np.percentile(errors["dlib"], 95)


def test_a_mirrored_view_has_the_mirrored_mesh(view: Rgb) -> None:
    """Coordinates are those of pixels' centres; half a pixel off would be 1 % of the eye distance."""
    mesh = FaceMesh()
    seen, mirrored = (ibug_points(mesh.vertices(picture)) for picture in (view, np.ascontiguousarray(view[:, ::-1])))
    middle = [8, 27, 28, 29, 30, 33, 51, 57, 62, 66]
    assert np.abs(seen[middle, 0] + mirrored[middle, 0] - (SIDE_PX - 1)).mean() < 1.5


def test_the_same_photo_gives_the_same_points_to_the_bit(portrait: Rgb) -> None:
    box = make_detector("yunet").detect(portrait)[0]
    first, second = (MeshLandmarks().predict(portrait, box) for _ in range(2))
    assert first.dtype == np.float32
    assert np.array_equal(first, second)


def test_a_box_without_five_points_is_dlibs_square(portrait: Rgb) -> None:
    """As the detectors of dlib give it."""
    box = make_detector("yunet").detect(portrait)[0]
    assert box.dlib_square
    x, y, side = box.dlib_square
    plain = Box(x - side / 2, y - side / 2, x + side / 2, y + side / 2, 1.0)
    points, expected = (MeshLandmarks().predict(portrait, one) for one in (plain, box))
    assert np.abs(points - expected).max() < 0.05 * interocular_px(expected)


def test_a_face_that_leans_is_seen_upright(portrait: Rgb) -> None:
    """The box's five points say by how much."""
    leaning = np.ascontiguousarray(np.rot90(portrait))
    upright, box = make_detector("yunet").detect(portrait)[0], MeshLandmarks()
    assert upright.five
    width = portrait.shape[1]

    def turned(xy: Points) -> Points:
        return np.stack([xy[:, 1], width - 1 - xy[:, 0]], axis=1)

    five = turned(np.reshape(np.array(upright.five, np.float32), (5, 2)))
    x, y, side = upright.dlib_square or (0.0, 0.0, 0.0)
    square = (y, width - 1 - x, side)
    there = Box(0, 0, 1, 1, 1.0, square, tuple(five.ravel().tolist()))
    expected = box.predict(portrait, upright)
    assert np.abs(turned(expected) - box.predict(leaning, there)).max() < 0.06 * interocular_px(expected)


def test_eyes_near_each_other_dont_make_the_head_small(portrait: Rgb) -> None:
    """As a turned head's are: in a view as narrow as its square the mesh would shrink and the chin rise."""
    box = make_detector("yunet").detect(portrait)[0]
    five = np.reshape(np.array(box.five), (5, 2))
    near = five.copy()
    near[:2] = five[:2].mean(axis=0) + (five[:2] - five[:2].mean(axis=0)) * 0.2
    turned = replace(box, dlib_square=square_of(near), five=tuple(near.ravel().tolist()))
    expected, points = (MeshLandmarks().predict(portrait, one) for one in (box, turned))
    narrow = MeshLandmarks().predict(portrait, replace(turned, five=None))
    eyes = interocular_px(expected)
    assert np.abs(points - expected).max() < 0.08 * eyes
    assert np.abs(narrow - expected).max() > np.abs(points - expected).max()


@pytest.mark.parametrize("size", [(1, 1), (8, 400)])
def test_a_scrap_of_a_photo_gives_points_all_the_same(size: tuple[int, int]) -> None:
    points = MeshLandmarks().predict(np.zeros((*size, 3), np.uint8), Box(0, 0, 0, 0, 0.0))
    assert points.shape == (68, 2)
    assert np.isfinite(points).all()


def test_what_the_head_hides_of_the_jaw_lies_on_its_outline() -> None:
    """Where a vertex before it stands out further, the point moves out to it and keeps its height."""
    flat = np.zeros((468, 2), np.float32)
    flat[[127, 356], 1], flat[[58, 288], 1] = 0, 100
    before = ibug_points(flat)
    out = flat.copy()
    out[[192, 416], 0] = (-30, 30)
    moved = ibug_points(out) - before
    assert moved[3].tolist() == [-30, 0]
    assert moved[13].tolist() == [30, 0]
    assert np.abs(np.delete(moved, (3, 13), axis=0)).max() == 0


def test_a_face_says_which_model_gave_its_points(portrait: Rgb) -> None:
    for model in ("dlib", "mesh"):
        (face,) = FaceFinder(FacesParams(landmarks=model)).find(portrait)
        assert face.landmarks_by == model
        assert isinstance(make_landmarker(model), MeshLandmarks) == (model == "mesh")


def test_the_file_says_whose_it_is_and_what_was_changed() -> None:
    said = onnxruntime.InferenceSession(FACE_MESH_FILE).get_modelmeta().custom_metadata_map
    assert said.keys() == {"source", "license", "paper", "changes"}
    assert said["license"].startswith("Apache-2.0")
