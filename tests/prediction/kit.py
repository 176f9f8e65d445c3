"""A model small enough to be made in a test: one matrix from pixels to the logits of each head."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from pipeline.core.params import FacesParams
from pipeline.prediction.classifier import OnnxClassifier

IMAGE_PX = 16
CLASSES = {"mask_type": ("none", "cloth", "surgical", "ffp2"), "wear": ("none", "correct", "nose_exposed")}


def usage_document(classes: Mapping[str, tuple[str, ...]] = CLASSES, **said: Any) -> dict[str, Any]:
    """What stands in the metadata of such a model."""
    return {
        "format": 2,
        "image_px": IMAGE_PX,
        "resize": "area",
        "crop": FacesParams().model_dump(mode="json"),
        "classes": {head: list(names) for head, names in classes.items()},
        "temperatures": {},
        **said,
    }


def tiny_graph(classes: Mapping[str, tuple[str, ...]] = CLASSES, biases: Mapping[str, Any] | None = None) -> Any:
    """The model without metadata: logits are a seeded random matrix times the pixels, plus `biases`."""
    pixels = 3 * IMAGE_PX**2
    rng = np.random.default_rng(0)
    nodes, weights, outputs = [helper.make_node("Flatten", ["images"], ["flat"])], [], []
    for head, names in classes.items():
        matrix = rng.normal(0, 2 / np.sqrt(pixels), (pixels, len(names))).astype(np.float32)
        bias = np.asarray((biases or {}).get(head, np.zeros(len(names))), dtype=np.float32)
        weights += [numpy_helper.from_array(matrix, f"{head}_w"), numpy_helper.from_array(bias, f"{head}_b")]
        nodes.append(helper.make_node("Gemm", ["flat", f"{head}_w", f"{head}_b"], [head]))
        outputs.append(helper.make_tensor_value_info(head, TensorProto.FLOAT, ["batch", len(names)]))
    shape = ["batch", 3, IMAGE_PX, IMAGE_PX]
    images = helper.make_tensor_value_info("images", TensorProto.FLOAT, shape)
    graph = helper.make_graph(nodes, "tiny", [images], outputs, weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)


def with_usage(model: Any, document: object) -> bytes:
    """The file's bytes, the document in its metadata; text is taken as it is."""
    text = document if isinstance(document, str) else json.dumps(document)
    onnx.helper.set_model_props(model, {"maskwright": text})
    data: bytes = model.SerializeToString()
    return data


def tiny_model(
    classes: Mapping[str, tuple[str, ...]] = CLASSES, *, biases: Mapping[str, Any] | None = None, **said: Any
) -> bytes:
    """A whole model file; `said` goes into its metadata."""
    return with_usage(tiny_graph(classes, biases), usage_document(classes, **said))


def tiny_classifier(
    classes: Mapping[str, tuple[str, ...]] = CLASSES, *, biases: Mapping[str, Any] | None = None, **said: Any
) -> OnnxClassifier:
    """The same, loaded."""
    return OnnxClassifier(tiny_model(classes, biases=biases, **said), "tiny.onnx")
