"""An ONNX file as small as it gets without computing anything else: half-precision weights, no notes of its making."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

_SMALLEST = 64
"""Smaller tensors stay as they are: they weigh nothing, and scales and offsets want their digits."""


def halved(data: bytes) -> bytes:
    """The same graph with its larger float32 weights stored as float16, brought back to float32 as they are loaded.

    onnxruntime folds the casts once, so that speed and arithmetic are as of the whole file; a weight moves by at most
    one part in 2,048.

    Raises:
        ValueError: a weight is too large for half precision.
    """
    model = onnx.load_from_string(data)
    casts = []
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if tensor.data_type != TensorProto.FLOAT or values.size < _SMALLEST:
            continue
        name, largest = tensor.name, np.abs(values).max()
        if not largest <= np.finfo(np.float16).max:
            raise ValueError(f"{name}: {largest:.3g} is too large for half precision")
        small = values.astype(np.float16)
        tensor.CopyFrom(numpy_helper.from_array(small, f"{name}_half"))
        casts.append(helper.make_node("Cast", [f"{name}_half"], [name], to=TensorProto.FLOAT))
    for part in (*model.graph.node, *model.graph.value_info, *model.graph.input, *model.graph.output):
        part.ClearField("metadata_props")  # the exporter notes which line of which file each comes from
        part.ClearField("doc_string")
    model.graph.ClearField("metadata_props")
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    onnx.checker.check_model(model)
    whole: bytes = model.SerializeToString()
    return whole
