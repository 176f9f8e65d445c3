from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from generators.docs.made_up import picture, write_tree
from stages.ingest import command


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_tree(tmp_path, {"good/a.jpg": picture(), "good/notes.txt": b"hm"})
    good = {"adapter": "folder", "path": "good", "labels": {".": {"mask_type": "none"}}}
    ingest = {"sources": ["bad", "good"], "settings": {"good": good, "bad": {"adapter": "folder", "path": "absent"}}}
    (tmp_path / "params.yaml").write_text(yaml.safe_dump({"ingest": ingest}))
    return tmp_path


def test_counts_are_logged(project: Path) -> None:
    result = CliRunner().invoke(command, ["--source", "good"])
    assert result.exit_code == 0, result.output
    assert result.output == "ingest good: 2 items in, 1 kept, 1 rejected (not_an_image 1)\n"


def test_failing_source_leaves_the_others_and_says_so_at_the_end(project: Path) -> None:
    result = CliRunner().invoke(command, [])
    assert result.exit_code == 1
    assert "ingest good: 2 items in" in result.output
    assert result.output.splitlines()[-1].startswith("Error: bad: ")
    assert (project / "data/raw/good/images.parquet").is_file()


def test_unknown_source_is_named(project: Path) -> None:
    result = CliRunner().invoke(command, ["--source", "nosuch"])
    assert result.exit_code == 1
    assert "'nosuch': no such source" in result.output
