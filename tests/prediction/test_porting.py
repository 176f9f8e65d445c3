"""A port that knows a model file's metadata alone gives the same answers: the metadata say enough."""

import json
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import onnxruntime
import pytest
from PIL import Image as PillowImage

from pipeline.core.arrays import Rgb
from pipeline.faces.detectors import Box
from pipeline.prediction.classifier import OnnxClassifier
from pipeline.prediction.predictor import FacePredictor
from pipeline.prediction.ready import READY_MODEL
from pipeline.prediction.usage import Preprocessing
from tests.prediction.kit import tiny_model

Resize = Callable[[Rgb, int], Rgb]


def by_opencv(picture: Rgb, side_px: int) -> Rgb:
    return np.asarray(cv2.resize(picture, (side_px, side_px), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def by_pillow(picture: Rgb, side_px: int) -> Rgb:
    how = PillowImage.Resampling.BOX if side_px <= len(picture) else PillowImage.Resampling.BILINEAR
    return np.asarray(PillowImage.fromarray(picture).resize((side_px, side_px), how))


def ported(session: Any, rgb: Rgb, box: Box, resize: Resize) -> dict[str, Any]:
    """Probabilities by head, by what the file says and nothing else of this project."""
    said = json.loads(session.get_modelmeta().custom_metadata_map["maskwright"])
    steps = said["preprocessing"]
    assert (steps["colour_order"], steps["layout"], steps["dtype"]) == ("RGB", "NCHW", "float32")
    assert (steps["square"], steps["border"]) == ("longer side of the box", "replicate")
    assert (steps["interpolation"], steps["antialias"]) == ("area", True)
    side = round(said["crop"]["crop_scale"] * max(box.right - box.left, box.bottom - box.top))
    left, top = round((box.left + box.right - side) / 2), round((box.top + box.bottom - side) / 2)
    rows = np.clip(np.arange(top, top + side), 0, rgb.shape[0] - 1)
    columns = np.clip(np.arange(left, left + side), 0, rgb.shape[1] - 1)
    picture = rgb[rows][:, columns]
    for key in steps["resized_to"]:
        picture = resize(picture, said[key] if key in said else said["crop"][key.removeprefix("crop.")])
    unit = picture.astype(np.float32) / steps["divide_by"]
    image = (unit - np.float32(steps["mean"])) / np.float32(steps["std"])
    logits = session.run(None, {session.get_inputs()[0].name: image.transpose(2, 0, 1)[None]})
    heads = [output.name for output in session.get_outputs()]
    return {head: softmax(one[0] / said["temperatures"].get(head, 1)) for head, one in zip(heads, logits, strict=True)}


def softmax(logits: Any) -> Any:
    powers = np.exp(logits - logits.max())
    return powers / powers.sum()


@pytest.fixture(params=["ready", "tiny"])
def model(request: pytest.FixtureRequest) -> bytes:
    tiny = tiny_model(preprocessing=Preprocessing().model_dump(mode="json"))
    return READY_MODEL.read_bytes() if request.param == "ready" else tiny


@pytest.mark.parametrize("factor", [1, 0.35])
@pytest.mark.parametrize(("resize", "apart"), [(by_opencv, 1e-5), (by_pillow, 0.02)])
def test_a_port_by_the_metadata_alone_answers_alike(
    model: bytes, portrait: Rgb, factor: float, resize: Resize, apart: float
) -> None:
    """At a third of its size the face is smaller than the crop, at its own it is larger; its crop leaves the photo."""
    size = [round(side * factor) for side in portrait.shape[1::-1]]
    photo = np.asarray(PillowImage.fromarray(portrait).resize((size[0], size[1])))
    (face,) = FacePredictor(OnnxClassifier(model, "m"), both_ways=False)(photo)
    found = ported(onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"]), photo, face.box, resize)
    for head, answer in face.answers.items():
        assert max(answer.probabilities.values()) == pytest.approx(found[head].max(), abs=apart)
        assert list(answer.probabilities.values()) == pytest.approx(list(found[head]), abs=apart)
