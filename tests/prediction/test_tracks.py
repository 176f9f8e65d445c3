import numpy as np
import pytest

from pipeline.faces.detectors import Box
from pipeline.prediction.tracks import Tracker

FPS = 30.0


def box(left: float, top: float = 0.0, side: float = 50.0) -> Box:
    return Box(left, top, left + side, top + side, 0.9)


def said(share: float) -> dict[str, np.ndarray]:
    return {"mask_type": np.array([share, 1 - share], dtype=np.float32)}


def follow(tracker: Tracker, frame: int, *boxes: Box, share: float = 0.5) -> list[int]:
    return [track.number for track in tracker.follow(frame, boxes, [said(share)] * len(boxes), 5)]


def test_faces_keep_their_numbers_whatever_their_order() -> None:
    tracker = Tracker(FPS)
    assert follow(tracker, 0, box(0), box(200)) == [1, 2]
    assert follow(tracker, 5, box(205), box(5), box(500)) == [2, 1, 3]
    assert follow(tracker, 10, box(505), box(10)) == [3, 1]


def test_a_face_that_moves_on_is_expected_where_it_goes() -> None:
    """It soon goes by nearly its width from look to look, and hardly overlaps where it was seen."""
    tracker = Tracker(FPS)
    for look, left in enumerate((0, 20, 55, 95, 140, 185)):
        assert follow(tracker, 5 * look, box(left)) == [1]


def test_a_face_that_is_missed_for_a_moment_is_the_same_one_and_after_a_second_another() -> None:
    tracker = Tracker(FPS)
    follow(tracker, 0, box(0))
    assert follow(tracker, 10) == []
    assert follow(tracker, 25, box(2)) == [1]
    assert follow(tracker, 25 + 31, box(2)) == [2]


def test_looks_that_are_far_apart_still_make_tracks() -> None:
    tracker = Tracker(FPS)
    first = tracker.follow(0, [box(0)], [said(0.5)], 90)
    assert tracker.follow(90, [box(3)], [said(0.5)], 90)[0] is first[0]


def test_one_wrong_look_changes_no_answer_and_a_lasting_change_does() -> None:
    tracker = Tracker(FPS)
    shares = [0.9] * 10 + [0.1] + [0.9] * 5
    for look, share in enumerate(shares):
        follow(tracker, 5 * look, box(0), share=share)
        assert tracker.tracks[0].now()["mask_type"][0] > 0.6
    assert tracker.tracks[0].whole()["mask_type"][0] == pytest.approx(np.mean(shares), abs=1e-6)
    for look in range(16, 22):
        follow(tracker, 5 * look, box(0), share=0.1)
    assert tracker.tracks[0].now()["mask_type"][0] < 0.4
    assert tracker.tracks[0].now()["mask_type"].sum() == pytest.approx(1)
