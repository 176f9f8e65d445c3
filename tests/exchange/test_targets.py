from pathlib import Path

import pytest

from pipeline.exchange.classes import ClassList
from pipeline.exchange.records import BoxedFace, Corners, Picture
from pipeline.exchange.targets import Targets, area_of, targets_of

MASK = BoxedFace(
    box=(10, 10, 50, 60), mask_type="cloth", wear="correct", masked="yes", mask_box=(12, 30, 48, 60),
    polygon=(12, 30, 48, 30, 48, 60, 12, 60),
)  # fmt: skip
BARE = BoxedFace(box=(60, 10, 90, 50), mask_type="none", wear="none", masked="no")
REAL = BoxedFace(box=(60, 10, 90, 50), mask_type="surgical", masked="yes")
UNKNOWN = BoxedFace(box=(60, 10, 90, 50))


def taken(*faces: BoxedFace, of: str = "faces", complete: bool = True) -> Targets:
    picture = Picture(id="p", file=Path("p.jpg"), width_px=100, height_px=80, faces=faces, complete=complete)
    return targets_of(picture, ClassList("type", "masks" if of == "masks" else "faces"))


@pytest.mark.parametrize(
    ("box", "inside", "truncated"),
    [
        ((1.23456, 2, 30, 40), (1.235, 2, 30, 40), False),
        ((-5, -5, 30, 40), (0, 0, 30, 40), True),
        ((50, 50, 200, 90.5), (50, 50, 100, 80), True),
        ((0, 0, 100, 80), (0, 0, 100, 80), False),
    ],
)
def test_a_box_is_what_lies_inside(box: Corners, inside: Corners, truncated: bool) -> None:
    (target,) = taken(BoxedFace(box=box)).objects
    assert (target.box, target.truncated) == (inside, truncated)


@pytest.mark.parametrize(
    "box", [(100, 10, 120, 40), (-9, 0, -1, 9), (30, 30, 20, 40), (10, 10, 10, 40), (5, 5, 5.0001, 9)]
)
def test_a_box_of_which_nothing_is_left_is_told(box: Corners) -> None:
    found = taken(BARE, BoxedFace(box=box))
    assert len(found.objects) == 1
    assert [(one.id, one.reason) for one in found.unusable] == [("p#object1", "bad_box")]


def test_faces_and_masks_are_boxed() -> None:
    assert [one.box for one in taken(MASK, BARE).objects] == [(10, 10, 50, 60), (60, 10, 90, 50)]
    (mask,) = taken(MASK, BARE, of="masks").objects
    assert (mask.box, mask.sides, area_of(mask)) == ((12, 30, 48, 60), (12, 30, 36, 30), 36 * 30)


def test_a_mask_whose_outline_nobody_knows_is_missed() -> None:
    assert taken(MASK, BARE, of="masks").complete
    assert not taken(MASK, REAL, of="masks").complete
    assert not taken(MASK, UNKNOWN, of="masks").complete
    assert taken(MASK, REAL).complete
    assert not taken(MASK, complete=False).complete


def test_an_outline_stays_inside() -> None:
    wide = BoxedFace(box=(0, 0, 9, 9), polygon=(-3, 5, 150, 5, 50, 99))
    assert taken(wide).objects[0].polygon == (0, 5, 100, 5, 50, 80)
    assert taken(BoxedFace(box=(0, 0, 9, 9), polygon=(1, 1, 2, 2))).objects[0].polygon == ()
