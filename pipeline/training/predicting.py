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
from pipeline.core.errors import MaskwrightError, SampleRejected
from pipeline.core.params import FacesParams
from pipeline.faces.crops import crop_square
from pipeline.faces.detectors import Box
from pipeline.faces.finding import FaceFinder, RefusedFace
from pipeline.training.checkpoint import load_model
from pipeline.training.inference import choose_device, logits_both_ways
from pipeline.training.models import MaskClassifier
from pipeline.training.stored import require_facts
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


@dataclass(frozen=True, slots=True)
class PhotoPrediction:
    """What a photo shows: its faces, the largest first, what was found and can't be used, and why there is no face."""

    faces: list[FacePrediction]
    refused: tuple[RefusedFace, ...] = ()
    verdict: SampleRejected | None = None


class FacePredictor:
    """Finds faces as the model's training data were found, and classifies them; holds the models.

    `both_ways` takes each face with its mirror image: right a little more often, for twice the classifier's time.
    """

    def __init__(
        self, model: MaskClassifier, temperatures: Mapping[str, float], faces: FacesParams, *, both_ways: bool = True
    ) -> None:
        self._model, self._temperatures, self._faces = model.eval(), temperatures, faces
        self._finder = FaceFinder(faces)
        self._device = next(model.parameters()).device
        self._both_ways = both_ways

    def __call__(self, rgb: Rgb) -> list[FacePrediction]:
        """The faces of a photo that are large enough, the largest first; none is an empty list."""
        return self.look(rgb).faces

    def look(self, rgb: Rgb) -> PhotoPrediction:
        """The faces of a photo as the `faces` stage finds them, and what it would refuse."""
        found = self._finder.locate(rgb)
        if not found.faces:
            return PhotoPrediction([], found.refused, self._finder.why_none(found))
        boxes = [face.box for face in found.faces]
        answers = self._classify([self._crop(rgb, box) for box in boxes])
        faces = [FacePrediction(box, answer) for box, answer in zip(boxes, answers, strict=True)]
        return PhotoPrediction(faces, found.refused)

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
        if not all(bool(torch.isfinite(values).all()) for values in logits.values()):
            raise MaskwrightError("the model's answer is not finite: its weights are damaged")
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
    require_facts(model, record, "faces", "temperatures")
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
    row: dict[str, Any] = {"image": image, "face": index, **_sides(face.box)}
    for head, answer in face.answers.items():
        row |= {head: answer.label, f"{head}_probability": round(answer.probability, 4)}
    return row


def refusal_row(
    image: str, verdict: SampleRejected, index: int | None = None, box: Box | None = None
) -> dict[str, Any]:
    """Plain values that say why a photo, or a place in it that looked like a face, has no answer."""
    row: dict[str, Any] = {"image": image, "face": index}
    return row | ({} if box is None else _sides(box)) | {"reason": verdict.reason, "detail": verdict.detail}


def _sides(box: Box) -> dict[str, float]:
    sides = {side: round(getattr(box, side), 1) for side in ("left", "top", "right", "bottom")}
    return sides | {"score": round(box.score, 4)}


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
