import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from pipeline.core.arrays import Rgb
from pipeline.core.errors import MaskwrightError
from pipeline.core.params import FacesParams
from pipeline.prediction import ready
from pipeline.prediction.answers import FacePrediction
from pipeline.prediction.classifier import logits_of
from pipeline.prediction.predictor import FacePredictor
from pipeline.training import loading
from pipeline.training.checkpoint import save_model
from pipeline.training.inference import logits_both_ways
from pipeline.training.labels import heads_of
from pipeline.training.loading import load_classifier, load_model, usual_model
from pipeline.training.models import MaskClassifier, ModelSpec, build_model
from pipeline.training.predicting import TrainedClassifier
from pipeline.training.transforms import to_unit
from stages.tools.predict import command as predict
from tests.prediction.kit import tiny_model

FACES = FacesParams()
FACTS: dict[str, Any] = {"temperatures": {"mask_type": 2.0}, "faces": FACES.model_dump(mode="json")}


def model_of(seed: int = 0) -> MaskClassifier:
    torch.manual_seed(seed)
    return build_model(ModelSpec("masknet", heads_of("type_and_wear"), 32, (0.5,) * 3, (0.2,) * 3, 0.1)).eval()


def face_of(portrait: Rgb, facts: Mapping[str, Any], *, both_ways: bool = True) -> FacePrediction:
    return FacePredictor(TrainedClassifier(model_of(), facts), both_ways=both_ways)(portrait)[0]


def test_a_trained_model_answers_as_pytorch_computes() -> None:
    images = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), dtype=np.uint8)
    units = to_unit(torch.from_numpy(images).permute(0, 3, 1, 2))
    with torch.inference_mode():
        alone, both = model_of()(units), logits_both_ways(model_of(), units)
    classifier = TrainedClassifier(model_of(), FACTS)
    for head in ("mask_type", "wear"):
        np.testing.assert_allclose(classifier(images)[head], alone[head].numpy(), atol=1e-5)
        found = logits_of(classifier, list(images), both_ways=True)[head]
        np.testing.assert_allclose(found, both[head].numpy(), atol=1e-5)


def test_probabilities_sum_to_one_and_follow_the_temperature(portrait: Rgb) -> None:
    plain, soft = (
        face_of(portrait, FACTS | {"temperatures": {"mask_type": t}}).answers["mask_type"] for t in (1.0, 9.0)
    )
    assert sum(plain.probabilities.values()) == pytest.approx(1, abs=1e-5)
    assert plain.label == soft.label
    assert plain.probability > soft.probability


def test_the_mirror_image_counts_unless_asked_one_way(portrait: Rgb) -> None:
    mirrored, alone = (face_of(portrait, FACTS, both_ways=way) for way in (True, False))
    assert mirrored.box == alone.box
    assert mirrored.answers["mask_type"].probabilities != alone.answers["mask_type"].probabilities


def test_thresholds_of_the_record_make_answers_unsure(portrait: Rgb) -> None:
    answers = face_of(portrait, FACTS | {"unsure_below": {"wear": 1.0}}).answers
    assert (answers["wear"].unsure, answers["mask_type"].unsure) == (True, False)


def test_weights_that_are_no_numbers_are_told() -> None:
    model = model_of()
    with torch.no_grad():
        next(model.heads["wear"].parameters()).fill_(torch.nan)
    with pytest.raises(MaskwrightError, match="no finite number: its weights are damaged"):
        TrainedClassifier(model, FACTS)(np.zeros((1, 32, 32, 3), dtype=np.uint8))


def test_the_command_takes_a_trained_model(tmp_path: Path, portrait_jpeg: bytes) -> None:
    save_model(tmp_path / "model.pt", model_of(), FACTS)
    (tmp_path / "a.jpg").write_bytes(portrait_jpeg)
    result = CliRunner().invoke(predict, ["--model", str(tmp_path / "model.pt"), str(tmp_path / "a.jpg")])
    assert result.exit_code == 0, result.output
    assert "wear" in result.stdout


def test_a_damaged_trained_model_is_told(tmp_path: Path) -> None:
    (tmp_path / "model.pt").write_bytes(b"no model")
    with pytest.raises(MaskwrightError, match="holds no model"):
        load_model(tmp_path / "model.pt")


@pytest.fixture
def without_ready(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A working directory without a model, and a place for a ready one that is empty."""
    monkeypatch.chdir(tmp_path)
    for module in (ready, loading):
        monkeypatch.setattr(module, "READY_MODEL", tmp_path / "ready.onnx")
    return tmp_path


def test_the_project_s_own_model_comes_before_the_ready_one(without_ready: Path) -> None:
    (without_ready / "ready.onnx").write_bytes(tiny_model())
    assert usual_model() == without_ready / "ready.onnx"
    (without_ready / "models").mkdir()
    (without_ready / "models/model.pt").write_bytes(b"")
    assert usual_model() == Path("models/model.pt")


def test_the_ready_model_is_the_default_in_python(without_ready: Path, portrait: Rgb) -> None:
    (without_ready / "ready.onnx").write_bytes(tiny_model())
    assert load_model()(portrait) == load_model("ready")(portrait) == load_model(without_ready / "ready.onnx")(portrait)


def test_a_build_without_a_ready_model_says_so(without_ready: Path) -> None:
    with pytest.raises(MaskwrightError, match="brings no ready model"):
        load_model()
    result = CliRunner().invoke(predict, ["x.jpg"])
    assert result.exit_code == 1
    (without_ready / "x.jpg").write_bytes(b"")
    result = CliRunner().invoke(predict, ["x.jpg"])
    assert (result.exit_code, "brings no ready model" in result.stderr) == (1, True)


def test_a_device_is_for_pytorch(tmp_path: Path) -> None:
    (tmp_path / "m.onnx").write_bytes(tiny_model())
    with pytest.raises(MaskwrightError, match=r"--device cuda is for a model\.pt"):
        load_classifier(tmp_path / "m.onnx", "cuda")


def test_a_trained_model_without_pytorch_names_the_extra(
    tmp_path: Path, portrait_jpeg: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.jpg").write_bytes(portrait_jpeg)
    (tmp_path / "m.pt").touch()
    monkeypatch.delitem(sys.modules, "pipeline.training.predicting")
    monkeypatch.setitem(sys.modules, "torch", None)
    result = CliRunner().invoke(predict, ["--model", str(tmp_path / "m.pt"), str(tmp_path / "a.jpg")])
    assert result.exit_code == 1
    assert "pip install 'maskwright[train]'" in result.stderr
