"""Label Studio's exports: percent boxes, turned ones, names as the server mangles them, several annotators."""

import json
from pathlib import Path
from typing import Any

import pytest

from generators.docs.made_up import picture, write_tree
from pipeline.core.errors import SourceError
from tests.sources.adapters.test_annotated import turned
from tests.sources.adapters.test_yolo import sides
from tests.sources.kit import Ingest, by_origin, reasons

LABELS = {"no_mask": {"mask_type": "none"}, "with_mask": {"masked": "yes"}, "surgical": {"mask_type": "surgical"}}
BOX = {"x": 25, "y": 25, "width": 50, "height": 50, "rotation": 0}


def region(value: dict[str, Any] | None = None, words: Any = ("with_mask",), **extra: Any) -> dict[str, Any]:
    kind = "rectanglelabels"
    said = {**(BOX if value is None else value), kind: list(words)}
    return {"id": "r1", "type": kind, "original_width": 64, "original_height": 48, "value": said, **extra}


def task(*results: Any, image: str = "a.jpg", **extra: Any) -> dict[str, Any]:
    return {"id": 7, "data": {"image": image}, "annotations": [{"id": 1, "result": list(results), **extra}]}


def folder(root: Path, *tasks: Any, name: str = "a.jpg") -> str:
    files = {name: picture(), "b.jpg": picture(1), "export.json": json.dumps([*tasks, GOOD]).encode()}
    return str(write_tree(root / "ls", files))


GOOD = task(region(), image="b.jpg")
GOOD["id"] = 8


@pytest.mark.parametrize(
    ("image", "name"),
    [
        ("a.jpg", "a.jpg"),
        ("/data/upload/1/abcd1234-a.jpg", "a.jpg"),
        ("/data/upload/1/abcd1234-a.jpg", "abcd1234-a.jpg"),
        ("/data/upload/abcd1234-a.jpg", "images/a.jpg"),
        ("upload/3/abcd1234-mein_Foto_1.JPG", "mein Foto (1).jpg"),
        ("/data/upload/1/abcd1234-%C3%A9_a.jpg", "é a.jpg"),
        ("/data/local-files/?d=masks/set%20one/a.jpg", "set one/a.jpg"),
        ("/data/local-files/?d=masks\\images\\a.jpg", "images/a.jpg"),
        ("s3://bucket/masks/a.jpg", "images/a.jpg"),
        ("https://example.org/x/a.jpg?sign=1&x=/b.jpg", "a.jpg"),
    ],
)
def test_the_image_is_found_by_what_the_server_calls_it(ingest: Ingest, tmp_path: Path, image: str, name: str) -> None:
    taken = ingest(adapter="label-studio", path=folder(tmp_path, task(region(), image=image), name=name), labels=LABELS)
    assert sides(by_origin(taken)[name]) == [(16, 12, 48, 36)]
    assert taken.rejections == ()


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (region({**BOX, "rotation": 90}), (-8 + 0, 12, 16, 44)),
        (region({"x": 50, "y": 0, "width": 50, "height": 50, "rotation": 90}), (8, 0, 32, 32)),
        (region({"points": [[25, 25], [75, 25], [50, 75]]}), (16, 12, 48, 36)),
        (region({"x": 50, "y": 50, "radiusX": 25, "radiusY": 25, "rotation": 0}), (16, 12, 48, 36)),
        (region({"x": 50, "y": 50, "radiusX": 25, "radiusY": 25, "rotation": 90}), (20, 8, 44, 40)),
        (region(original_width=640, original_height=480), (16, 12, 48, 36)),
        (region(original_width=0, original_height=None), (16, 12, 48, 36)),
        (region(image_rotation=0), (16, 12, 48, 36)),
    ],
)
def test_percent_become_pixels(
    ingest: Ingest, tmp_path: Path, result: dict[str, Any], expected: tuple[float, ...]
) -> None:
    taken = ingest(adapter="label-studio", path=folder(tmp_path, task(result)), labels=LABELS)
    left, *rest = expected
    assert sides(by_origin(taken)["a.jpg"]) == [(max(left, 0), *rest)]


@pytest.mark.parametrize(
    "bad",
    [
        region({**BOX, "width": 0}),
        region({**BOX, "height": -5}),
        region({**BOX, "x": None}),
        region({**BOX, "y": "left"}),
        region({**BOX, "x": float("nan")}),
        region(words=()),
        region(words=[""]),
        region(words=[{"a": 1}]),
        region({"points": []}),
        region({"points": [[1, 2, 3]]}),
        region({"points": [[1, 2]]}),
        region(original_width=48, original_height=64),
        region(image_rotation=90),
        region(type="brushlabels"),
        region(type="keypointlabels"),
        region(value={**BOX, "rotation": "much"}),
        "result",
        {"value": []},
    ],
)
def test_a_bad_result_is_one_row_that_names_it(ingest: Ingest, tmp_path: Path, bad: Any) -> None:
    bad = {**bad, "id": "bad"} if isinstance(bad, dict) else bad
    taken = ingest(adapter="label-studio", path=folder(tmp_path, task(region(), bad)), labels=LABELS)
    assert [len(image.boxes) for image in taken.images] == [1, 1]
    (row,) = taken.rejections
    assert row.reason == "damaged_annotation"
    assert row.origin.startswith("export.json#task-7-result-")


_TWO = {"id": 9, "data": {"left": "a.jpg", "right": "b.jpg"}, "annotations": [{"result": [region()]}]}


@pytest.mark.parametrize(
    "bad", [7, {"id": 9}, {"id": 9, "data": {}, "annotations": []}, {"id": 9, "annotator": 1}, _TWO]
)
def test_a_bad_task_is_one_row(ingest: Ingest, tmp_path: Path, bad: Any) -> None:
    taken = ingest(adapter="label-studio", path=folder(tmp_path, bad), labels=LABELS)
    assert list(by_origin(taken)) == ["b.jpg"]
    number = "export.json#task-9" if isinstance(bad, dict) else "export.json#task-at-0"
    assert reasons(taken.rejections) == {"a.jpg": "no_label", number: "damaged_annotation"}


def test_words_of_one_region_stand_together_and_those_of_none_are_the_images(ingest: Ingest, tmp_path: Path) -> None:
    choice = {"id": "r1", "type": "choices", "value": {**BOX, "choices": ["surgical"]}}
    note = {"id": "r1", "type": "textarea", "value": {"text": ["odd"]}}
    link = {"type": "relation", "from_id": "r1", "to_id": "r1", "labels": ["same"]}
    whole = task({"id": "c", "type": "choices", "value": {"choices": ["no_mask"]}}, image="c.jpg")
    write_tree(tmp_path / "ls", {"c.jpg": picture(2)})
    path = folder(tmp_path, task(region(), choice, note, link), {**whole, "id": 9})
    taken = by_origin(ingest(adapter="label-studio", path=path, labels=LABELS))
    assert [box.original_label for box in taken["a.jpg"].boxes] == ["with_mask surgical"]
    assert (taken["c.jpg"].boxes, taken["c.jpg"].masked) == ((), "no")


OTHER = {"result": [region(words=["no_mask"])]}


class TestSeveralAnnotations:
    def annotated(self, ingest: Ingest, tmp_path: Path, *annotations: dict[str, Any]) -> dict[str, str]:
        both = {"id": 7, "data": {"image": "a.jpg"}, "annotations": list(annotations)}
        taken = ingest(adapter="label-studio", path=folder(tmp_path, both), labels=LABELS)
        images = by_origin(taken)
        return {"a.jpg": images["a.jpg"].masked} if "a.jpg" in images else reasons(taken.rejections)

    def test_those_that_differ_are_ambiguous_and_equal_ones_are_one(self, ingest: Ingest, tmp_path: Path) -> None:
        first = {"result": [region()]}
        assert self.annotated(ingest, tmp_path, first, OTHER) == {"a.jpg": "ambiguous_annotation"}
        assert self.annotated(ingest, tmp_path, first, first) == {"a.jpg": "yes"}

    def test_cancelled_ones_do_not_count_and_the_truth_counts_alone(self, ingest: Ingest, tmp_path: Path) -> None:
        cancelled = {"result": [region()], "was_cancelled": True}
        assert self.annotated(ingest, tmp_path, cancelled, OTHER) == {"a.jpg": "no"}
        assert self.annotated(ingest, tmp_path, cancelled) == {"a.jpg": "no_label"}
        truth = {"result": [region()], "ground_truth": True}
        assert self.annotated(ingest, tmp_path, OTHER, truth) == {"a.jpg": "yes"}

    def test_one_without_results_says_that_there_is_no_face(self, ingest: Ingest, tmp_path: Path) -> None:
        assert self.annotated(ingest, tmp_path, {"result": []}) == {"a.jpg": "no_label"}


def test_the_minimal_export_and_the_old_one(ingest: Ingest, tmp_path: Path) -> None:
    entry = {**BOX, "rectanglelabels": ["with_mask"], "original_width": 64, "original_height": 48}
    minimal = {"image": "/data/upload/1/abcd1234-a.jpg", "id": 1, "label": [entry], "annotator": 1, "annotation_id": 3}
    choice = {"image": "/data/upload/1/abcd1234-c.jpg", "id": 2, "choice": "no_mask", "annotator": 1}
    old = {"id": 4, "data": {"img": "/data/upload/d.jpg"}, "completions": [{"result": [region()]}]}
    write_tree(tmp_path / "ls", {"c.jpg": picture(2), "d.jpg": picture(3)})
    taken = by_origin(ingest(adapter="label-studio", path=folder(tmp_path, minimal, choice, old), labels=LABELS))
    assert {name: image.masked for name, image in taken.items()} == {
        "a.jpg": "yes", "b.jpg": "yes", "c.jpg": "no", "d.jpg": "yes",
    }  # fmt: skip
    assert sides(taken["a.jpg"]) == [(16, 12, 48, 36)]


def test_a_turned_photo_is_told_by_the_size_that_is_stated(ingest: Ingest, tmp_path: Path) -> None:
    quarter = {"x": 0, "y": 0, "width": 50, "height": 50, "rotation": 0}
    path = folder(tmp_path, task(region(quarter, original_width=48, original_height=64)))
    write_tree(tmp_path / "ls", {"a.jpg": turned(6)})
    assert sides(by_origin(ingest(adapter="label-studio", path=path, labels=LABELS))["a.jpg"]) == [(0, 0, 24, 32)]
    folder(tmp_path, task(region(quarter, original_width=0)))
    write_tree(tmp_path / "ls", {"a.jpg": turned(6)})
    taken = ingest(adapter="label-studio", path=path, labels=LABELS)
    assert reasons(taken.rejections) == {"a.jpg": "uncertain_frame"}


@pytest.mark.parametrize("document", ["{", "[]", '{"images": []}', '[{"a": 1}]'])
def test_what_is_none_is_described(ingest: Ingest, tmp_path: Path, document: str) -> None:
    write_tree(tmp_path / "ls", {"a.jpg": picture(), "a.json": document.encode()})
    with pytest.raises(SourceError, match="the layout is not one that is known"):
        ingest(adapter="label-studio", path="ls", labels=LABELS)
