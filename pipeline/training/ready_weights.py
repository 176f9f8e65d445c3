"""The ready model's weights, read back out of its ONNX file, as a start for training."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

_PREFIX, _HALF = "model.backbone.", "_half"


def onnx_backbone(path: Path) -> dict[str, Tensor]:
    """The backbone's `float32` weights by PyTorch's names, from a model file that the exporter wrote.

    Half-precision weights are brought back; a counter of batches, which no file of answers keeps, is 0.

    Raises:
        ModuleNotFoundError: the extra `export`, which reads such files, isn't installed.
    """
    import onnx  # noqa: PLC0415 - an extra brings it

    stored = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in onnx.load(path).graph.initializer}
    backbone = {
        name.removeprefix(_PREFIX).removesuffix(_HALF): torch.from_numpy(values.astype(np.float32))
        for name, values in stored.items()
        if name.startswith(_PREFIX)
    }
    counters = [name.replace("running_mean", "num_batches_tracked") for name in backbone if "running_mean" in name]
    return backbone | {name: torch.tensor(0) for name in counters}
