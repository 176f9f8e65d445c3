"""What is said of the columns is said of those that rows have, in their order, and stands in the document."""

import json
from pathlib import Path
from typing import Any

import pytest

from generators.docs import columns as page
from pipeline.augment.columns import OF_ALL, OF_FACE, described, held_by, names_in
from stages.augment_masks import main as augment_masks
from tests.conftest import MakePhotos

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("faces", ["each", "all"])
def test_rows_have_the_columns_that_are_declared(make_photos: MakePhotos, tmp_path: Path, faces: str) -> None:
    out, extras = tmp_path / "OUT", ["--crops", "--alpha", "--split", "0.8,0.1,0.1", "--include-unmasked"]
    photos = make_photos("a.jpg")
    augment_masks([str(photos), str(out), "--mask", "ffp2", "--faces", faces, *extras], standalone_mode=False)
    rows = [json.loads(line) for line in (out / "metadata.jsonl").read_text(encoding="utf-8").splitlines()]
    inner = {name: [f"{name}.{key}" for key in rows[0].get(name, ())] for name in ("objects", "ignored")}
    names = [name for column in rows[0] for name in (column, *inner.get(column, ()))]
    columns = OF_ALL if faces == "all" else OF_FACE
    assert names == [name for name, _ in described(columns)] == [name for name, _ in held_by({*names_in(rows[0])})]


def test_what_no_row_has_is_not_told() -> None:
    rows: list[dict[str, Any]] = [{"file_name": "a", "objects": {"bbox": []}}, {"split": "val"}]
    names = {name for row in rows for name in names_in(row)}
    assert [name for name, _ in held_by(names)] == ["file_name", "objects", "objects.bbox", "split"]


def test_the_document_has_the_tables_of_now() -> None:
    text = (ROOT / page.PAGE).read_text(encoding="utf-8")
    assert page.renewed(text) == text
    assert text.count("| `face_box` | [left, top, right, bottom] |") == 1
