"""Boxes that COCO and Hugging Face should have as left, top, width and height, and that people write as corners."""

import json
from pathlib import Path
from typing import Any

import pytest

from generators.docs.made_up import picture, write_tree
from pipeline.core.errors import SourceError
from pipeline.sources.adapters.box_forms import BoxesAre, require_told
from tests.sources.adapters.test_yolo import LABELS, sides
from tests.sources.kit import Ingest

CORNERS = [[4, 5, 30, 40], [30, 12, 60, 46]]


def coco(boxes: list[list[float]]) -> dict[str, bytes]:
    document = {
        "images": [{"id": 1, "file_name": "a.jpg", "width": 64, "height": 48}],
        "categories": [{"id": 1, "name": "with_mask"}],
        "annotations": [{"id": i, "image_id": 1, "category_id": 1, "bbox": box} for i, box in enumerate(boxes)],
    }
    return {"a.json": json.dumps(document).encode()}


def hugging_face(boxes: list[list[float]]) -> dict[str, bytes]:
    objects = {"bbox": boxes, "categories": ["with_mask"] * len(boxes)}
    return {
        "metadata.jsonl": json.dumps({"file_name": "a.jpg", "width": 64, "height": 48, "objects": objects}).encode()
    }


def shard(boxes: list[list[float]]) -> dict[str, bytes]:
    return {"a.json": hugging_face(boxes)["metadata.jsonl"]}


@pytest.mark.parametrize(("adapter", "made"), [("coco", coco), ("imagefolder", hugging_face), ("webdataset", shard)])
def test_corners_stop_the_source_and_the_setting_tells(ingest: Ingest, tmp_path: Path, adapter: str, made: Any) -> None:
    write_tree(tmp_path / "set", {"a.jpg": picture(), **made(CORNERS)})
    with pytest.raises(SourceError, match="boxes reach far out of their pictures"):
        ingest(adapter=adapter, path="set", labels=LABELS)
    (image,) = ingest(adapter=adapter, path="set", labels=LABELS, boxes_are="corners").images
    assert sides(image) == [tuple(box) for box in CORNERS]
    (image,) = ingest(adapter=adapter, path="set", labels=LABELS, boxes_are="sized").images
    assert sides(image) == [(4, 5, 34, 45)]


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("auto", [([4, 5, 30, 40], (64, 48)), ([30, 12, 20, 20], (64, 48)), ([40, 12, 30, 60], (64, 48))]),
        ("auto", [([4, 5, 30, 40], (64, 48)), ([2, 2, 63, 47], (64, 48))]),
        ("auto", [([30, 12, 60, 46], None)]),
        ("auto", []),
        ("sized", [([30, 12, 60, 46], (64, 48))]),
        ("corners", [([30, 12, 60, 46], (64, 48))]),
    ],
    ids=["one is no corners", "cut off by the edge", "of unknown size", "none", "told", "told the other"],
)
def test_others_are_believed(said: BoxesAre, found: list[Any]) -> None:
    require_told("mine", said, found)
