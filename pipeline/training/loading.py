"""The model behind a path, whatever runs it: onnxruntime, which the base install has, or PyTorch."""

from pathlib import Path

from pipeline.core.errors import MaskwrightError
from pipeline.core.paths import MODEL
from pipeline.prediction.classifier import Classifier, OnnxClassifier
from pipeline.prediction.predictor import FacePredictor
from pipeline.prediction.ready import READY, READY_MODEL, ready_model
from pipeline.storage.presence import require_present

_OF_PYTORCH = frozenset({".pt", ".pth"})


def load_model(model: Path | str = READY, device: str = "cpu", *, both_ways: bool = True) -> FacePredictor:
    """What finds the faces of a photo and tells the mask of each.

    `model` is an `.onnx` file that `maskwright export-model` wrote, a trained `model.pt` (for which the extra `train`
    must be installed), or `ready`, the model that comes along. `device` is PyTorch's: `cpu`, `cuda` or `auto`.
    `both_ways` asks of each face's mirror image too.

    >>> import numpy as np
    >>> predictor = load_model("models/model.onnx")  # doctest: +SKIP
    >>> predictor(np.zeros((480, 640, 3), dtype=np.uint8))  # doctest: +SKIP
    []

    Raises:
        MaskwrightError: the file is no model, or there is no such device.
        ModuleNotFoundError: it is PyTorch's and that isn't installed.
    """
    return FacePredictor(load_classifier(model, device), both_ways=both_ways)


def load_classifier(model: Path | str = READY, device: str = "cpu") -> Classifier:
    """As `load_model`, of crops alone.

    Raises:
        MaskwrightError, ModuleNotFoundError: as `load_model`.
    """
    path = ready_model() if model == READY else Path(model)
    if path.suffix.lower() in _OF_PYTORCH:
        require_present(path)
        from pipeline.training.predicting import load_trained  # noqa: PLC0415 - the extra `train` brings PyTorch

        return load_trained(path, device)
    if device != "cpu":
        raise MaskwrightError(f"{path}: onnxruntime runs it on the processor; --device {device} is for a model.pt")
    return OnnxClassifier.read(path)


def usual_model() -> Path:
    """The project's own trained model where there is one, else the one that comes along.

    Raises:
        MaskwrightError: there is neither.
    """
    if MODEL.is_file():
        return MODEL
    if not READY_MODEL.is_file():
        raise MaskwrightError(f"{MODEL} is not there, and this build brings no ready model: train one, or use --model")
    return READY_MODEL
