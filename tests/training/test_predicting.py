import csv
import io
import json
import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result
from PIL import Image as PillowImage

from pipeline.core.arrays import Rgb
from pipeline.core.params import FacesParams
from pipeline.faces.describing import LocatedFace
from pipeline.faces.finding import FaceFinder
from pipeline.storage.images import read_image, write_image
from pipeline.training.checkpoint import save_model
from pipeline.training.inference import logits_both_ways
from pipeline.training.labels import heads_of
from pipeline.training.models import ModelSpec, build_model
from pipeline.training.predicting import FacePredictor, PhotoPrediction
from stages.tools.predict import command as predict

FACES = FacesParams()


@pytest.fixture
def photos(tmp_path: Path, portrait: Rgb) -> Path:
    """A model, a portrait, a wall and a broken file."""
    torch.manual_seed(0)
    model = build_model(ModelSpec("masknet", heads_of("type_and_wear"), 32, (0.5,) * 3, (0.2,) * 3, 0.1))
    facts = {"temperatures": {"mask_type": 2.0}, "faces": FACES.model_dump(mode="json")}
    save_model(tmp_path / "model.pt", model, facts)
    write_image(tmp_path / "in/portrait.jpg", portrait)
    write_image(tmp_path / "in/wall.png", np.full((80, 120, 3), 99, dtype=np.uint8))
    (tmp_path / "in/broken.jpg").write_bytes(b"no image")
    return tmp_path


def run(photos: Path, *arguments: str) -> Result:
    return CliRunner().invoke(predict, ["--model", str(photos / "model.pt"), *arguments])


def test_json_has_a_line_a_face(photos: Path) -> None:
    result = run(photos, str(photos / "in"), "--json")
    assert result.exit_code == 0, result.output
    (row,) = [json.loads(line) for line in result.stdout.splitlines()]
    assert row["image"].endswith("portrait.jpg")
    assert row["mask_type"] in {"none", "cloth", "surgical", "ffp2"}
    assert 0.2 < row["wear_probability"] <= 1
    assert row["right"] - row["left"] > 60
    assert "wall.png: no_face" in result.stderr
    assert "broken.jpg: not_an_image" in result.stderr


def scene(portrait: Rgb) -> Rgb:
    """Two faces of 24 px in a photo of 1,600 px."""
    small = np.asarray(PillowImage.fromarray(portrait).resize((64, 75)))
    canvas = np.full((1200, 1600, 3), 120, dtype=np.uint8)
    for left, top in ((200, 300), (1100, 800)):
        canvas[top : top + 75, left : left + 64] = small
    return canvas


def test_photos_are_looked_at_as_finely_as_the_faces_stage_does(photos: Path, portrait: Rgb) -> None:
    write_image(photos / "scene.jpg", scene(portrait))
    rows = [json.loads(line) for line in run(photos, str(photos / "scene.jpg"), "--json").stdout.splitlines()]
    found = FaceFinder(FACES).find(read_image(photos / "scene.jpg").rgb)
    assert len(found) == 2
    assert [row["left"] for row in rows] == [round(face.box.left, 1) for face in found]


def test_a_clear_face_is_located_without_its_landmarks_where_they_would_be_found(portrait: Rgb) -> None:
    finder = FaceFinder(FACES)
    (located,) = finder.locate(portrait).faces
    assert type(located) is LocatedFace
    assert located.box == finder.find(portrait)[0].box


@pytest.mark.parametrize("error", [RuntimeError("odd"), struct.error("odd"), NotImplementedError("odd")])
def test_what_a_photo_makes_the_program_raise_is_its_row(
    photos: Path, monkeypatch: pytest.MonkeyPatch, portrait: Rgb, error: Exception
) -> None:
    write_image(photos / "in/odd.png", portrait[:100])
    whole = FacePredictor.look

    def look(self: FacePredictor, rgb: Rgb) -> PhotoPrediction:
        if rgb.shape == (100, 256, 3):
            raise error
        return whole(self, rgb)

    monkeypatch.setattr(FacePredictor, "look", look)
    result = run(photos, str(photos / "in"), "--json", "--rejected", str(photos / "rejected.jsonl"))
    assert result.exit_code == 0, result.output
    assert len(result.stdout.splitlines()) == 1
    rows = [json.loads(line) for line in (photos / "rejected.jsonl").read_text().splitlines()]
    assert {Path(row["image"]).name: row["reason"] for row in rows} == {
        "broken.jpg": "not_an_image",
        "odd.png": "processing_failed",
        "wall.png": "no_face",
    }
    assert "odd.png: processing_failed" in result.stderr


def test_a_photo_in_a_folder_is_known_by_its_bytes(photos: Path, portrait_jpeg: bytes) -> None:
    (photos / "plain").mkdir()
    (photos / "plain/photo").write_bytes(portrait_jpeg)
    assert len(run(photos, str(photos / "plain"), "--json").stdout.splitlines()) == 1


def test_csv_has_a_header(photos: Path) -> None:
    result = run(photos, str(photos / "in/portrait.jpg"), str(photos / "in/portrait.jpg"), "--csv")
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert len(rows) == 2
    assert rows[0] == rows[1]


def test_photos_of_one_name_are_drawn_side_by_side(photos: Path, portrait_jpeg: bytes) -> None:
    for name in ("a/x.jpg", "b/x.jpg"):
        (photos / name).parent.mkdir()
        (photos / name).write_bytes(portrait_jpeg)
    assert run(photos, str(photos / "a"), str(photos / "b"), "--draw", str(photos / "out")).exit_code == 0
    assert sorted(path.relative_to(photos / "out").as_posix() for path in (photos / "out").rglob("*.jpg")) == [
        "a/x.jpg", "b/x.jpg",
    ]  # fmt: skip


def test_boxes_are_drawn_on_a_copy(photos: Path, portrait: Rgb) -> None:
    assert run(photos, str(photos / "in/portrait.jpg"), "--draw", str(photos / "out")).exit_code == 0
    drawn = read_image(photos / "out/portrait.jpg").rgb
    assert drawn.shape == portrait.shape
    assert np.abs(drawn.astype(int) - read_image(photos / "in/portrait.jpg").rgb).max() > 60


def test_no_usable_image_is_an_error(photos: Path) -> None:
    result = run(photos, str(photos / "in/broken.jpg"))
    assert result.exit_code == 1
    assert "no image could be read" in result.stderr


def test_probabilities_sum_to_one_and_follow_the_temperature(portrait: Rgb) -> None:
    torch.manual_seed(0)
    model = build_model(ModelSpec("masknet", heads_of("mask_type"), 32, (0.5,) * 3, (0.2,) * 3, 0.0))
    plain, soft = (FacePredictor(model, {"mask_type": t}, FACES)(portrait)[0].answers["mask_type"] for t in (1.0, 9.0))
    assert sum(plain.probabilities.values()) == pytest.approx(1, abs=1e-5)
    assert plain.label == soft.label
    assert plain.probability > soft.probability


def test_both_ways_is_the_mean_over_a_face_and_its_mirror_image(portrait: Rgb) -> None:
    torch.manual_seed(0)
    model = build_model(ModelSpec("masknet", heads_of("mask_type"), 32, (0.5,) * 3, (0.2,) * 3, 0.0)).eval()
    images = torch.rand(3, 3, 32, 32)
    with torch.inference_mode():
        both = logits_both_ways(model, images)["mask_type"].exp()
        apart = [model(one)["mask_type"].softmax(1) for one in (images, images.flip(3))]

    assert not torch.allclose(apart[0], apart[1], atol=1e-4)
    torch.testing.assert_close(both, (apart[0] + apart[1]) / 2)
    mirrored, alone = (FacePredictor(model, {}, FACES, both_ways=way)(portrait)[0] for way in (True, False))
    assert mirrored.box == alone.box
    assert mirrored.answers["mask_type"].probabilities != alone.answers["mask_type"].probabilities


def test_a_photo_without_a_face_has_no_predictions() -> None:
    model = build_model(ModelSpec("masknet", heads_of("mask_type"), 32, (0.5,) * 3, (0.2,) * 3, 0.0))
    assert FacePredictor(model, {}, FACES)(np.full((90, 90, 3), 99, dtype=np.uint8)) == []
