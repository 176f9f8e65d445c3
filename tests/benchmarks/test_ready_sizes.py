from pathlib import Path

import numpy as np
import onnx

from benchmarks.ready_sizes import DrawnCrops, whole
from generators.ready_model.halving import halved
from pipeline.core.arrays import Rgb
from pipeline.prediction.classifier import OnnxClassifier
from pipeline.storage.images import write_image
from tests.prediction.kit import IMAGE_PX, tiny_model


def test_halves_made_whole_say_the_same(portrait: Rgb) -> None:
    small = halved(tiny_model())
    large = whole(onnx.load_from_string(small))
    assert {node.op_type for node in large.graph.node} == {"Flatten", "Gemm"}
    assert not any(one.data_type == onnx.TensorProto.FLOAT16 for one in large.graph.initializer)
    crops = portrait[None, :IMAGE_PX, :IMAGE_PX]
    said, again = (OnnxClassifier(data, "test")(crops) for data in (small, large.SerializeToString()))
    for head, logits in said.items():
        assert np.array_equal(logits, again[head])


def test_crops_are_spread_over_the_folder_and_end(tmp_path: Path, portrait: Rgb) -> None:
    for name in ("a/ü 1.png", "b/2.png"):
        write_image(tmp_path / name, portrait)
    (tmp_path / "notes.txt").write_text("no crop")
    reader = DrawnCrops(tmp_path, 32)
    found = [reader.get_next(), reader.get_next()]
    assert reader.get_next() is None
    assert all(one is not None and one["images"].shape == (1, 3, 32, 32) for one in found)
