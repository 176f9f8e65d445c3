"""The 68 iBUG points of a face, by dlib's ensemble of regression trees or by the mesh."""

from typing import Protocol

import numpy as np

from pipeline.core.arrays import Points, Rgb
from pipeline.core.errors import ShapeError
from pipeline.core.records import LandmarkModel
from pipeline.core.step_times import timed
from pipeline.faces.detectors import Box
from pipeline.faces.dlib_file import read_shape_predictor
from pipeline.faces.ensemble import CASCADE, CASCADES, LAYOUT, POINTS, Ensemble, Rect, is_sound
from pipeline.faces.face_mesh import MeshLandmarks
from pipeline.faces.models import landmark_model
from pipeline.faces.regression_trees import predicted
from pipeline.storage.kept_arrays import KeptArray
from pipeline.storage.whole_files import size_of

NOSE_TIP, CHIN = 30, 8
JAW = slice(0, 17)
EYE_OUTER_CORNERS = (36, 45)
EYES = slice(36, 48)
MOUTH = slice(48, 68)
_FARTHEST_PX = 1_000_000
"""No picture is larger; what is computed with other numbers ends in no numbers at all."""


class Landmarker(Protocol):
    """Predicts the 68 points of a face in a detector's box."""

    def predict(self, rgb: Rgb, box: Box) -> Points:
        """Points `float32 (68, 2)` as x, y in pixels; they may lie outside the image."""
        ...


class LandmarkPredictor:
    """Predicts 68 points inside a detector's box, by dlib's model."""

    def __init__(self) -> None:
        model = landmark_model()
        kept = KeptArray(f"{model.stem}_{LAYOUT}_{size_of(model)}", CASCADE, CASCADES, is_sound)
        self._trees = Ensemble(kept.get(lambda: read_shape_predictor(model)))

    @timed("landmarks")
    def predict(self, rgb: Rgb, box: Box) -> Points:
        """Points `float32 (68, 2)` as x, y in pixels; they may lie outside the image."""
        return predicted(self._trees, rgb, _rect(box))


def _rect(box: Box) -> Rect:
    left, top, right, bottom = box.left, box.top, box.right, box.bottom
    if box.dlib_square:
        x, y, side = box.dlib_square
        left, top, right, bottom = x - side / 2, y - side / 2, x + side / 2, y + side / 2
    return round(left), round(top), round(right) - 1, round(bottom) - 1


def make_landmarker(model: LandmarkModel) -> Landmarker:
    """The model of that name."""
    return MeshLandmarks() if model == "mesh" else LandmarkPredictor()


def as_landmarks(points: object) -> Points:
    """The 68 points `float32 (68, 2)` that somebody gives.

    Raises:
        ShapeError: they are something else, or can't lie in or near a picture.
    """
    given = np.asarray(points)
    if given.shape != (POINTS, 2) or given.dtype.kind not in "fiu":
        raise ShapeError(f"a face is given by 68 landmarks (68, 2), not {given.dtype} {given.shape}")
    if not (np.abs(given.astype(np.float64)) <= _FARTHEST_PX).all():  # NaN isn't
        raise ShapeError(f"a face is given by 68 landmarks in pixels; some here are no numbers up to {_FARTHEST_PX:,}")
    return given.astype(np.float32)


def interocular_px(landmarks: Points) -> float:
    """Distance between the outer eye corners, the field's yardstick for landmark errors."""
    apart = landmarks[EYE_OUTER_CORNERS[0]] - landmarks[EYE_OUTER_CORNERS[1]]
    return float(np.sqrt(apart @ apart))
