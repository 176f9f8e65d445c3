from itertools import product
from typing import get_args

import pytest

from pipeline.core.records import Masked, MaskType, Valve, Wear
from pipeline.exchange.classes import Classes, ClassList
from pipeline.exchange.records import BoxedFace, Of


def wearing(mask_type: MaskType, wear: Wear = "unknown", valve: Valve = "unknown", masked: Masked = "yes") -> BoxedFace:
    return BoxedFace(box=(0, 0, 1, 1), mask_type=mask_type, wear=wear, valve=valve, masked=masked)


TYPES: tuple[MaskType, ...] = ("cloth", "surgical", "ffp2", "unknown")
BARE = wearing("none", "none", masked="no")


@pytest.mark.parametrize(
    ("by", "face", "name"),
    [
        ("type", wearing("ffp2", "nose_exposed", "yes"), "ffp2"),
        ("type+wear", wearing("ffp2", "nose_exposed", "yes"), "ffp2_nose_exposed"),
        ("type+wear+valve", wearing("ffp2", "nose_exposed", "yes"), "ffp2_nose_exposed_valve"),
        ("type+wear+valve", wearing("cloth", "correct", "no"), "cloth_correct_no_valve"),
        ("type+wear+valve", wearing("cloth"), "cloth"),
        ("worn", wearing("cloth"), "mask"),
        ("one", wearing("cloth"), "face"),
        ("type", wearing("unknown"), "mask"),
        ("type+wear", wearing("unknown", "incorrect"), "mask_incorrect"),
        ("type", wearing("unknown", masked="unknown"), "face"),
        ("worn", wearing("unknown", masked="unknown"), "face"),
        ("type", wearing("unknown", "correct", masked="unknown"), "mask"),
        ("type", BARE, "no_mask"),
        ("type", wearing("unknown", masked="no"), "no_mask"),
        ("type+wear+valve", wearing("none", "none", "no", masked="no"), "no_mask"),
        ("one", BARE, "face"),
    ],
)
def test_a_face_has_the_class_that_its_labels_make(by: Classes, face: BoxedFace, name: str) -> None:
    classes = ClassList(by, "faces")
    assert classes.names[classes.number(face)] == name


@pytest.mark.parametrize("by", get_args(Classes))
@pytest.mark.parametrize("of", get_args(Of))
def test_every_face_has_a_class_and_no_class_stands_twice(by: Classes, of: Of) -> None:
    classes = ClassList(by, of)
    assert len(set(classes.names)) == len(classes.names)
    for mask, wear, valve in product(TYPES, get_args(Wear), get_args(Valve)):
        if wear != "none":
            classes.number(wearing(mask, wear, valve))


def test_all_labels_in_the_class_tell_all_labels_apart() -> None:
    classes = ClassList("type+wear+valve", "faces")
    ways: list[Wear] = [way for way in get_args(Wear) if way != "none"]
    valves: tuple[Valve, ...] = get_args(Valve)
    faces = [wearing(mask, wear, valve) for mask in TYPES for wear, valve in product(ways, valves)]
    assert len({classes.number(face) for face in faces}) == len(faces)


def test_the_usual_classes_are_listed_even_where_they_do_not_occur() -> None:
    assert ClassList("type", "faces").listed(-1) == ("no_mask", "cloth", "surgical", "ffp2")
    assert ClassList("type", "masks").listed(-1) == ("cloth", "surgical", "ffp2")
    assert ClassList("worn", "faces").listed(0) == ("no_mask", "mask")
    assert ClassList("one", "masks").listed(-1) == ("mask",)
    assert len(ClassList("type+wear", "faces").listed(-1)) == 13


def test_an_unusual_class_keeps_its_number() -> None:
    classes = ClassList("type", "faces")
    number = classes.number(wearing("unknown", masked="unknown"))
    assert classes.listed(number) == ("no_mask", "cloth", "surgical", "ffp2", "mask", "face")
