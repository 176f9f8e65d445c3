"""Lines of `metadata.jsonl` from strangers: one sentence with file and row, and no file outside the folder."""

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.augment import replay as replaying
from pipeline.augment.replay import logged_in_metadata
from pipeline.core.errors import ReplayError

ROW: dict[str, Any] = {
    "draw": "{}",
    "landmarks": [[1, 2]] * 68,
    "parent": "a.jpg",
    "parent_sha256": "0",
    "file_name": "b",
}

LINES = {
    "deep nesting": '{"draw": ' + "[" * 100_000 + "]" * 100_000 + "}",
    "huge number": json.dumps(ROW | {"landmarks": [10**400] * 136}),
    "number beyond a photo": json.dumps(ROW | {"landmarks": [1e39] * 136}),
    "NaN": json.dumps(ROW | {"landmarks": [float("nan")] * 136}),
    "5,000 digits": '{"draw": ' + "9" * 5000 + "}",
    "too few points": json.dumps(ROW | {"landmarks": [1, 2]}),
    "words": json.dumps(ROW | {"landmarks": "here"}),
    "no object": "7",
    "a draw that is none": json.dumps(ROW),
}


@pytest.mark.parametrize("case", LINES)
def test_a_wild_line_is_a_sentence(tmp_path: Path, case: str) -> None:
    table = tmp_path / "metadata.jsonl"
    table.write_text(LINES[case], encoding="utf-8")
    with pytest.raises(ReplayError, match=r"metadata\.jsonl: row 0"):
        logged_in_metadata(table, 0, tmp_path)


@pytest.mark.parametrize("parent", ["/etc/passwd", "../secret.jpg", "a/../../b.jpg", "a\0b", ""])
def test_a_parent_outside_the_folder_is_not_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, parent: str
) -> None:
    monkeypatch.setattr(replaying, "_recipe", lambda *_: None)
    table = tmp_path / "metadata.jsonl"
    table.write_text(json.dumps(ROW | {"parent": parent}), encoding="utf-8")
    with pytest.raises(ReplayError, match=r"row 0: parent: .*(leads out|is no name)"):
        logged_in_metadata(table, 0, tmp_path)
