"""Annotations beside photos that the adapter of a source leaves."""

from pathlib import Path
from typing import Any

import pytest

from generators.docs.made_up import picture, write_tree
from pipeline.sources.catalogue import make_adapter
from pipeline.sources.recognition.unread import unread_annotations
from tests.sources.kit import ingest_params

COLUMNS = {"image": "Bild", "label": "Art"}


@pytest.mark.parametrize(
    ("files", "settings", "told"),
    [
        ({"a.json": b'{"shapes": [{"label": "x"}]}'}, {"adapter": "folder"}, "shapes (a.json; no adapter reads it"),
        ({"t.csv": b"file,class\na.jpg,mask\n"}, {"adapter": "folder"}, "a table of labels (t.csv; adapter csv)"),
        ({"t.csv": b"Bild;Art\na.jpg;mask\n"}, {"adapter": "csv", "columns": COLUMNS}, ""),
        ({"a.cls": b"mask"}, {"adapter": "webdataset"}, ""),
        ({"notes.txt": b"hello"}, {"adapter": "folder"}, ""),
    ],
)
def test_what_is_left_is_named(tmp_path: Path, files: dict[str, bytes], settings: dict[str, Any], told: str) -> None:
    write_tree(tmp_path / "set", {"a.jpg": picture(), **files})
    adapter = make_adapter("mine", ingest_params(path="set", **settings).ingest, tmp_path)
    said = unread_annotations(adapter)
    assert (bool(said), told in said) == (bool(told), True), said
