from collections.abc import Callable
from typing import Any

import pytest

from pipeline.core.agreement import overlap
from pipeline.core.records import Image, LabelledBox
from pipeline.faces.detectors import Box
from pipeline.faces.labels import UNKNOWN, FaceLabel, label_faces

MakeImage = Callable[..., Image]


def labelled(left: float, top: float, right: float, bottom: float, **fields: Any) -> LabelledBox:
    return LabelledBox(left=left, top=top, right=right, bottom=bottom, original_label="mask", **fields)


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ((0, 0, 10, 10), 1.0),
        ((5, 0, 15, 10), 1 / 3),
        ((10, 0, 20, 10), 0.0),
        ((50, 50, 60, 60), 0.0),
        ((5, 5, 5, 5), 0.0),
    ],
)
def test_overlap(other: tuple[float, float, float, float], expected: float) -> None:
    assert overlap(Box(0, 0, 10, 10, 1), Box(*other, 1)) == pytest.approx(expected)


def test_an_image_label_speaks_of_the_main_face_only(make_image: MakeImage) -> None:
    image = make_image(mask_type="cloth", wear="correct", masked="yes")
    labels, missed = label_faces(image, [Box(0, 0, 50, 50, 1), Box(60, 0, 80, 20, 1)])
    assert labels == [FaceLabel(mask_type="cloth", wear="correct", valve="unknown", masked="yes"), None]
    assert missed == []


def test_boxes_go_to_the_faces_they_overlap_most(make_image: MakeImage) -> None:
    boxes = (labelled(0, 0, 40, 40, mask_type="surgical"), labelled(100, 0, 140, 40, mask_type="none", wear="none"))
    labels, missed = label_faces(make_image(boxes=boxes), [Box(102, 2, 138, 42, 1), Box(2, 2, 44, 44, 1)])
    assert [label and label["mask_type"] for label in labels] == ["none", "surgical"]
    assert missed == []


def test_a_box_without_a_face_and_a_face_without_a_box_are_told(make_image: MakeImage) -> None:
    box = labelled(200, 200, 240, 240, mask_type="surgical")
    labels, missed = label_faces(make_image(boxes=(box,)), [Box(0, 0, 40, 40, 1)])
    assert (labels, missed) == ([None], [box])


def test_one_box_labels_one_face(make_image: MakeImage) -> None:
    image = make_image(boxes=(labelled(0, 0, 40, 40, mask_type="cloth"),))
    labels, _ = label_faces(image, [Box(0, 0, 40, 40, 1), Box(4, 4, 44, 44, 1)])
    assert [label and label["mask_type"] for label in labels] == ["cloth", None]


def test_in_a_photo_that_labels_nobody_all_are_unknown(make_image: MakeImage) -> None:
    labels, _ = label_faces(make_image(), [Box(0, 0, 50, 50, 1), Box(60, 0, 80, 20, 1)])
    assert labels == [UNKNOWN, UNKNOWN]
