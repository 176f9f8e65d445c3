"""A trained model as ONNX, with all that is needed to use it stored in the file."""

import logging
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
import onnxruntime
import onnxscript.optimizer
import torch

from pipeline.core.errors import MaskwrightError
from pipeline.prediction.usage import METADATA_KEY
from pipeline.training.models import MaskClassifier
from pipeline.training.predicting import usage_of

TOLERANCE = 1e-4
"""How far a logit of the file may be from PyTorch's."""

_CHECKED_IMAGES = 5
_OPSET = 18


def export_onnx(model: MaskClassifier, facts: Mapping[str, Any]) -> bytes:
    """The file's bytes: float32 images `(N, 3, image_px, image_px)` in [0, 1] in, logits by head out.

    Normalisation is inside; classes, temperatures and how a face is cut out stand in the metadata under `maskwright`,
    as `pipeline.prediction.usage.ModelUsage`.

    Raises:
        MaskwrightError: the file computes something else than the model.
    """
    graph = _graph(model)
    onnx.helper.set_model_props(graph, {METADATA_KEY: usage_of(model, facts).to_json()})
    onnx.checker.check_model(graph)
    data: bytes = graph.SerializeToString()
    worst = largest_difference(model, data)
    if worst > TOLERANCE:
        raise MaskwrightError(
            f"the ONNX file differs from the model by {worst:.2g}, more than {TOLERANCE}: not written"
        )
    return data


def _graph(model: MaskClassifier) -> Any:
    side = model.spec.image_px
    names = [head.name for head in model.spec.heads]
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the exporter's own deprecations
        program = torch.onnx.export(
            _Ordered(model.cpu().eval()),
            (torch.rand(2, 3, side, side),),
            input_names=["images"],
            output_names=names,
            dynamic_shapes={"images": {0: torch.export.Dim("batch")}},
            opset_version=_OPSET,
            dynamo=True,
            verbose=False,
            optimize=False,  # it would fold normalisation into the weights, and these may be a start for training
        )
    if program is None:  # the signature's other case, of a path given
        raise MaskwrightError("PyTorch exported nothing")
    # or onnxruntime leaves the bounds of ReLU6 apart: mobilenet_v2 takes three times as long
    onnxscript.optimizer.fold_constants(program.model)
    onnxscript.optimizer.remove_unused_nodes(program.model)
    return program.model_proto


class _Ordered(torch.nn.Module):
    """The model with a tuple of logits: ONNX outputs have an order."""

    def __init__(self, model: MaskClassifier) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Logits in the order of the heads."""
        found = self.model(images)
        return tuple(found[head.name] for head in self.model.spec.heads)


def largest_difference(model: MaskClassifier, data: bytes) -> float:
    """The largest difference between a logit of the file and of the model, on random images."""
    images = torch.rand(_CHECKED_IMAGES, 3, model.spec.image_px, model.spec.image_px, generator=torch.Generator())
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    names = [head.name for head in model.spec.heads]
    with torch.inference_mode():
        expected = model.cpu().eval()(images)
    found = session.run(names, {"images": images.numpy()})
    return max(float(np.abs(expected[name].numpy() - got).max()) for name, got in zip(names, found, strict=True))
