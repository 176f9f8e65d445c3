import pytest

from pipeline.core.records import MaskType, Wear
from pipeline.training.labels import MASK_TYPE_HEAD, PRESENCE_HEAD, UNKNOWN_LABEL, WEAR_HEAD, Head, heads_of, label_of


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
    ],
)
def test_label_of(head: Head, mask_type: MaskType, wear: Wear, expected: int) -> None:
    assert label_of(head, mask_type, wear) == expected


def test_type_and_wear_are_two_heads_led_by_the_type() -> None:
    assert [head.name for head in heads_of("type_and_wear")] == ["mask_type", "wear"]
