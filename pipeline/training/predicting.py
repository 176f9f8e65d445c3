"""A trained model as a classifier of crops, for whatever asks one: PyTorch's side of `pipeline.prediction`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from pipeline.core.arrays import Rgb
from pipeline.core.errors import MaskwrightError
from pipeline.prediction.usage import FORMAT, ModelUsage, parse_usage
from pipeline.scores.probabilities import Logits
from pipeline.training.checkpoint import load_model
from pipeline.training.inference import choose_device
from pipeline.training.models import MaskClassifier
from pipeline.training.stored import require_facts
from pipeline.training.transforms import to_unit


class TrainedClassifier:
    """A model that PyTorch runs, in evaluation mode, on the device where it is."""

    def __init__(self, model: MaskClassifier, facts: Mapping[str, Any], origin: str = "the model") -> None:
        self._model, self._origin = model.eval(), origin
        self._device = next(model.parameters()).device
        self.usage = usage_of(model, facts, origin)

    @torch.inference_mode()
    def __call__(self, crops: Rgb) -> dict[str, Logits]:
        """Logits `(N, classes)` by head of crops `uint8 (N, image_px, image_px, 3)`.

        Raises:
            MaskwrightError: the model gives what is no number.
        """
        images = torch.from_numpy(crops).permute(0, 3, 1, 2).to(self._device)
        found = {str(head): logits.float().cpu() for head, logits in self._model(to_unit(images)).items()}
        if not all(bool(torch.isfinite(logits).all()) for logits in found.values()):
            raise MaskwrightError(f"{self._origin}: its output is no finite number: its weights are damaged")
        return {head: logits.numpy() for head, logits in found.items()}


def load_trained(path: Path, device: str = "cpu") -> TrainedClassifier:
    """The classifier in a `model.pt`; `device` is `cpu`, `cuda` or `auto`.

    Raises:
        MaskwrightError: the file is no model, or there is no such device.
    """
    model, facts = load_model(path, choose_device(device))
    require_facts(path, facts, "faces", "temperatures")
    return TrainedClassifier(model, facts, str(path))


def usage_of(model: MaskClassifier, facts: Mapping[str, Any], origin: str = "the model") -> ModelUsage:
    """How a model is used, by its specification and the facts of its training.

    Raises:
        MaskwrightError: the facts say something impossible.
    """
    side = model.spec.image_px
    known = {key: facts[key] for key in ("resize", "temperatures", "unsure_below") if key in facts}
    said = {
        "format": FORMAT,
        "input": f"RGB, float32 in [0, 1], N x 3 x {side} x {side}; normalisation is inside the model",
        "image_px": side,
        "crop": facts["faces"],
        "classes": {head.name: head.classes for head in model.spec.heads},
    }
    return parse_usage(said | known, origin)
