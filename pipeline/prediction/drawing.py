"""Boxes and answers on a copy of the photo."""

from collections.abc import Sequence

import cv2
import numpy as np

from pipeline.core.arrays import Rgb
from pipeline.prediction.answers import FacePrediction
from pipeline.prediction.formats import told

_BARE, _MASKED, _UNSURE = (200, 45, 35), (20, 120, 75), (190, 120, 0)
_WHITE = (255, 255, 255)
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_SMALLEST_SCALE = 0.25


def draw_predictions(rgb: Rgb, faces: Sequence[FacePrediction], names: Sequence[str] = ()) -> Rgb:
    """A copy of the photo with each face's box and answers; `names` stand before them, one a face.

    Labels stay within the photo: at its edges they are moved, and one that is wider than the photo is written smaller.
    """
    canvas = np.ascontiguousarray(rgb).copy()
    thickness = max(1, round(max(rgb.shape[:2]) / 320))
    for place, face in enumerate(faces):
        colour = _colour(face)
        left, top, right, bottom = (round(v) for v in (face.box.left, face.box.top, face.box.right, face.box.bottom))
        cv2.rectangle(canvas, (left, top), (right, bottom), colour, thickness)
        said = ", ".join(told(answer) for answer in face.answers.values())
        text = f"{names[place]}: {said}" if place < len(names) else said
        _write(canvas, text, (left, top, bottom), colour, thickness)
    return canvas


def _colour(face: FacePrediction) -> tuple[int, int, int]:
    first = next(iter(face.answers.values()))
    if first.unsure:
        return _UNSURE
    return _BARE if first.label in {"none", "no_mask"} else _MASKED


def _write(canvas: Rgb, text: str, face: tuple[int, int, int], colour: tuple[int, int, int], thickness: int) -> None:
    """The text in white on a bar above the face, below it where there is no room."""
    left, top, bottom = face
    height, width = canvas.shape[:2]
    scale, (across, up, down) = _fitting(text, 0.4 * thickness, thickness, width)
    tall = up + down
    base = top - down if top - tall >= 0 else min(bottom + up, height - down)
    start = max(0, min(left, width - across))
    cv2.rectangle(canvas, (start, base - up), (start + across - 1, base + down - 1), colour, cv2.FILLED)
    cv2.putText(canvas, text, (start + thickness, base), _FONT, scale, _WHITE, max(1, thickness // 2), cv2.LINE_AA)


def _fitting(text: str, scale: float, thickness: int, width_px: int) -> tuple[float, tuple[int, int, int]]:
    """The scale at which the text is no wider than the photo, and its width, height above and depth below its line."""
    across, up, down = _extent(text, scale, thickness)
    if across > width_px:
        scale = max(_SMALLEST_SCALE, scale * width_px / across * 0.98)
        across, up, down = _extent(text, scale, thickness)
    return scale, (across, up, down)


def _extent(text: str, scale: float, thickness: int) -> tuple[int, int, int]:
    (across, up), down = cv2.getTextSize(text, _FONT, scale, max(1, thickness // 2))
    return across + 2 * thickness, up + 2 * thickness, down + thickness
