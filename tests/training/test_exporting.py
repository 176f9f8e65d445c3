from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from pipeline.core.arrays import Rgb
from pipeline.core.errors import MaskwrightError
from pipeline.core.params import FacesParams
from pipeline.prediction.classifier import OnnxClassifier
from pipeline.prediction.predictor import FacePredictor
from pipeline.training import exporting
from pipeline.training.checkpoint import save_model
from pipeline.training.labels import heads_of
from pipeline.training.models import MaskClassifier, ModelSpec, build_model
from pipeline.training.predicting import TrainedClassifier, usage_of
from stages.tools.export_model import command as export

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")
pytest.importorskip("onnxscript")

FACES = FacesParams(crop_scale=1.5)
FACTS = {
    "temperatures": {"mask_type": 1.3, "wear": 0.9},
    "faces": FACES.model_dump(mode="json"),
    "unsure_below": {"mask_type": 0.62},
}


def model_of(seed: int) -> MaskClassifier:
    torch.manual_seed(seed)
    return build_model(ModelSpec("masknet", heads_of("type_and_wear"), 32, (0.5,) * 3, (0.2,) * 3, 0.1)).eval()


@pytest.fixture(scope="module")
def exported() -> bytes:
    """Exporting takes seconds, so it is done once."""
    return exporting.export_onnx(model_of(0), FACTS)


@pytest.mark.parametrize("count", [1, 7])
def test_the_file_computes_what_the_model_does(exported: bytes, count: int) -> None:
    session = onnxruntime.InferenceSession(exported)
    images = np.random.default_rng(count).random((count, 3, 32, 32), dtype=np.float32)
    types, wear = session.run(None, {"images": images})
    with torch.inference_mode():
        expected = model_of(0)(torch.from_numpy(images))
    assert np.abs(types - expected["mask_type"].numpy()).max() < exporting.TOLERANCE
    assert wear.shape == (count, 5)


def test_how_to_use_it_stands_in_the_file(exported: bytes) -> None:
    usage = OnnxClassifier(exported, "exported").usage
    assert usage == usage_of(model_of(0), FACTS)
    assert usage.classes["mask_type"] == ("none", "cloth", "surgical", "ffp2")
    assert (usage.format, usage.image_px, usage.resize, usage.crop) == (2, 32, "area", FACES)
    assert (usage.temperatures, usage.unsure_below) == (FACTS["temperatures"], FACTS["unsure_below"])


def test_both_roads_answer_alike(exported: bytes, portrait: Rgb) -> None:
    ours, theirs = (
        FacePredictor(one)(portrait)[0]
        for one in (OnnxClassifier(exported, "exported"), TrainedClassifier(model_of(0), FACTS))
    )
    assert (ours.box, list(ours.answers)) == (theirs.box, list(theirs.answers))
    for head, answer in ours.answers.items():
        assert answer.label == theirs.answers[head].label
        assert answer.probability == pytest.approx(theirs.answers[head].probability, abs=1e-4)


def test_the_command_writes_the_file(exported: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "_graph", lambda _model: onnx.load_from_string(exported))
    save_model(tmp_path / "model.pt", model_of(0), FACTS)
    result = CliRunner().invoke(export, ["--model", str(tmp_path / "model.pt"), "--out", str(tmp_path / "model.onnx")])
    assert result.exit_code == 0, result.output
    onnxruntime.InferenceSession(str(tmp_path / "model.onnx"))


def test_a_file_that_differs_is_not_written(exported: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "_graph", lambda _model: onnx.load_from_string(exported))
    with pytest.raises(MaskwrightError, match="differs from the model by"):
        exporting.export_onnx(model_of(1), FACTS)
