"""The 68 iBUG points of a face by dlib's ensemble of regression trees (Kazemi & Sullivan, CVPR 2014)."""

import dlib
import numpy as np

from pipeline.arrays import Points, Rgb
from pipeline.faces.detectors import Box
from pipeline.faces.models import landmark_model

NOSE_TIP, CHIN = 30, 8
JAW = slice(0, 17)
EYE_OUTER_CORNERS = (36, 45)
MOUTH = slice(48, 68)


class LandmarkPredictor:
    """Predicts 68 points inside a box that follows dlib's convention (see `Detector.landmark_box`)."""

    def __init__(self) -> None:
        self._predictor = dlib.shape_predictor(str(landmark_model()))

    def predict(self, rgb: Rgb, box: Box) -> Points:
        """Points `float32 (68, 2)` as x, y in pixels; they may lie outside the image."""
        rectangle = dlib.rectangle(round(box.left), round(box.top), round(box.right) - 1, round(box.bottom) - 1)
        shape = self._predictor(np.ascontiguousarray(rgb), rectangle)
        return np.array([(p.x, p.y) for p in shape.parts()], dtype=np.float32)


def interocular_px(landmarks: Points) -> float:
    """Distance between the outer eye corners, the field's yardstick for landmark errors."""
    return float(np.linalg.norm(landmarks[EYE_OUTER_CORNERS[0]] - landmarks[EYE_OUTER_CORNERS[1]]))
