import numpy as np
import pytest

from pipeline.core.errors import SampleRejected
from pipeline.faces.detectors import Box
from pipeline.faces.plausibility import check_confirmed, check_inside, check_landmarks, check_steady, is_sure
from pipeline.faces.pose import five_of, mean_landmarks

FACE = (mean_landmarks()[:, :2] + 100).astype(np.float32)
FIVE = five_of(FACE)
DOWN, ASIDE = (np.array(way, dtype=np.float32) for way in ((0, 60), (60, 0)))


def box(score: float, five: np.ndarray = FIVE) -> Box:
    return Box(0, 0, 200, 200, score, None, tuple(five.ravel().tolist()))


def turned(points: np.ndarray, degrees: float) -> np.ndarray:
    angle, centre = np.radians(degrees), points.mean(axis=0)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return np.asarray((points - centre) @ turn + centre, dtype=np.float32)


@pytest.mark.parametrize(("moved", "inside"), [(0, True), (-3, True), (-8, False)])
@pytest.mark.parametrize("axis", [0, 1])
def test_a_face_with_a_feature_beyond_the_edge_is_cut_off(axis: int, moved: float, inside: bool) -> None:
    """Of a box of 200 px four count as on the edge, on all four sides."""
    five = FIVE - FIVE.min(axis=0)
    height, width = (int(np.ceil(side)) for side in five.max(axis=0)[::-1])
    shift = np.zeros(2)
    shift[axis] = moved
    for found in (five + shift, five - shift):
        if inside:
            check_inside(box(0.9, found), height, width)
        else:
            with pytest.raises(SampleRejected, match="face_cut_off"):
                check_inside(box(0.9, found), height, width)
    check_inside(Box(-50, -50, 20, 20, 0.9), height, width)  # another detector gives no points


def test_landmarks_on_the_detectors_points_pass() -> None:
    check_landmarks(FACE, FIVE)
    check_landmarks(turned(FACE, 130), five_of(turned(FACE, 130)))


@pytest.mark.parametrize("wrong", [FACE + DOWN, FACE + ASIDE, turned(FACE, 90), turned(FACE, 180)])
def test_landmarks_elsewhere_are_implausible(wrong: np.ndarray) -> None:
    with pytest.raises(SampleRejected, match="implausible_landmarks"):
        check_landmarks(wrong, FIVE)


def test_landmarks_that_wander_are_implausible() -> None:
    check_steady(FACE, [FACE + 2, FACE - 2])
    with pytest.raises(SampleRejected, match="implausible_landmarks: they move by"):
        check_steady(FACE, [FACE + 60, FACE - 60])


def test_a_weak_face_has_to_be_confirmed() -> None:
    check_confirmed(0.9, 0.0, 0.6)
    check_confirmed(0.62, 0.7, 0.6)
    check_confirmed(0.4, 0.4, 0.3)
    with pytest.raises(SampleRejected, match=r"doubtful_face: score 0\.61, 0\.20 when looked at closely"):
        check_confirmed(0.61, 0.2, 0.6)


def test_sure_is_only_what_scores_stands_and_agrees() -> None:
    assert is_sure(box(0.95), FACE)
    assert not is_sure(box(0.85), FACE)
    assert not is_sure(box(0.95), FACE + ASIDE)
    assert not is_sure(box(0.95, five_of(turned(FACE, 30))), turned(FACE, 30))
    assert not is_sure(Box(0, 0, 200, 200, 0.95), FACE)
