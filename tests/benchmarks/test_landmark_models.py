from pathlib import Path

import numpy as np
import pytest

from benchmarks.landmark_models import YAWS, Head, error_of, line, yaw_class
from generators.sample.portrait import Portrait
from generators.sample.scene import draw_scene
from generators.sample.truth import read_truth

SAMPLES = Path(__file__).resolve().parents[2] / "samples"


@pytest.fixture(scope="module")
def head() -> Head:
    """The first of the sample, without its pixels."""
    truth, empty = read_truth(SAMPLES / "truth.npz"), np.zeros((4, 4), bool)
    rgb = np.zeros((4, 4, 3), np.uint8)
    points, space = truth.landmarks_px[0].astype(np.float64), truth.landmarks_mm[0].astype(np.float64)
    return Head(
        "a", draw_scene(np.random.default_rng(0)), rgb, Portrait(rgb, empty, empty, space, points, truth.visible[0])
    )


def test_errors_are_shares_of_the_eye_distance_and_hidden_jaw_points_count_for_nothing(head: Head) -> None:
    moved = head.points.copy()
    moved[17:, 0] += head.eyes_px / 10
    hidden = [place for place in range(17) if not head.truth.visible[place]]
    moved[hidden] += 1000
    error = error_of(head, moved, "dlib")
    assert error.inner == pytest.approx(0.1, abs=1e-4)
    assert error.jaw == pytest.approx(0, abs=1e-4)


def test_every_yaw_has_its_class() -> None:
    assert [yaw_class(yaw) for yaw in (0, -19.9, 20, -50, 64, 75, -80)] == [0, 0, 1, 3, 4, 5, 5]
    assert len(YAWS) == 6


def test_a_class_without_a_head_says_so() -> None:
    assert line([]) == "no head"
