"""A source that says two things of one image or face: neither is believed."""

import pytest

from pipeline.core.records import LabelledBox
from pipeline.sources.contradictions import boxes_at_odds_with_each_other, image_against_boxes
from pipeline.sources.labels import NO_MASK, Label

MASKED, CLOTH, SURGICAL, SILENT = Label(masked="yes"), Label(mask_type="cloth"), Label(mask_type="surgical"), Label()


def box(left: float, label: Label) -> LabelledBox:
    return LabelledBox(left=left, top=0, right=left + 40, bottom=50, original_label="x", **label.model_dump())


@pytest.mark.parametrize(
    ("first", "second", "apart", "odd"),
    [
        (NO_MASK, MASKED, 0.2, {3, 5}),
        (NO_MASK, MASKED, 10, {3, 5}),
        (CLOTH, SURGICAL, 10, {3, 5}),
        (NO_MASK, MASKED, 25, set()),
        (NO_MASK, MASKED, 100, set()),
        (MASKED, SURGICAL, 0.2, set()),
        (NO_MASK, SILENT, 0.2, set()),
        (Label(wear="incorrect"), Label(wear="nose_exposed"), 0.2, set()),
    ],
)
def test_boxes_of_one_face_that_differ(first: Label, second: Label, apart: float, odd: set[int]) -> None:
    boxes = {3: box(10, first), 4: box(400, CLOTH), 5: box(10 + apart, second)}
    assert boxes_at_odds_with_each_other(boxes).keys() == odd
    assert boxes_at_odds_with_each_other(dict(reversed(boxes.items()))).keys() == odd


@pytest.mark.parametrize(
    ("label", "boxes", "denied"),
    [
        (NO_MASK, [MASKED], True),
        (NO_MASK, [NO_MASK, SURGICAL], True),
        (MASKED, [NO_MASK], True),
        (MASKED, [NO_MASK, MASKED], False),
        (MASKED, [NO_MASK, SILENT], False),
        (CLOTH, [SURGICAL, SURGICAL], True),
        (CLOTH, [MASKED], False),
        (SILENT, [NO_MASK, CLOTH], False),
        (CLOTH, [], False),
    ],
)
def test_an_image_is_denied_by_its_boxes(label: Label, boxes: list[Label], denied: bool) -> None:
    placed = {number: box(100 * number, said) for number, said in enumerate(boxes)}
    assert bool(image_against_boxes(label, placed)) is denied
