import numpy as np
import pytest

from pipeline.augment.contact_sheet import TILE_PX, Pair, contact_sheet, spread, tile
from pipeline.core import shrinking
from pipeline.faces.detectors import Box


@pytest.mark.parametrize(("count", "limit"), [(0, 4), (3, 4), (4, 4), (5, 4), (1000, 24)])
def test_places_are_distinct_in_order_and_in_range(count: int, limit: int) -> None:
    for shift in (0.0, 0.34, 0.67):
        places = spread(count, limit, shift)
        assert places == sorted(set(places))
        assert len(places) == min(count, limit)
        assert all(0 <= place < count for place in places)


def pair(before: int, after: int) -> Pair:
    first, second = (np.full((TILE_PX, TILE_PX, 3), value, dtype=np.uint8) for value in (before, after))
    return Pair(first, second, "cloth_plain, correct")


def test_before_stands_left_of_after() -> None:
    sheet = contact_sheet([pair(40, 90)])
    assert sheet[88, 88].tolist() == [40, 40, 40]
    assert sheet[88, 248].tolist() == [90, 90, 90]
    assert sheet[170:185, 8:160].min() < 120, "the caption"


def test_five_pairs_make_two_rows_and_none_an_empty_sheet() -> None:
    one, five, none = (contact_sheet([pair(40, 90)] * count) for count in (1, 5, 0))
    assert five.shape[0] > 1.9 * one.shape[0] - 20
    assert five.shape[1] == one.shape[1]
    assert none.min() == 255


def test_a_tile_shows_the_head_and_grey_beyond_the_photo() -> None:
    photo = np.full((100, 120, 3), 40, dtype=np.uint8)
    inside, corner = tile(photo, Box(40, 30, 80, 70, 1)), tile(photo, Box(0, 0, 40, 40, 1))
    assert inside.shape == corner.shape == (TILE_PX, TILE_PX, 3)
    assert np.unique(inside).tolist() == [40]
    assert corner[4, 4].tolist() == [225, 225, 225]
    assert corner[120, 120].tolist() == [40, 40, 40]


@pytest.mark.parametrize("box", [Box(40, 30, 80, 70, 1), Box(0, 0, 40, 90, 1), Box(-9, 50, 130, 119, 1)])
def test_a_large_tile_is_made_a_colour_at_a_time_and_looks_the_same(monkeypatch: pytest.MonkeyPatch, box: Box) -> None:
    photo = np.random.default_rng(0).integers(0, 256, (100, 120, 3), dtype=np.uint8)
    whole = tile(photo, box)
    monkeypatch.setattr(shrinking, "_LARGE_PX", 1)
    assert np.array_equal(tile(photo, box), whole)
