import pytest

from pipeline.core.records import Masked, MaskType, Valve, Wear
from pipeline.training.labels import (
    CORRECTNESS_HEAD,
    MASK_TYPE_HEAD,
    PRESENCE_HEAD,
    TYPE_OR_OTHER_HEAD,
    UNKNOWN_LABEL,
    VALVE_HEAD,
    WEAR_HEAD,
    FaceLabels,
    Head,
    heads_of,
    label_of,
)


@pytest.mark.parametrize(
    ("head", "mask_type", "wear", "expected"),
    [
        (MASK_TYPE_HEAD, "ffp2", "unknown", 3),
        (MASK_TYPE_HEAD, "unknown", "correct", UNKNOWN_LABEL),
        (WEAR_HEAD, "unknown", "chin_exposed", 3),
        (WEAR_HEAD, "cloth", "unknown", UNKNOWN_LABEL),
        (PRESENCE_HEAD, "none", "unknown", 0),
        (PRESENCE_HEAD, "cloth", "unknown", 1),
        (PRESENCE_HEAD, "unknown", "nose_exposed", 1),
        (PRESENCE_HEAD, "unknown", "none", 0),
        (PRESENCE_HEAD, "unknown", "unknown", UNKNOWN_LABEL),
        (PRESENCE_HEAD, "unknown", "incorrect", 1),
        (WEAR_HEAD, "unknown", "incorrect", UNKNOWN_LABEL),
        (CORRECTNESS_HEAD, "unknown", "incorrect", 2),
        (CORRECTNESS_HEAD, "cloth", "chin_exposed", 2),
        (CORRECTNESS_HEAD, "cloth", "correct", 1),
        (CORRECTNESS_HEAD, "none", "none", 0),
        (CORRECTNESS_HEAD, "cloth", "unknown", UNKNOWN_LABEL),
    ],
)
def test_label_of(head: Head, mask_type: MaskType, wear: Wear, expected: int) -> None:
    assert label_of(head, FaceLabels(mask_type, wear)) == expected


@pytest.mark.parametrize(("masked", "expected"), [("yes", 1), ("no", 0), ("unknown", UNKNOWN_LABEL)])
def test_masked_alone_counts_for_presence_and_for_nothing_else(masked: Masked, expected: int) -> None:
    assert label_of(PRESENCE_HEAD, FaceLabels(masked=masked)) == expected
    others = (MASK_TYPE_HEAD, WEAR_HEAD, CORRECTNESS_HEAD)
    assert {label_of(head, FaceLabels(masked=masked)) for head in others} == {UNKNOWN_LABEL}


def test_type_and_wear_are_two_heads_led_by_the_type() -> None:
    assert [head.name for head in heads_of("type_and_wear")] == ["mask_type", "wear"]


def test_a_covered_face_is_of_no_type_but_where_there_is_a_class_for_it() -> None:
    covered = FaceLabels("none", "none", covered=True)
    assert label_of(TYPE_OR_OTHER_HEAD, covered) == TYPE_OR_OTHER_HEAD.classes.index("other")
    assert label_of(MASK_TYPE_HEAD, covered) == UNKNOWN_LABEL
    assert label_of(WEAR_HEAD, covered) == label_of(PRESENCE_HEAD, covered) == 0


@pytest.mark.parametrize(
    ("mask_type", "valve", "expected"),
    [("ffp2", "yes", 1), ("ffp2", "no", 0), ("unknown", "yes", 1), ("cloth", "unknown", UNKNOWN_LABEL)],
)
def test_valves_are_of_masks_alone(mask_type: MaskType, valve: Valve, expected: int) -> None:
    assert label_of(VALVE_HEAD, FaceLabels(mask_type, valve=valve)) == expected
    assert label_of(VALVE_HEAD, FaceLabels("none", valve=valve)) == UNKNOWN_LABEL


def test_all_are_three_heads_led_by_the_type() -> None:
    assert [head.name for head in heads_of("all")] == ["mask_type", "wear", "valve"]
