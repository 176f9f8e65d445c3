import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from generators.ready_model.halving import halved


def a_model(weights: NDArray[np.float32]) -> bytes:
    node = helper.make_node("MatMul", ["x", "w"], ["y"], doc_string="of /home/somebody/model.py")
    node.metadata_props.add(key="stack_trace", value="File /home/somebody/model.py, line 3")
    graph = helper.make_graph(
        [node],
        "product",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, weights.shape[0]])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, weights.shape[1]])],
        [numpy_helper.from_array(weights, "w")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    helper.set_model_props(model, {"maskwright": "kept"})
    whole: bytes = model.SerializeToString()
    return whole


def answer(data: bytes, x: NDArray[np.float32]) -> NDArray[np.float32]:
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    return np.asarray(session.run(None, {"x": x})[0])


def test_half_the_size_and_nearly_the_same_answer() -> None:
    rng = np.random.default_rng(0)
    weights, x = rng.normal(size=(64, 64)).astype(np.float32), rng.normal(size=(3, 64)).astype(np.float32)
    whole = a_model(weights)
    small = halved(whole)
    assert len(small) < 0.6 * len(whole)
    assert answer(small, x) == pytest.approx(answer(whole, x), abs=0.02)
    assert {one.key: one.value for one in onnx.load_from_string(small).metadata_props} == {"maskwright": "kept"}


def test_nothing_tells_where_it_was_made() -> None:
    whole = a_model(np.ones((64, 64), dtype=np.float32))
    assert b"somebody" in whole
    assert b"somebody" not in halved(whole)


def test_small_weights_keep_their_digits() -> None:
    weights = np.full((4, 4), 1 / 3, dtype=np.float32)
    x = np.ones((1, 4), dtype=np.float32)
    assert np.array_equal(answer(halved(a_model(weights)), x), answer(a_model(weights), x))


def test_a_weight_beyond_half_precision_is_refused() -> None:
    with pytest.raises(ValueError, match=r"w: 1e\+05 is too large"):
        halved(a_model(np.full((64, 64), 1e5, dtype=np.float32)))
