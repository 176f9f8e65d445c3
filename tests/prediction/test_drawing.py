import numpy as np
import pytest

from pipeline.faces.detectors import Box
from pipeline.prediction.answers import Answer, FacePrediction
from pipeline.prediction.drawing import draw_predictions

GREY = np.full((200, 400, 3), 128, dtype=np.uint8)


def face(left: float, top: float, *, label: str = "ffp2", unsure: bool = False) -> FacePrediction:
    answers = {"mask_type": Answer(label, 0.93, {}, unsure), "wear": Answer("nose_mouth_exposed", 0.88, {})}
    return FacePrediction(Box(left, top, left + 40, top + 50, 0.9), answers)


def label_columns(drawn: np.ndarray, box: Box) -> np.ndarray:
    """The columns that differ from the photo outside of the box's own."""
    changed = (drawn != GREY).any(axis=2)
    changed[round(box.top) : round(box.bottom) + 1] = False
    return np.flatnonzero(changed.any(axis=0))


@pytest.mark.parametrize(("left", "top"), [(10, 100), (355, 100), (390, 100), (-20, 100), (355, 2), (100, 145)])
def test_the_whole_label_lies_in_the_photo(left: float, top: float) -> None:
    free = label_columns(draw_predictions(GREY, [face(10, 100)]), face(10, 100).box)
    here = label_columns(draw_predictions(GREY, [face(left, top)]), face(left, top).box)
    assert np.ptp(here) == np.ptp(free)


def test_a_label_wider_than_the_photo_is_written_smaller() -> None:
    narrow = np.full((200, 240, 3), 128, dtype=np.uint8)
    drawn = draw_predictions(narrow, [face(100, 100)], ["person 12"])
    changed = (drawn != narrow).any(axis=2)[:98].any(axis=0)
    assert changed.sum() <= 240
    assert not changed[-1] or not changed[0] or changed.sum() > 200


def test_colours_tell_bare_masked_and_unsure_and_the_photo_is_left_alone() -> None:
    before = GREY.copy()
    drawn = {
        str(draw_predictions(GREY, [one])[120, 100])
        for one in (face(100, 100), face(100, 100, label="none"), face(100, 100, unsure=True))
    }
    assert len(drawn) == 3
    assert (before == GREY).all()


def test_no_face_draws_nothing() -> None:
    assert (draw_predictions(GREY, []) == GREY).all()
