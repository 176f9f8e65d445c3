"""The card of a folder of augment-masks, and what it says of the columns."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.augment.dataset_card import Made, dataset_card, is_ours
from pipeline.augment.features import Kind, features_of
from pipeline.augment.request import FolderRequest

ROW = {"file_name": "images/cloth/a.jpg", "mask_type": "cloth", "wear": "correct", "parent_sha256": "0"}


def told_of(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    table = Kind()
    for row in rows:
        table.take(row)
    return features_of(table)


def card(**asked: object) -> str:
    return dataset_card(Made(FolderRequest(**asked), [ROW], {"no_face": 1}))  # type: ignore[arg-type]


def test_front_matter_is_what_the_hub_reads() -> None:
    front = yaml.safe_load(card(licence="CC BY 4.0").split("---\n")[1])
    assert (front["license"], front["size_categories"]) == ("cc-by-4.0", ["n<1K"])
    assert front["dataset_info"]["features"][0] == {"name": "image", "dtype": "image"}


@pytest.mark.parametrize("words", ["a: b\n---\n# x", "<script>alert(1)</script>", "| a | `b` -->"])
def test_strangers_words_stay_words(words: str) -> None:
    text = card(licence=words, author=words)
    front = yaml.safe_load(text.split("---\n")[1])
    assert (front["license"], front["tags"]) == ("other", ["face-mask", "synthetic"])
    assert "<script>" not in text.split("## How it was made")[0]
    assert is_ours(text)


def test_a_card_that_somebody_edited_is_not_ours() -> None:
    assert is_ours(card())
    assert not is_ours(card().replace("Limits", "My limits"))
    assert not is_ours("# mine\n")


def test_the_command_says_what_was_asked_for_and_no_place_of_this_machine() -> None:
    text = card(faces="all", share=0.5, templates=(Path("/home/ann/prints"),), mark_synthetic=False)
    assert "augment-masks FACES OUT --faces all --share 0.5 --templates prints --no-mark" in text


def test_columns_are_named_by_all_rows() -> None:
    rows: list[dict[str, Any]] = [
        {"a": None, "b": [[1.0, 2]], "c": {"d": None}},
        {"a": 3, "b": [], "c": {"d": "x", "e": True}},
    ]
    assert told_of(rows) == [
        {"name": "a", "dtype": "int64"},
        {"name": "b", "list": {"list": "float64"}},
        {"name": "c", "struct": [{"name": "d", "dtype": "string"}, {"name": "e", "dtype": "bool"}]},
    ]


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ([[1.5, 2.0], [3, None]], {"list": {"list": "float64"}}),
        ([[], [], ["a"]], {"list": {"list": "string"}}),
        ([[], []], {"list": {"list": "null"}}),
        ([1, 2.5, None], {"list": "float64"}),
        ([[[1]], [[2.5]]], {"list": {"list": {"list": "float64"}}}),
        ([{"x": 1}, {"x": 2.5}], {"list": [{"name": "x", "dtype": "float64"}]}),
    ],
)
def test_a_rare_kind_among_many_values_counts(values: list[Any], told: dict[str, Any]) -> None:
    many = values[:1] * 50 + values + values[:1] * 50
    assert told_of([{"a": many}]) == [{"name": "a"} | told]


@pytest.mark.parametrize("values", [[1, "a"], [[1.0], ["a"]], [[1.0], 2.0], [True, 1], [{"x": 1}, [1]]])
def test_values_of_several_kinds_are_refused_wherever_they_stand(values: list[Any]) -> None:
    with pytest.raises(ValueError, match="several kinds"):
        told_of([{"a": values[:1] * 50 + values}])
    with pytest.raises(ValueError, match="several kinds"):
        told_of([{"a": values[:1]}, {"a": values[1:]}])
