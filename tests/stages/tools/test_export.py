import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pipeline.exchange import exporting
from pipeline.exchange.classes import Classes
from pipeline.exchange.formats import WRITERS
from stages.cli import main
from stages.tools import export
from tests.conftest import tree
from tests.exchange.kit import GROUP_PHOTO, MASKED, PORTRAIT, folder_row, lines, rejection, write_folder, write_project


def run(*words: object) -> Result:
    return CliRunner().invoke(main, ["export", *map(str, words)])


def test_every_format_and_kind_of_class_can_be_asked_for() -> None:
    assert set(export.FORMATS) == WRITERS.keys()
    assert set(export.CLASSES) == set(Classes.__args__)  # type: ignore[attr-defined]


def test_what_was_exported_is_told(tmp_path: Path) -> None:
    data = write_project(tmp_path, sides={GROUP_PHOTO: "train"}, rejected=[rejection(f"{GROUP_PHOTO}-7", "no_label")])
    done = run(data, "--format", "coco", "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert done.output.splitlines() == [
        f"export: {tmp_path / 'out'}: 2 pictures (train 2), 6 faces",
        "export: ffp2 1, no_mask 5",
        "export: 2 pictures show faces that have no box, and are marked so; --incomplete skip leaves them out",
        f"export: left out, as {tmp_path / 'out/rejected.jsonl'} says: not_in_split 2",
    ]
    assert [row["id"] for row in lines(tmp_path / "out/rejected.jsonl")] == [PORTRAIT, MASKED[1].id]


def test_the_place_is_named_after_what_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_project(tmp_path)
    assert run("data", "--format", "csv", "--of", "masks").exit_code == 0
    assert (tmp_path / "exports/csv-masks/train.csv").is_file()


def test_both_kinds_of_data_are_taken_and_nothing_else(tmp_path: Path) -> None:
    write_project(tmp_path / "project")
    write_folder(tmp_path / "OUT", [folder_row("images/cloth/a.jpg")])
    for number, name in enumerate(("project", "project/data", "OUT")):
        assert run(tmp_path / name, "--format", "yolo", "--out", tmp_path / str(number)).exit_code == 0
    done = run(tmp_path, "--format", "yolo", "--out", tmp_path / "x")
    assert done.exit_code == 1
    assert (
        "neither an output of augment-masks (metadata.jsonl) nor a project's data (data/dedup/kept.parquet)"
        in done.output
    )
    assert not (tmp_path / "x").exists()


def test_pictures_that_are_gone_are_told_and_none_left_is_an_error(tmp_path: Path) -> None:
    data = write_project(tmp_path)
    (tmp_path / "photos/a.jpg").unlink()
    (tmp_path / MASKED[1].path).unlink()
    done = run(data, "--format", "voc", "--out", tmp_path / "out")
    assert done.exit_code == 0
    assert "says: unreadable_file 2" in done.output
    for path in tmp_path.rglob("*.jpg"):
        path.unlink()
    failed = run(data, "--format", "voc", "--out", tmp_path / "second")
    assert (failed.exit_code, failed.output) == (1, "Error: no picture to export: unreadable_file 4\n")
    assert not (tmp_path / "second").exists()


def test_incomplete_pictures_can_be_left_out(tmp_path: Path) -> None:
    data = write_project(tmp_path, rejected=[rejection(f"{GROUP_PHOTO}-7", "no_label")])
    done = run(data, "--format", "imagefolder", "--out", tmp_path / "out", "--incomplete", "skip")
    assert "says: incomplete_picture 2" in done.output
    assert [row["id"] for row in lines(tmp_path / "out/pictures.jsonl")] == [PORTRAIT, MASKED[1].id]


def test_paths_begin_where_it_is_told(tmp_path: Path) -> None:
    data = write_project(tmp_path / "project")
    data.rename(tmp_path / "moved")
    words = (tmp_path / "moved", "--format", "coco", "--out", tmp_path / "out")
    assert run(*words).exit_code == 1
    done = run(*words, "--pixels", tmp_path / "project")
    assert done.exit_code == 0, done.output
    assert "unreadable_file 2" in done.output  # the masked pictures, which went with the manifests


def test_the_project_says_itself_where_its_pixels_are(tmp_path: Path) -> None:
    data = write_project(tmp_path / "project")
    for name in ("photos", "data/masked/images"):
        (tmp_path / "store" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "project" / name).rename(tmp_path / "store" / name)
    settings = tmp_path / "project/params.yaml"
    settings.write_text(f"storage: {{root: {tmp_path / 'store'}}}\n")
    assert "left out" not in run(data, "--format", "coco", "--out", tmp_path / "out").output
    settings.write_text("storage: {rot: x}\n")
    done = run(data, "--format", "coco", "--out", tmp_path / "second")
    assert done.exit_code == 1
    assert "rot" in done.output


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--format", "webdataset", "--files", "none"], "--files none: webdataset holds the pixels themselves"),
        (["--format", "coco", "--of", "masks", "--outlines"], "--outlines is for --of masks --format yolo"),
        (["--format", "yolo", "--outlines"], "--outlines is for --of masks --format yolo"),
    ],
)
def test_what_makes_no_sense_is_one_sentence(tmp_path: Path, words: list[str], sentence: str) -> None:
    done = run(write_project(tmp_path), "--out", tmp_path / "out", *words)
    assert done.exit_code == 1
    assert done.output.startswith(f"Error: {sentence}")
    assert done.output.count("\n") == 1


@pytest.mark.parametrize("words", [["--model", "models/model.pt"], ["--model", "x", "--out", "model.onnx"], []])
def test_who_means_a_model_is_sent_to_the_right_command(words: list[str]) -> None:
    done = run(*words)
    assert done.exit_code != 0
    assert "a trained model is written by `maskwright export-model`" in done.output


def test_interrupted_it_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = write_project(tmp_path)
    assert run(data, "--format", "coco", "--out", tmp_path / "out").exit_code == 0
    before = tree(tmp_path / "out")

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(exporting._Export, "finish", stop)
    done = run(data, "--format", "coco", "--out", tmp_path / "out", "--overwrite")
    assert done.exit_code == 130
    assert f"stopped; {tmp_path / 'out'} is as it was" in done.output
    assert tree(tmp_path / "out") == before


def test_how_it_was_made_stands_in_it(tmp_path: Path) -> None:
    run(write_project(tmp_path), "--format", "coco", "--out", tmp_path / "out", "--files", "link")
    settings = json.loads((tmp_path / "out/.maskwright-export.json").read_text())
    assert (settings["format"], settings["of"], settings["classes"]) == ("coco", "faces", "type")
    assert (tmp_path / f"out/images/train/{PORTRAIT}.jpg").samefile(tmp_path / "photos/b.jpg")
