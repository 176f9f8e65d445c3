"""What smaller files of a model are worth: its weights in half precision, all of it in half precision, and in int8.

    python -m benchmarks.ready_sizes CALIBRATION DATA [--model FILE]

CALIBRATION is a folder of drawn crops, of which int8 takes the ranges of its numbers; DATA as `benchmarks.ready_model`
takes it. Printed are megabytes, the type and mask or none on both sets, and the least CPU time a face and look.
"""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
import cv2
import numpy as np
import onnx
from onnx import TensorProto, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process
from onnxruntime.transformers.float16 import convert_float_to_float16

from benchmarks.ready_model.__main__ import SETS
from benchmarks.ready_model.crops import Crops, class_files, read_crops
from pipeline.core.arrays import Rgb
from pipeline.prediction.classifier import OnnxClassifier
from pipeline.prediction.predictor import FacePredictor
from pipeline.prediction.ready import ready_model
from pipeline.storage.images import EXTENSIONS, read_image

_CALIBRATED_ON = 300
_BATCH, _TURNS = 8, 30


@click.command()
@click.argument("calibration", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("data", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--model", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def command(calibration: Path, data: Path, model: Path | None) -> None:
    """Print a line a file."""
    with TemporaryDirectory() as folder:
        for name, path in smaller(model or ready_model(), calibration, Path(folder)):
            click.echo(f"{name}: {measured(path, data)}")


def smaller(model: Path, calibration: Path, folder: Path) -> Iterator[tuple[str, Path]]:
    """The model as it is, and the files that are made of it."""
    yield "as it is", model
    graph = whole(onnx.load(model))
    onnx.save(graph, folder / "whole.onnx")
    half = convert_float_to_float16(onnx.load(folder / "whole.onnx"), keep_io_types=True, disable_shape_infer=True)
    onnx.save(half, folder / "half.onnx")
    yield "float16 throughout", folder / "half.onnx"
    quant_pre_process(str(folder / "whole.onnx"), str(folder / "prepared.onnx"), skip_symbolic_shape=True)
    side = OnnxClassifier.read(model).usage.image_px
    quantize_static(
        str(folder / "prepared.onnx"),
        str(folder / "int8.onnx"),
        DrawnCrops(calibration, side),
        per_channel=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
    )
    eight = onnx.load(folder / "int8.onnx")
    onnx.helper.set_model_props(eight, {entry.key: entry.value for entry in graph.metadata_props})
    onnx.save(eight, folder / "int8.onnx")
    yield "int8", folder / "int8.onnx"


def whole(graph: Any) -> Any:
    """The graph with weights that it keeps as float16 in float32, and without their casts."""
    halves = {one.name: one for one in graph.graph.initializer if one.data_type == TensorProto.FLOAT16}
    for node in [one for one in graph.graph.node if one.op_type == "Cast" and one.input[0] in halves]:
        values = numpy_helper.to_array(halves[node.input[0]]).astype(np.float32)
        graph.graph.initializer.remove(halves[node.input[0]])
        graph.graph.initializer.append(numpy_helper.from_array(values, node.output[0]))
        graph.graph.node.remove(node)
    return graph


class DrawnCrops(CalibrationDataReader):  # type: ignore[misc]
    """Crops spread over a folder, as the quantiser asks for them."""

    def __init__(self, folder: Path, side_px: int) -> None:
        found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in EXTENSIONS)
        chosen = found[:: max(1, len(found) // _CALIBRATED_ON)][:_CALIBRATED_ON]
        self._crops = (as_input([read_image(path).rgb], side_px) for path in chosen)

    def get_next(self) -> dict[str, Any] | None:
        """The next crop, None after the last."""
        crop = next(self._crops, None)
        return None if crop is None else {"images": crop}


def as_input(pictures: Sequence[Rgb], side_px: int) -> Any:
    """What a model takes: `float32 (N, 3, side_px, side_px)` in [0, 1]."""
    brought = [cv2.resize(rgb, (side_px, side_px), interpolation=cv2.INTER_AREA) for rgb in pictures]
    return np.ascontiguousarray(np.stack(brought).transpose(0, 3, 1, 2), dtype=np.float32) / np.float32(255)


def measured(path: Path, data: Path) -> str:
    """Size, accuracy and speed of one file."""
    classifier = OnnxClassifier.read(path)
    sets = [read_crops(FacePredictor(classifier), class_files(data / name)) for name in SETS]
    told = ", ".join(f"{crops.right.mean():.1%} and {masked_right(crops):.1%} of {len(crops.labels)}" for crops in sets)
    return f"{path.stat().st_size / 1e6:.1f} MB, type and mask or none {told}, {least_ms(classifier):.2f} ms a face"


def masked_right(crops: Crops) -> float:
    """The share told mask or none right."""
    return float(((crops.types[:, 0] < 0.5) == (crops.labels > 0)).mean())


def least_ms(classifier: OnnxClassifier) -> float:
    """CPU time a crop in batches, the least of several."""
    side = classifier.usage.image_px
    crops = np.random.default_rng(0).integers(0, 256, (_BATCH, side, side, 3), dtype=np.uint8)
    return min(_spent_ms(classifier, crops) for _ in range(_TURNS)) / _BATCH


def _spent_ms(classifier: OnnxClassifier, crops: Rgb) -> float:
    started = time.process_time()
    classifier(crops)
    return (time.process_time() - started) * 1000


if __name__ == "__main__":
    command()
