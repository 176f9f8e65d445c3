import csv
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result

from pipeline.core.arrays import Rgb
from pipeline.core.params import FacesParams
from pipeline.prediction.predictor import FacePredictor
from pipeline.storage.images import write_image
from pipeline.training.checkpoint import save_model
from pipeline.training.labels import WEAR_HEAD, heads_of
from pipeline.training.models import ModelSpec, build_model
from stages.evaluate import command as evaluate
from tests.prediction.kit import tiny_classifier, tiny_model

ROOT = Path(__file__).parents[2]


@pytest.fixture
def place(tmp_path: Path, portrait: Rgb) -> Path:
    """A model, and photos in class folders: three of one face in different light, a wall, a broken file."""
    (tmp_path / "model.onnx").write_bytes(tiny_model(unsure_below={"mask_type": 0.4, "wear": 0.4}))
    for name, light in (("none/a", 1.0), ("surgical/b", 0.9), ("surgical/c", 0.7)):
        write_image(tmp_path / f"photos/{name}.jpg", (portrait * light).astype(np.uint8))
    write_image(tmp_path / "photos/N95/wall.png", np.full((90, 200, 3), 99, dtype=np.uint8))
    (tmp_path / "photos/none/broken.jpg").write_bytes(b"no image")
    return tmp_path


def run(place: Path, *words: str) -> Result:
    given = [
        "--model",
        str(place / "model.onnx"),
        "--external",
        f"mine={place / 'photos'}",
        "--out",
        str(place / "out"),
    ]
    return CliRunner().invoke(evaluate, [*given, *words])


def test_a_model_is_measured_on_folders_as_it_answers(place: Path, portrait: Rgb) -> None:
    result = run(place)
    assert result.exit_code == 0, result.output
    details = json.loads((place / "out/evaluation.json").read_text())["mine"]["mask_type"]
    said = FacePredictor(tiny_classifier())(portrait)[0].answers["mask_type"]
    place_of = details["classes"].index(said.label)
    assert details["confusion"][0] == [int(k == place_of) for k in range(4)]
    assert details["support"] == {"none": 1, "cloth": 0, "surgical": 2, "ffp2": 0}
    metrics = json.loads((place / "out/metrics.json").read_text())["mine"]["mask_type"]
    assert metrics["accuracy_low"] <= metrics["accuracy"] <= metrics["accuracy_high"]
    wear = json.loads((place / "out/metrics.json").read_text())["mine"]["wear"]
    assert wear["count"] == 1  # the bare face: how the masks are worn nobody said
    assert "3 crops, 2 rejected" in result.stdout
    assert result.stdout.count("surgical") >= 2


def test_predictions_are_rows_and_their_crops_are_kept(place: Path) -> None:
    run(place)
    with (place / "out/plots/mine/mask_type/predictions.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 3
    assert {f"{row['sample_id']}.jpg" for row in rows} == {path.name for path in (place / "out/crops/mine").iterdir()}


def test_what_the_model_is_unsure_of_is_counted(place: Path) -> None:
    run(place)
    found = json.loads((place / "out/unsure.json").read_text())["mine"]["mask_type"]
    with (place / "out/plots/mine/mask_type/predictions.csv").open() as file:
        best = [
            max(float(row[f"p_{name}"]) for name in ("none", "cloth", "surgical", "ffp2"))
            for row in csv.DictReader(file)
        ]
    assert found["answered"] == pytest.approx(np.mean([share >= 0.4 for share in best]), abs=1e-5)


def test_a_trained_model_is_measured_alike(place: Path) -> None:
    torch.manual_seed(0)
    model = build_model(ModelSpec("masknet", heads_of("mask_type"), 32, (0.5,) * 3, (0.2,) * 3, 0.0))
    facts = {"temperatures": {}, "faces": FacesParams().model_dump(mode="json")}
    save_model(place / "model.pt", model, facts)
    assert run(place, "--model", str(place / "model.pt")).exit_code == 0
    assert json.loads((place / "out/metrics.json").read_text())["mine"]["mask_type"]["count"] == 3


@pytest.mark.parametrize("said", ["mine", "=x", "mine=", "a/b=x", "mine=x"])
def test_a_folder_is_named_once_and_as_a_word(place: Path, said: str) -> None:
    result = run(place, "--external", said)
    assert (result.exit_code, "expected NAME=FOLDER" in result.stderr) == (1, True)


def test_a_model_wants_photos_and_photos_a_model(place: Path) -> None:
    result = CliRunner().invoke(evaluate, ["--model", str(place / "model.onnx")])
    assert (result.exit_code, "say on which photos" in result.stderr) == (1, True)
    result = CliRunner().invoke(evaluate, ["--external", "mine=x"])
    assert (result.exit_code, "--external goes with --model" in result.stderr) == (2, True)


def test_no_usable_photo_is_an_error(place: Path) -> None:
    for path in (place / "photos").rglob("*.jpg"):
        path.write_bytes(b"no image")
    result = run(place)
    assert (result.exit_code, "nothing to measure on" in result.stderr) == (1, True)


def test_wear_and_valve_are_measured_where_folders_say_them(place: Path, portrait: Rgb) -> None:
    classes = {
        "mask_type": ("none", "cloth", "surgical", "ffp2", "other"),
        "wear": WEAR_HEAD.classes,
        "valve": ("no", "yes"),
    }
    (place / "model.onnx").write_bytes(tiny_model(classes))
    for name in ("surgical/nose_exposed/d", "ffp2_valve/e", "ffp2 no valve/Correct/f", "incorrect/g"):
        write_image(place / f"photos/{name}.jpg", portrait)
    result = run(place)
    assert result.exit_code == 0, result.output
    found = json.loads((place / "out/evaluation.json").read_text())["mine"]
    assert {name: head["count"] for name, head in found.items()} == {
        "mask_type": 6,
        "wear": 3,
        "valve": 2,
        "wear_correctness": 4,
    }
    assert found["valve"]["support"] == {"no": 1, "yes": 1}
    assert found["wear"]["support"]["nose_exposed"] == 1
    assert found["wear_correctness"]["support"] == {"none": 1, "correct": 1, "incorrect": 2}


@pytest.mark.slow
def test_measuring_needs_no_pytorch(place: Path) -> None:
    code = (
        "import sys\n"
        "from stages.evaluate import command; command.main(sys.argv[1:], standalone_mode=False)\n"
        "assert 'torch' not in sys.modules"
    )
    words = ["--model", place / "model.onnx", "--external", f"mine={place / 'photos'}", "--out", place / "out"]
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, words)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
