import csv
import io
import json
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from pipeline.core.arrays import Rgb
from pipeline.prediction.predictor import FacePredictor
from pipeline.storage.images import read_image, write_image
from stages.tools.predict import command as predict
from tests.prediction.conftest import photos
from tests.prediction.kit import CLASSES

__all__ = ["photos"]

ROOT = Path(__file__).parents[3]


def run(photos: Path, *arguments: str | Path, given: str | None = None) -> Result:
    words = ["--model", str(photos / "model.onnx"), *map(str, arguments)]
    return CliRunner().invoke(predict, words, input=given)


def test_json_has_a_line_a_face(photos: Path) -> None:
    result = run(photos, photos / "in", "--json")
    assert result.exit_code == 0, result.output
    (row,) = [json.loads(line) for line in result.stdout.splitlines()]
    assert row["image"].endswith("portrait.jpg")
    assert row["mask_type"] in CLASSES["mask_type"]
    assert row["probabilities"]["wear"][row["wear"]] == row["wear_probability"] > 0.3
    assert row["right"] - row["left"] > 60
    assert "wall.png: no_face" in result.stderr
    assert "broken.jpg: not_an_image" in result.stderr
    assert "predict: 3 photos, 1 face, 2 without an answer (no_face 1, not_an_image 1)" in result.stderr


def test_what_has_no_answer_is_a_row_with_its_reason(photos: Path) -> None:
    assert run(photos, photos / "in", "--rejected", photos / "rejected.jsonl").exit_code == 0
    rows = [json.loads(line) for line in (photos / "rejected.jsonl").read_text().splitlines()]
    assert [(Path(row["image"]).name, row["reason"], row["face"]) for row in rows] == [
        ("broken.jpg", "not_an_image", None),
        ("wall.png", "no_face", None),
    ]


def test_the_table_has_a_headline_and_a_line_a_face(photos: Path) -> None:
    head, line = run(photos, photos / "in").stdout.splitlines()
    assert head.split() == ["photo", "face", "left,", "top", "mask_type", "wear"]
    assert line.startswith(str(photos / "in/portrait.jpg"))
    for name, classes in CLASSES.items():
        assert line[head.index(name) :].split()[0] in classes


def test_csv_has_a_header_and_a_photo_named_twice_two_rows(photos: Path) -> None:
    result = run(photos, photos / "in/portrait.jpg", photos / "in/portrait.jpg", "--csv")
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert len(rows) == 2
    assert rows[0] == rows[1]
    assert rows[0]["mask_type_unsure"] == "False"


def test_csv_without_a_face_has_its_header(photos: Path) -> None:
    assert run(photos, photos / "in/wall.png", "--csv").stdout.startswith("image,face,left,top,right,bottom,score,")


def test_a_list_on_stdin_and_patterns_name_photos(photos: Path) -> None:
    lines = f"{photos}/in/portrait.jpg\n\n{photos}/in/gone.jpg\r\n"
    result = run(photos, "-", str(photos / "in/p*.jpg"), "--json", given=lines)
    assert result.exit_code == 0, result.output
    assert len(result.stdout.splitlines()) == 2
    assert "gone.jpg: unreadable_file: No such file" in result.stderr


def test_a_name_of_nothing_stops_at_once(photos: Path) -> None:
    result = run(photos, photos / "in/portrait.jpg", photos / "nothing*.jpg")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "no pattern that matches" in result.stderr


def test_no_photo_at_all_is_wrong_use(photos: Path) -> None:
    assert run(photos).exit_code == 2


def test_no_usable_image_is_an_error(photos: Path) -> None:
    result = run(photos, photos / "in/broken.jpg", "--rejected", photos / "r.jsonl")
    assert result.exit_code == 1
    assert "no image could be read" in result.stderr
    assert json.loads((photos / "r.jsonl").read_text())["reason"] == "not_an_image"


@pytest.mark.parametrize("error", [RuntimeError("odd"), struct.error("odd"), ZeroDivisionError("odd")])
def test_one_photo_that_makes_the_program_raise_costs_itself_alone(
    photos: Path, portrait: Rgb, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    write_image(photos / "in/odd.png", portrait[:100])
    usual = FacePredictor.look

    def look(self: FacePredictor, rgb: Rgb) -> object:
        if rgb.shape[0] == 100:
            raise error
        return usual(self, rgb)

    monkeypatch.setattr(FacePredictor, "look", look)
    result = run(photos, photos / "in", "--json")
    assert result.exit_code == 0
    assert len(result.stdout.splitlines()) == 1
    assert f"odd.png: processing_failed: {type(error).__name__}: odd" in result.stderr


def test_a_photo_in_a_folder_is_known_by_its_bytes(photos: Path, portrait_jpeg: bytes) -> None:
    (photos / "plain").mkdir()
    (photos / "plain/photo").write_bytes(portrait_jpeg)
    assert len(run(photos, photos / "plain", "--json").stdout.splitlines()) == 1


def test_photos_of_one_name_are_drawn_side_by_side(photos: Path, portrait_jpeg: bytes) -> None:
    for name in ("a/x.jpg", "b/x.jpg"):
        (photos / name).parent.mkdir()
        (photos / name).write_bytes(portrait_jpeg)
    assert run(photos, photos / "a", photos / "b", "--draw", photos / "out").exit_code == 0
    assert sorted(path.relative_to(photos / "out").as_posix() for path in (photos / "out").rglob("*.jpg")) == [
        "a/x.jpg", "b/x.jpg",
    ]  # fmt: skip


def test_boxes_are_drawn_on_a_copy(photos: Path, portrait: Rgb) -> None:
    assert run(photos, photos / "in/portrait.jpg", "--draw", photos / "out").exit_code == 0
    drawn = read_image(photos / "out/portrait.jpg").rgb
    assert drawn.shape == portrait.shape
    assert np.abs(drawn.astype(int) - read_image(photos / "in/portrait.jpg").rgb).max() > 60


def test_yolo_is_a_folder_of_label_files(photos: Path) -> None:
    assert run(photos, photos / "in", "--format", "yolo").exit_code == 2
    assert run(photos, photos / "in", "--format", "yolo", "--out", photos / "out").exit_code == 0
    assert (photos / "out/classes.txt").read_text().split() == list(CLASSES["mask_type"])
    assert (photos / "out/labels/wall.txt").read_text() == ""
    assert not (photos / "out/labels/broken.txt").exists()
    numbers = (photos / "out/labels/portrait.txt").read_text().split()
    assert int(numbers[0]) < 4
    assert all(0 < float(number) < 1 for number in numbers[1:])


def test_coco_goes_to_a_file(photos: Path) -> None:
    result = run(photos, photos / "in", "--format", "coco", "--out", photos / "out/coco.json")
    assert (result.exit_code, result.stdout) == (0, "")
    document = json.loads((photos / "out/coco.json").read_text())
    assert [Path(image["file_name"]).name for image in document["images"]] == ["portrait.jpg", "wall.png"]
    assert [one["image_id"] for one in document["annotations"]] == [1]


@pytest.mark.parametrize("option", ["--out", "--rejected"])
def test_a_file_that_cannot_be_written_is_told_before_the_work(photos: Path, option: str) -> None:
    result = CliRunner().invoke(
        predict, ["--model", "none.onnx", str(photos / "in"), option, str(photos / "in/wall.png/answers")]
    )
    assert (result.exit_code, "wall.png/answers: cannot be written: Not a directory" in result.stderr) == (1, True)


def test_photos_and_films_are_asked_for_apart(photos: Path) -> None:
    (photos / "clip.mp4").write_bytes(b"")
    result = run(photos, photos / "in/wall.png", photos / "clip.mp4")
    assert (result.exit_code, "photos and films have different rows" in result.stderr) == (1, True)
    result = run(photos, photos / "clip.mp4", "--format", "coco")
    assert (result.exit_code, "is for photos" in result.stderr) == (1, True)


def test_the_base_install_answers(photos: Path) -> None:
    """Without PyTorch, scipy and scikit-learn, which extras bring."""
    code = (
        "import sys\n"
        "for name in ('torch', 'scipy', 'sklearn', 'pyarrow', 'onnx', 'jinja2'): sys.modules[name] = None\n"
        "from stages.tools.predict import command\n"
        "command.main(sys.argv[1:], standalone_mode=False)"
    )
    words = ["--model", str(photos / "model.onnx"), str(photos / "in/portrait.jpg")]
    done = subprocess.run([sys.executable, "-c", code, *words], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "portrait.jpg" in done.stdout
