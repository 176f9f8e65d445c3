from pathlib import Path

import numpy as np
import pytest

from pipeline.core.arrays import Rgb
from pipeline.core.errors import MaskwrightError
from pipeline.prediction.predictor import FacePredictor
from pipeline.toolkit import telling
from pipeline.toolkit.telling import predict
from pipeline.training.loading import load_model
from tests.prediction.kit import tiny_model


def test_the_ready_model_tells_a_bare_face(portrait: Rgb) -> None:
    (face,) = predict(portrait)
    assert face.answers["mask_type"].label == "none"
    assert predict(np.full((99, 99), 128, np.uint8)) == []


def test_a_model_is_loaded_once_and_anew_when_it_changes(
    portrait: Rgb, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded: list[str] = []

    def load(name: str, *, both_ways: bool) -> FacePredictor:
        loaded.append(name)
        return load_model(name, both_ways=both_ways)

    monkeypatch.setattr(telling, "load_model", load)
    path = tmp_path / "model.onnx"
    path.write_bytes(tiny_model())
    assert predict(portrait, path) == predict(portrait, str(path))
    assert len(loaded) == 1
    path.write_bytes(tiny_model())
    predict(portrait, path)
    assert len(loaded) == 2


def test_no_model_is_told(portrait: Rgb, tmp_path: Path) -> None:
    with pytest.raises(MaskwrightError, match=r"absent\.onnx"):
        predict(portrait, tmp_path / "absent.onnx")
