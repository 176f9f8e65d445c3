import numpy as np
import pytest

from pipeline.core.records import Assignment
from pipeline.evaluation.attributes import FaceGeometry, attributes_of, skin_tone_bin, typology_angle_deg
from pipeline.evaluation.slices import lagging, slice_scores

ROW = Assignment(
    sample_id="a",
    image_id="i",
    group="g",
    side="test",
    mask_type="cloth",
    wear="correct",
    valve="no",
    source="sample",
    synthetic=True,
    template="cloth_knitted",
    crop_path="a.jpg",
)


def flat(colour: tuple[int, int, int]) -> np.ndarray:
    return np.full((112, 112, 3), colour, dtype=np.uint8)


@pytest.mark.parametrize(
    ("geometry", "yaw", "size"),
    [
        (FaceGeometry(-40.0, 90.0), "30-45 deg", "64-128 px"),
        (FaceGeometry(3.0, 20.0), "below 15 deg", "below 64 px"),
        (FaceGeometry(46.0, 400.0), "45 and more deg", "256 and more px"),
        (FaceGeometry(), "unknown", "unknown"),
    ],
)
def test_bins(geometry: FaceGeometry, yaw: str, size: str) -> None:
    found = attributes_of(ROW, flat((120, 120, 120)), geometry, {"cloth_knitted"})
    assert (found["yaw"], found["face_size"]) == (yaw, size)
    assert (found["template_seen"], found["brightness"], found["sharpness"]) == (
        "seen in training",
        "110-150",
        "below 50",
    )


def test_a_template_that_training_had_not_is_held_out() -> None:
    assert attributes_of(ROW, flat((9, 9, 9)), FaceGeometry(), set())["template_seen"] == "held out"


def test_the_typology_angle_orders_skin_from_light_to_dark() -> None:
    angles = [typology_angle_deg(flat(c)) for c in ((245, 225, 210), (224, 190, 165), (170, 125, 95), (80, 52, 40))]
    assert angles == sorted(angles, reverse=True)
    assert skin_tone_bin(flat((245, 225, 210))) == "very light"
    assert skin_tone_bin(flat((60, 35, 25))) == "dark"


def test_slices_count_every_sample_and_lagging_ones_are_found() -> None:
    labels = np.zeros(60, dtype=np.int64)
    predicted = np.array([0] * 40 + [1] * 20)
    attributes = [{"light": "dim" if k >= 40 else "bright", "odd": str(k % 2)} for k in range(60)]
    scores = slice_scores(labels, predicted, attributes)
    assert sum(score.count for score in scores) == 120
    assert [(s.attribute, s.value, s.accuracy) for s in lagging(scores, 40 / 60)] == [("light", "dim", 0.0)]


def test_a_few_samples_are_no_slice_that_lags() -> None:
    scores = slice_scores(np.zeros(3, dtype=np.int64), np.ones(3, dtype=np.int64), [{"a": "x"}] * 3)
    assert lagging(scores, 0.9) == []


def test_no_samples_have_no_slices() -> None:
    assert slice_scores(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), []) == []
