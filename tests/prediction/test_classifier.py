from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from pipeline.core.errors import MaskwrightError
from pipeline.prediction.classifier import OnnxClassifier, logits_of
from pipeline.prediction.onnx_parts import has_outside_weights
from tests.prediction.kit import (
    CLASSES,
    IMAGE_PX,
    tiny_classifier,
    tiny_graph,
    tiny_model,
    usage_document,
    with_usage,
)


def crops(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, IMAGE_PX, IMAGE_PX, 3), dtype=np.uint8)


def probabilities(logits: np.ndarray) -> np.ndarray:
    raised = np.exp(logits.astype(float))
    return np.asarray(raised / raised.sum(1, keepdims=True))


def test_logits_are_the_matrix_times_pixels_in_0_to_1() -> None:
    images = crops(3)
    matrix = onnx.numpy_helper.to_array(next(w for w in tiny_graph().graph.initializer if w.name == "mask_type_w"))
    flat = (images.transpose(0, 3, 1, 2) / 255).reshape(3, -1)
    found = tiny_classifier()(images)
    assert list(found) == list(CLASSES)
    np.testing.assert_allclose(found["mask_type"], flat @ matrix, atol=1e-5)


@pytest.mark.parametrize("count", [1, 5])
def test_both_ways_is_the_mean_over_a_face_and_its_mirror_image(count: int) -> None:
    classifier, images = tiny_classifier(), crops(count)
    both = logits_of(classifier, list(images), both_ways=True)
    seen, mirrored = (probabilities(classifier(one)["wear"]) for one in (images, images[:, :, ::-1]))
    assert np.abs(seen - mirrored).max() > 0.01
    np.testing.assert_allclose(probabilities(both["wear"]), (seen + mirrored) / 2, atol=1e-6)
    alone = logits_of(classifier, list(images), both_ways=False)
    np.testing.assert_allclose(probabilities(alone["wear"]), seen, atol=1e-6)


def test_a_face_is_told_alike_alone_and_with_others() -> None:
    classifier, images = tiny_classifier(), crops(9)
    together = classifier(images)["mask_type"]
    np.testing.assert_allclose(together[4:5], classifier(images[4:5])["mask_type"], atol=1e-5)


def told(data: bytes) -> str:
    with pytest.raises(MaskwrightError) as error:
        OnnxClassifier(data, "m.onnx")
    message = str(error.value)
    assert message.startswith("m.onnx: ")
    assert "\n" not in message
    return message


@pytest.mark.parametrize("data", [b"", b"PK\3\4 no model", b"\x08\x09", tiny_model()[:2000], b"\xff" * 400])
def test_a_damaged_file_is_one_sentence(data: bytes) -> None:
    assert "not a model that `maskwright export-model` wrote" in told(data)


def test_a_file_whose_bytes_are_flipped_is_a_model_or_one_sentence() -> None:
    """Whatever is damaged: no exception but the one for the user."""
    whole = tiny_model()
    rng = np.random.default_rng(0)
    for _ in range(100):
        data = bytearray(whole)
        for place in rng.integers(0, len(data) if rng.random() < 0.3 else 300, 3):
            data[-place] = rng.integers(0, 256)
        with suppress(MaskwrightError):
            OnnxClassifier(bytes(data), "m.onnx")


def test_another_program_s_model_is_told() -> None:
    assert "its metadata have no 'maskwright'" in told(tiny_graph().SerializeToString())


def test_metadata_that_speak_of_other_outputs_are_told() -> None:
    other = {"mask_type": CLASSES["mask_type"], "valve": ("no", "yes")}
    assert "its outputs are ['mask_type', 'wear']" in told(with_usage(tiny_graph(), usage_document(other)))


def test_metadata_that_count_other_classes_are_told() -> None:
    fewer = CLASSES | {"wear": ("none", "correct")}
    assert "its output wear has the shape (1, 3), expected (1, 2)" in told(
        with_usage(tiny_graph(), usage_document(fewer))
    )


def test_a_model_of_another_picture_size_is_told() -> None:
    assert "it can't be run" in told(with_usage(tiny_graph(), usage_document(image_px=IMAGE_PX * 2)))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_no_numbers_are_told(value: float) -> None:
    assert "no finite number: its weights are damaged" in told(tiny_model(biases={"wear": [0, value, 0]}))


def outside(model: Any, location: str) -> Any:
    """The model with its first weights in another file."""
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", location
    return model


def within_branch(model: Any) -> Any:
    """The model with such weights inside the branch of an `If`."""
    inner = outside(tiny_graph({"a": ("x", "y")}), "weights.bin").graph
    model.graph.node.append(helper.make_node("If", ["c"], ["z"], then_branch=inner, else_branch=inner))
    return model


@pytest.mark.parametrize("location", ["weights.bin", "../weights.bin", "/etc/passwd"])
def test_weights_in_another_file_are_never_opened(
    location: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Relative to the working directory, the runtime would take them."""
    (tmp_path / "run").mkdir()
    for folder in (tmp_path, tmp_path / "run"):
        np.ones((3 * IMAGE_PX**2, 4), dtype=np.float32).tofile(folder / "weights.bin")
    monkeypatch.chdir(tmp_path / "run")
    assert "it keeps weights in another file" in told(with_usage(outside(tiny_graph(), location), usage_document()))


def test_weights_in_another_file_are_seen_within_branches() -> None:
    assert has_outside_weights(within_branch(tiny_graph()).SerializeToString())
    assert not has_outside_weights(tiny_model())


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(MaskwrightError, match=r"gone.onnx: cannot be read: No such file"):
        OnnxClassifier.read(tmp_path / "gone.onnx")
