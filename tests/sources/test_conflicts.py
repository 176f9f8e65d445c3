from collections.abc import Callable

from pipeline.core.records import Image, LabelledBox
from pipeline.sources.conflicts import find_conflicts

MakeImage = Callable[..., Image]
BARE = {"mask_type": "none", "wear": "none", "masked": "no"}


def box(left: float, **said: str) -> LabelledBox:
    return LabelledBox(left=left, top=0, right=left + 40, bottom=40, original_label="b", **said)  # type: ignore[arg-type]


def found(*images: Image) -> list[tuple[str, str, str, str | None]]:
    return [(row.source, row.field, row.value, row.box) for row in find_conflicts(images)]


def test_a_mask_of_unknown_type_is_at_odds_with_none(make_image: MakeImage) -> None:
    one, other = make_image(source="a", masked="yes"), make_image(source="b", **BARE)
    assert found(one, other) == [("a", "masked", "yes", None), ("b", "masked", "no", None)]
    assert found(one, make_image(source="b", mask_type="cloth", masked="yes")) == []


def test_worn_wrongly_is_at_odds_with_worn_correctly_only(make_image: MakeImage) -> None:
    wrong = make_image(source="a", wear="incorrect", masked="yes")
    assert found(wrong, make_image(source="b", wear="chin_exposed", masked="yes")) == []
    assert [field for _, field, *_ in found(wrong, make_image(source="b", wear="correct", masked="yes"))] == [
        "wear"
    ] * 2


def test_boxes_of_one_face_are_compared_and_those_of_others_are_not(make_image: MakeImage) -> None:
    one = make_image(source="a", boxes=(box(0, mask_type="cloth", masked="yes"), box(100, **BARE)))
    other = make_image(source="b", boxes=(box(103, **BARE), box(2, mask_type="surgical", masked="yes")))
    assert found(one, other) == [("a", "mask_type", "cloth", "0 0 40 40"), ("b", "mask_type", "surgical", "2 0 42 40")]
    assert found(one, make_image(source="b", sha256="c" * 64, boxes=other.boxes)) == []
