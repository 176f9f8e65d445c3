"""A trained model on whole photos: faces found, and each one's classes with their probabilities."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor

from pipeline.core.arrays import Rgb
from pipeline.core.params import FacesParams
from pipeline.faces.crops import crop_square
from pipeline.faces.detectors import Box, make_detector
from pipeline.training.checkpoint import load_model
from pipeline.training.inference import choose_device, logits_both_ways
from pipeline.training.models import MaskClassifier
from pipeline.training.transforms import to_unit

_COLOURS = {"none": (220, 60, 50), "no_mask": (220, 60, 50)}
_OTHER_COLOUR = (30, 140, 90)


@dataclass(frozen=True, slots=True)
class Answer:
    """What one head says of a face: the most probable class, its probability, and those of all classes."""

    label: str
    probability: float
    probabilities: dict[str, float]


@dataclass(frozen=True, slots=True)
class FacePrediction:
    """One face of a photo: its box in pixels, and the answers by head."""

    box: Box
    answers: dict[str, Answer]


class FacePredictor:
    """Finds faces as the model's training data were found, and classifies them; holds the models.

    `both_ways` takes each face with its mirror image: right a little more often, for twice the classifier's time.
    """

    def __init__(
        self, model: MaskClassifier, temperatures: Mapping[str, float], faces: FacesParams, *, both_ways: bool = True
    ) -> None:
        self._model, self._temperatures, self._faces = model.eval(), temperatures, faces
        self._detector = make_detector(faces.detector, faces.min_score, faces.long_side_px)
        self._device = next(model.parameters()).device
        self._both_ways = both_ways

    def __call__(self, rgb: Rgb) -> list[FacePrediction]:
        """The faces of a photo that are large enough, the highest score first; none is an empty list."""
        boxes = [b for b in self._detector.detect(rgb) if max(b.width, b.height) >= self._faces.min_face_px]
        if not boxes:
            return []
        crops = [self._crop(rgb, box) for box in boxes]
        answers = self._classify(crops)
        return [FacePrediction(box, found) for box, found in zip(boxes, answers, strict=True)]

    def _crop(self, rgb: Rgb, box: Box) -> Rgb:
        """In two steps, as crops are written and then read for training."""
        crop = crop_square(rgb, box, self._faces.crop_scale, self._faces.crop_px)
        side = self._model.spec.image_px
        return np.asarray(cv2.resize(crop, (side, side), interpolation=cv2.INTER_AREA), dtype=np.uint8)

    @torch.inference_mode()
    def _classify(self, crops: Sequence[Rgb]) -> list[dict[str, Answer]]:
        images = torch.from_numpy(np.stack(crops)).permute(0, 3, 1, 2).to(self._device)
        units = to_unit(images)
        logits = logits_both_ways(self._model, units) if self._both_ways else self._model(units)
        shares = {name: self._probabilities(name, values) for name, values in logits.items()}
        heads = self._model.spec.heads
        return [{head.name: _answer(head.classes, shares[head.name][k]) for head in heads} for k in range(len(crops))]

    def _probabilities(self, head: str, logits: Tensor) -> Tensor:
        return torch.softmax(logits.float() / self._temperatures.get(head, 1.0), 1).cpu()


def _answer(classes: Sequence[str], shares: Tensor) -> Answer:
    best = int(shares.argmax())
    by_class = {name: float(share) for name, share in zip(classes, shares, strict=True)}
    return Answer(classes[best], float(shares[best]), by_class)


def load_predictor(model: Path, device: str = "cpu", *, both_ways: bool = True) -> FacePredictor:
    """The predictor of a trained model, which finds faces as its training data were found.

    `device` is `cpu`, `cuda` or `auto`; `both_ways` as in `FacePredictor`.

    Raises:
        MaskwrightError: the file is no model, or there is no such device.
    """
    classifier, record = load_model(model, choose_device(device))
    faces = FacesParams.model_validate(record["faces"])
    return FacePredictor(classifier, record["temperatures"], faces, both_ways=both_ways)


def predict(photos: Iterable[Rgb], model: Path, device: str = "cpu") -> Iterator[list[FacePrediction]]:
    """The faces of each photo with the classes of the trained model in the file `model`, in the photos' order.

    A photo is `uint8 (H, W, 3)`; one is taken as its answer is asked for. None found is an empty list.

    Raises:
        MaskwrightError: as `load_predictor`, when this is called.
    """
    return map(load_predictor(model, device), photos)


def prediction_row(image: str, index: int, face: FacePrediction) -> dict[str, Any]:
    """Plain values for a line of JSON or CSV."""
    box = face.box
    row: dict[str, Any] = {
        "image": image,
        "face": index,
        "left": round(box.left, 1),
        "top": round(box.top, 1),
        "right": round(box.right, 1),
        "bottom": round(box.bottom, 1),
        "score": round(box.score, 4),
    }
    for head, answer in face.answers.items():
        row |= {head: answer.label, f"{head}_probability": round(answer.probability, 4)}
    return row


def draw_predictions(rgb: Rgb, faces: Sequence[FacePrediction]) -> Rgb:
    """A copy of the photo with each face's box and answers."""
    canvas = np.ascontiguousarray(rgb).copy()
    thickness = max(1, round(max(rgb.shape[:2]) / 320))
    for face in faces:
        colour = next(_COLOURS.get(answer.label, _OTHER_COLOUR) for answer in face.answers.values())
        left, top, right, bottom = (round(v) for v in (face.box.left, face.box.top, face.box.right, face.box.bottom))
        cv2.rectangle(canvas, (left, top), (right, bottom), colour, thickness)
        text = ", ".join(f"{answer.label} {answer.probability:.0%}" for answer in face.answers.values())
        place = (max(0, left), max(12 * thickness, top - 4 * thickness))
        cv2.putText(canvas, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.4 * thickness, colour, thickness, cv2.LINE_AA)
    return canvas
