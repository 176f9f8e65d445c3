import json
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from pipeline.errors import MaskwrightError
from pipeline.training import exporting
from pipeline.training.checkpoint import save_model
from pipeline.training.labels import heads_of
from pipeline.training.models import MaskClassifier, ModelSpec, build_model
from stages.export import command as export

onnxruntime = pytest.importorskip("onnxruntime")
pytest.importorskip("onnxscript")

FACTS = {"temperatures": {"mask_type": 1.3, "wear": 0.9}, "faces": {"detector": "yunet", "crop_scale": 1.35}}


def model_of(name: str) -> MaskClassifier:
    torch.manual_seed(0)
    return build_model(ModelSpec(name, heads_of("type_and_wear"), 32, (0.5,) * 3, (0.2,) * 3, 0.1))


@pytest.mark.parametrize("name", ["masknet", "mobilenet_v3_small"])
def test_the_file_computes_what_the_model_does(tmp_path: Path, name: str) -> None:
    model = model_of(name)
    save_model(tmp_path / "model.pt", model, FACTS)
    result = CliRunner().invoke(export, ["--model", str(tmp_path / "model.pt"), "--out", str(tmp_path / "model.onnx")])
    assert result.exit_code == 0, result.output
    session = onnxruntime.InferenceSession(str(tmp_path / "model.onnx"))
    for count in (1, 7):
        images = np.random.default_rng(count).random((count, 3, 32, 32), dtype=np.float32)
        types, wear = session.run(None, {"images": images})
        with torch.inference_mode():
            expected = model.eval()(torch.from_numpy(images))
        assert np.abs(types - expected["mask_type"].numpy()).max() < exporting.TOLERANCE
        assert wear.shape == (count, 5)
    usage = json.loads(session.get_modelmeta().custom_metadata_map["maskwright"])
    assert usage["classes"]["mask_type"] == ["none", "cloth", "surgical", "ffp2"]
    assert (usage["image_px"], usage["crop"], usage["temperatures"]) == (32, FACTS["faces"], FACTS["temperatures"])


def test_a_file_that_differs_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "largest_difference", lambda *_: 0.01)
    with pytest.raises(MaskwrightError, match=r"differs from the model by 0\.01"):
        exporting.export_onnx(model_of("masknet"), FACTS)
