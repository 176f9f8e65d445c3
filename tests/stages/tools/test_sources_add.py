import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from generators.docs.made_up import picture, write_tree
from pipeline.core.params import load_params
from stages.cli import main
from tests.sources.layouts import LAYOUTS

ROOT = Path(__file__).parents[3]
TABLE = {
    "t/Blatt 1.csv": "Bild;Art;l;o;b;h\nfotos/a.jpg;N95-Maske;3;2;40;40\n".encode("cp1252"),
    "t/fotos/a.jpg": picture(1),
}
COLUMNS = "image=Bild,label=Art,left=l,top=o,width=b,height=6"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    params = (ROOT / "params.yaml").read_text(encoding="utf-8")
    (tmp_path / "params.yaml").write_text(params.replace("jobs: 0", "jobs: 1"), encoding="utf-8")  # without workers


def add(*words: str, answer: str = "") -> Result:
    return CliRunner().invoke(main, ["sources", "add", *words], input=answer)


def taken(name: str) -> Result:
    return CliRunner().invoke(main, ["ingest", "--source", name])


@pytest.mark.parametrize("layout", [name for name in LAYOUTS if LAYOUTS[name][0] not in {"sample", "urls"}])
def test_each_layout_is_added_and_taken_in(tmp_path: Path, layout: str) -> None:
    write_tree(tmp_path / "Neue Fotos", LAYOUTS[layout][1])
    done = add("Neue Fotos", "--yes")
    assert done.exit_code == 0, done.output
    first, name = load_params(Path("params.yaml")).ingest.sources
    assert (first, f"ingest.sources is now sample, {name}" in done.output) == ("sample", True)
    if "First say there" in done.output:
        assert "no mapping for the label" in taken(name).output
        assert add("Neue Fotos", "--yes", "--label", "no mask").exit_code == 1
    else:
        assert ", 0 kept" not in taken(name).output


def test_nothing_is_written_without_a_yes(tmp_path: Path) -> None:
    write_tree(tmp_path, {"n/no_mask/a.jpg": picture(1)})
    before = Path("params.yaml").read_bytes()
    assert "Nothing was written" in add("n", answer="n\n").output
    assert add("n").exit_code == 1
    assert Path("params.yaml").read_bytes() == before
    assert add("n", answer="y\n").exit_code == 0
    assert Path("params.yaml").read_bytes() != before


def test_an_archive_and_a_list(tmp_path: Path) -> None:
    write_tree(tmp_path, {"in/KN95/a.jpg": picture(1), "in/bare/b.jpg": picture(2)})
    shutil.make_archive("zipped", "zip", "in")
    (tmp_path / "list.csv").write_text("url,label\nhttp://example.org/a.jpg,surgical\n")
    assert add("zipped.zip", "--yes").exit_code == add("list.csv", "--yes").exit_code == 0
    settings = load_params(Path("params.yaml")).ingest.settings
    assert settings["zipped"]["labels"] == {"KN95": {"mask_type": "ffp2"}, "bare": {"mask_type": "none"}}
    assert settings["list"]["labels"] == {"surgical": {"mask_type": "surgical"}}
    assert "2 kept" in taken("zipped").output


def test_photos_that_nothing_speaks_of_are_what_is_said(tmp_path: Path) -> None:
    write_tree(tmp_path, {"p/a.jpg": picture(1), "p/x/b.jpg": picture(2)})
    assert "--label WORDS" in add("p", "--yes").output
    assert "'hats': tells nothing of a mask" in add("p", "--yes", "--label", "hats").output
    assert add("p", "--yes", "--label", "no mask").exit_code == 0
    assert "2 kept" in taken("p").output


def test_any_table_is_read_by_the_columns_that_are_named(tmp_path: Path) -> None:
    write_tree(tmp_path, TABLE)
    assert "a table with the columns Bild" in add("t", "--yes").output
    assert "expected PART=COLUMN" in add("t", "--columns", "Bild").output
    assert "columns.picture" in add("t", "--columns", "picture=Bild").output
    assert add("t", "--yes", "--columns", COLUMNS).exit_code == 0
    assert "1 kept" in taken("t").output


def test_a_source_is_not_added_twice(tmp_path: Path) -> None:
    write_tree(tmp_path, {"n/no_mask/a.jpg": picture(1), "m/n/no_mask/a.jpg": picture(1)})
    assert add("n", "--yes").exit_code == 0
    before = Path("params.yaml").read_bytes()
    for words in (["n"], ["./m/../n", "--name", "other"]):
        assert "is set up already, as ingest.settings.n" in add(*words, "--yes").output
    assert "give another with --name" in add("m/n", "--yes").output
    assert "expected small letters" in add("m/n", "--yes", "--name", "../up").output
    assert Path("params.yaml").read_bytes() == before
    assert add("m/n", "--yes", "--name", "other").exit_code == 0


def test_of_two_kinds_of_annotations_one_is_chosen(tmp_path: Path) -> None:
    write_tree(tmp_path / "in", {**LAYOUTS["yolo"][1], **LAYOUTS["voc"][1]})
    assert "--adapter" in add("in", answer="n\n").output
    for adapter in ("voc", "yolo"):
        assert f"adapter: {adapter}\n" in add("in", "--adapter", adapter, answer="n\n").output
    assert "can't be taken in by the adapter coco" in add("in", "--adapter", "coco", "--yes").output
