from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from generators.sample.truth import read_truth
from pipeline.core.arrays import Rgb
from pipeline.core.errors import MaskwrightError, SampleRejected
from pipeline.core.params import FacesParams
from pipeline.faces.detectors import DetectorName, YuNetDetector, make_detector, shrink
from pipeline.faces.finding import FaceFinder
from pipeline.faces.landmarks import LandmarkPredictor, interocular_px
from pipeline.faces.models import packaged_file
from pipeline.storage.images import read_image

SAMPLES = Path(__file__).resolve().parents[2] / "samples"

DETECTORS: tuple[DetectorName, ...] = get_args(DetectorName)


@pytest.mark.parametrize("name", DETECTORS)
def test_every_detector_finds_the_face(portrait: Rgb, name: DetectorName) -> None:
    boxes = make_detector(name).detect(portrait)
    assert len(boxes) == 1
    box = boxes[0]
    assert 60 < (box.left + box.right) / 2 < 180
    assert 60 < (box.top + box.bottom) / 2 < 180
    assert 60 < box.height < 180


def test_boxes_are_in_the_pixels_of_the_large_photo(portrait: Rgb) -> None:
    large = np.asarray(np.kron(portrait, np.ones((4, 4, 1), dtype=np.uint8)))
    small_box, large_box = (YuNetDetector().detect(image)[0] for image in (portrait, large))
    assert large_box.left == pytest.approx(4 * small_box.left, abs=12)
    assert large_box.height == pytest.approx(4 * small_box.height, rel=0.1)


def test_landmarks_on_yunets_boxes_are_as_good_as_on_dlibs_own() -> None:
    """Against the true points of every rendered portrait, far off ones included."""
    truth, predictor, detector = read_truth(SAMPLES / "truth.npz"), LandmarkPredictor(), make_detector("yunet")
    errors = []
    for name, points in zip(truth.picture, truth.landmarks_px, strict=True):
        rgb = read_image(SAMPLES / "faces" / str(name)).rgb
        found = predictor.predict(rgb, detector.detect(rgb)[0])
        errors.append(np.linalg.norm(found - points, axis=1).mean() / interocular_px(points))
    assert np.median(errors) < 0.04
    assert np.percentile(errors, 95) < 0.07


def test_shrink_keeps_small_images_and_the_factor_leads_back() -> None:
    image = np.zeros((100, 400, 3), dtype=np.uint8)
    assert shrink(image, 400)[1] == 1.0
    small, factor = shrink(image, 160)
    assert (small.shape, factor) == ((40, 160, 3), 2.5)
    assert shrink(np.zeros((1, 5000, 3), dtype=np.uint8), 320)[0].shape == (1, 320, 3)


def test_finder_orders_faces_by_size(portrait: Rgb) -> None:
    canvas = np.full((320, 420, 3), 200, dtype=np.uint8)
    canvas[10:160, 280:408] = portrait[::2, ::2]
    canvas[10:310, 5:261] = portrait
    faces = FaceFinder(FacesParams()).find(canvas)
    assert [face.index for face in faces] == [0, 1]
    assert faces[0].box.width > 1.5 * faces[1].box.width
    assert faces[0].landmarks.shape == (68, 2)
    assert abs(faces[0].pose.yaw_deg) < 25


def test_a_photo_without_a_face_is_rejected() -> None:
    with pytest.raises(SampleRejected, match="no_face: yunet finds none"):
        FaceFinder(FacesParams()).find(np.full((200, 200, 3), 128, dtype=np.uint8))


def test_a_photo_of_small_faces_is_rejected(portrait: Rgb) -> None:
    with pytest.raises(SampleRejected, match="face_too_small: the largest face is"):
        FaceFinder(FacesParams(min_face_px=250)).find(portrait)


@pytest.mark.parametrize(
    ("package", "pattern"), [("no_such_package", "*"), ("face_recognition_models", "*.no_such_file")]
)
def test_a_missing_model_says_what_to_install(package: str, pattern: str) -> None:
    with pytest.raises(MaskwrightError, match=f"pip install {package}"):
        packaged_file(package, pattern)
