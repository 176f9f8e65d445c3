import base64
from dataclasses import replace

import numpy as np
import pytest

from pipeline.review.browse import columns as packing
from pipeline.review.browse.columns import Columns, PackedFacet
from pipeline.review.browse.records import Facets, Key, Record, Scores, pose_of, quality_of, size_of_face

RECORD = Record(key=Key("a"), name="a", facets=Facets(kind="face"), row={})


def packed(*facets: Facets, scores: tuple[Scores, ...] = ()) -> Columns:
    columns = Columns()
    for place, one in enumerate(facets):
        columns.add(replace(RECORD, facets=one, scores=scores[place] if scores else Scores()))
        columns.add_unread("")
    return columns


def texts(facet: PackedFacet) -> list[str]:
    codes = np.frombuffer(base64.b64decode(facet.codes), dtype="<u2")
    return [facet.values[code] for code in codes]


def test_every_picture_keeps_its_values() -> None:
    given = [Facets(kind="masked", source=source) for source in ("b", "a", "b", "", "c", "b")]
    facet = next(one for one in packed(*given).facets() if one.name == "source")
    assert texts(facet) == ["b", "a", "b", "", "c", "b"]
    assert facet.values == ("b", "a", "c", "")  # the most frequent first, what isn't known last


def test_values_with_an_order_of_their_own_have_it() -> None:
    given = [Facets(kind="face", side=side, mask_type=kind) for side, kind in [("test", "odd"), ("train", "none")]]
    found = {one.name: one.values for one in packed(*given, given[0]).facets()}
    assert found["side"] == ("train", "test")
    assert found["mask_type"] == ("none", "odd")
    assert found["kind"] == ("face in a photo",)


def test_facets_and_scores_that_nothing_has_are_left_out() -> None:
    columns = packed(Facets(kind="face"), scores=(Scores(yaw_deg=1.5),))
    assert [one.name for one in columns.facets()] == ["kind"]
    assert [one.name for one in columns.scores()] == ["yaw_deg"]


def test_a_score_that_a_picture_lacks_is_no_number() -> None:
    columns = packed(Facets(kind="face"), Facets(kind="face"), scores=(Scores(), Scores(brightness=7.25)))
    numbers = np.frombuffer(base64.b64decode(columns.scores()[0].numbers), dtype="<f4")
    assert np.isnan(numbers[0])
    assert numbers[1] == 7.25


def test_more_values_than_codes_are_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "_MOST_VALUES", 3)
    facet = next(
        one for one in packed(*(Facets(kind="face", source=f"s{k}") for k in range(9))).facets() if one.name == "source"
    )
    assert texts(facet) == ["s0", "s1", "s2", *["others, too many to list"] * 6]


@pytest.mark.parametrize(
    ("yaw", "pose"),
    [
        (-45.1, "left, 45° and more"),
        (-15, "frontal, within 15°"),
        (15, "right, 15° to 45°"),
        (None, ""),
        (float("nan"), ""),
    ],
)
def test_poses(yaw: float | None, pose: str) -> None:
    assert pose_of(yaw) == pose


def test_sizes_and_qualities() -> None:
    assert [size_of_face(px) for px in (31.9, 32, 256, None)] == ["below 32 px", "32 to 64 px", "256 px and more", ""]
    assert [quality_of(value) for value in (0, 50, 1e9)] == [
        "blurred, below 50",
        "soft, 50 to 200",
        "very sharp, 800 and more",
    ]
