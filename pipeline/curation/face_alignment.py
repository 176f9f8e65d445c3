"""The most prominent face of a photo, turned upright and brought to one size."""

from collections.abc import Callable

import cv2
import numpy as np

from pipeline.arrays import Points, Rgb
from pipeline.curation.hashing import Grey
from pipeline.faces.detectors import Box, YuNetDetector, shrink
from pipeline.faces.landmarks import LandmarkPredictor

PATCH_PX = 64
UPPER_ROWS = 39
"""Rows of the patch above a mask: down to a fifth of the eye distance below the eyes."""
_EYE_LINE, _EYE_DISTANCE = 0.42, 0.40
"""Where the eyes come to lie, as shares of the patch's side."""
_SEARCH_SIDE_PX = 256

FaceAligner = Callable[[Rgb], Grey | None]


def make_aligner() -> FaceAligner:
    """A function from an image to its aligned face `uint8 (64, 64)`, or None where there is no face."""
    detector, predictor = YuNetDetector(long_side_px=_SEARCH_SIDE_PX), LandmarkPredictor()

    def align(rgb: Rgb) -> Grey | None:
        small, _ = shrink(rgb, _SEARCH_SIDE_PX)
        boxes = detector.detect(small)
        if not boxes:
            return None
        box = max(boxes, key=_prominence)
        return align_face(small, predictor.predict(small, detector.landmark_box(box)))

    return align


def _prominence(box: Box) -> float:
    return box.score * box.width * box.height


def align_face(rgb: Rgb, landmarks: Points) -> Grey:
    """The face as grey `uint8 (64, 64)`, both eyes on one level; `landmarks` are the 68 iBUG points."""
    right_eye, left_eye = landmarks[36:42].mean(axis=0), landmarks[42:48].mean(axis=0)
    across = left_eye - right_eye
    scale = _EYE_DISTANCE * PATCH_PX / max(float(np.hypot(*across)), 1e-6)
    angle = np.arctan2(across[1], across[0])
    turn = scale * np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    target = np.array([PATCH_PX / 2, _EYE_LINE * PATCH_PX])
    shift = target - turn @ ((right_eye + left_eye) / 2)
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    patch = cv2.warpAffine(
        grey,
        np.hstack([turn, shift[:, None]]),
        (PATCH_PX, PATCH_PX),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(patch, dtype=np.uint8)
