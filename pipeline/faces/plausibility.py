"""Whether what was found is a face, and whether its 68 landmarks lie where the detector sees eyes, nose and mouth."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.core.arrays import Points
from pipeline.core.errors import SampleRejected
from pipeline.faces.closer_look import SURE_SCORE
from pipeline.faces.detectors import Box
from pipeline.faces.pose import five_of
from pipeline.faces.turning import roll_deg

SURE_DISTANCE, SURE_ROLL_DEG = 0.25, 20.0
_NEARLY_SURE_SCORE, _NEARLY_SURE_DISTANCE = 0.9, 0.13
"""An upright face with landmarks nearer to the five points and less roll needs no closer look; one that scores a little
less needs none where they are nearer still. Of 803 turned faces one passes, of 1,015 upright ones 91 %."""

CLEAR_SCORE = 0.85
"""A face with this score is one, whatever the closer look shows."""

_WEAK_SCORE, _MAX_WOBBLE = 0.7, 0.15
"""Below this mean of both scores landmarks have to stay where they are when their square is moved: on hands and clothes
they wander by 0.17 of the face's size in the median, on bare faces by 0.03, on masks by 0.11."""

_BEYOND_EDGE = 0.02
_MAX_DISTANCE = 0.45
_MAX_TURN_DEG = 40.0


def distance(landmarks: Points, five: NDArray[np.floating]) -> float:
    """Mean distance of five detected points `(5, 2)` from the landmarks', over the face's size."""
    return float(np.linalg.norm(five_of(landmarks) - five, axis=1).mean()) / size_of(five)


def size_of(five: NDArray[np.floating]) -> float:
    """The mean of the distance of the eyes and the way from the eyes to the mouth."""
    across = np.linalg.norm(five[0] - five[1])
    down = np.linalg.norm(five[:2].mean(axis=0) - five[3:].mean(axis=0))
    return max((float(across) + float(down)) / 2, 1e-6)


def is_sure(box: Box, landmarks: Points) -> bool:
    """Whether a face is beyond doubt without a closer look."""
    if box.five is None or box.score < _NEARLY_SURE_SCORE:
        return False
    five = np.reshape(box.five, (5, 2))
    allowed = SURE_DISTANCE if box.score >= SURE_SCORE else _NEARLY_SURE_DISTANCE
    return abs(roll_deg(five)) <= SURE_ROLL_DEG and distance(landmarks, five) <= allowed


def stands_clear(box: Box) -> bool:
    """Whether the detector alone is sure of a face that stands upright."""
    return box.five is not None and box.score >= SURE_SCORE and _is_level(box.five)


def _is_level(five: Sequence[float]) -> bool:
    return abs(roll_deg(np.reshape(five, (5, 2)))) <= SURE_ROLL_DEG


def is_weak(score: float, closer_score: float) -> bool:
    """Whether a face is so doubtful that its landmarks have to prove it."""
    return score < CLEAR_SCORE and (score + closer_score) / 2 < _WEAK_SCORE


def check_confirmed(score: float, closer_score: float, least: float) -> None:
    """Pass if the closer look confirms what was found weakly: both scores are at least `least` in the mean.

    Raises:
        SampleRejected: `doubtful_face`.
    """
    if score < CLEAR_SCORE and (score + closer_score) / 2 < least:
        raise SampleRejected("doubtful_face", f"score {score:.2f}, {closer_score:.2f} when looked at closely")


def check_inside(box: Box, height: int, width: int) -> None:
    """Pass if the detector's five points lie in the photo, as far as it gives any.

    Landmarks of a face that the photo's edge cuts through are pressed into what is left of it. YuNet sees an eye or a
    corner of the mouth beyond the edge there.

    Raises:
        SampleRejected: `face_cut_off`.
    """
    if box.five is None:
        return
    five = np.reshape(box.five, (5, 2))
    beyond = max(-five.min(), (five - (width, height)).max())
    if beyond > _BEYOND_EDGE * box.longer_side:
        raise SampleRejected("face_cut_off", "an eye or a corner of the mouth lies outside the picture")


def check_landmarks(landmarks: Points, five: NDArray[np.floating]) -> None:
    """Pass if the 68 landmarks agree with the five points of a closer look.

    Raises:
        SampleRejected: `implausible_landmarks`.
    """
    apart = distance(landmarks, five)
    turn = (roll_deg(five_of(landmarks)) - roll_deg(five) + 180) % 360 - 180
    if apart > _MAX_DISTANCE or abs(turn) > _MAX_TURN_DEG:
        detail = f"they lie {apart:.2f} of the face's size from the detector's own points and {turn:.0f} degrees turned"
        raise SampleRejected("implausible_landmarks", detail)


def check_steady(landmarks: Points, shaken: Sequence[Points]) -> None:
    """Pass if the landmarks lie near those that were predicted from squares moved a little.

    Raises:
        SampleRejected: `implausible_landmarks`.
    """
    all_of_them = np.stack([landmarks, *shaken])
    apart = float(np.linalg.norm(all_of_them - all_of_them.mean(axis=0), axis=2).mean())
    wobble = apart / size_of(five_of(landmarks))
    if wobble > _MAX_WOBBLE:
        detail = f"they move by {wobble:.2f} of the face's size when they are predicted again"
        raise SampleRejected("implausible_landmarks", detail)
