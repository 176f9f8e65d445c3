"""Face detectors behind one interface: an image in, scored boxes out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import cv2
import dlib
import numpy as np

from pipeline.arrays import Rgb
from pipeline.faces.models import cnn_detector_model, yunet_model

DetectorName = Literal["yunet", "dlib_hog", "dlib_cnn"]

_DLIB_BOX_SCALE, _DLIB_BOX_SHIFT = 0.87, 0.075
"""dlib's points want dlib's box: a square of 0.87 x YuNet's height, moved down by 0.075 x the height. Measured on 211
photos: the points then differ from those on HOG's own box by 0.9 % of the eye distance in the median."""


@dataclass(frozen=True, slots=True)
class Box:
    """A scored face box in pixels; it may reach beyond the image."""

    left: float
    top: float
    right: float
    bottom: float
    score: float

    @property
    def width(self) -> float:
        """Right minus left."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Bottom minus top."""
        return self.bottom - self.top


class Detector(Protocol):
    """Finds faces; boxes come with the highest score first."""

    name: DetectorName

    def detect(self, rgb: Rgb) -> list[Box]:
        """Boxes in pixels of `rgb`."""
        ...

    def landmark_box(self, box: Box) -> Box:
        """The box in the convention that dlib's landmark model was trained on."""
        ...


def shrink(rgb: Rgb, long_side_px: int) -> tuple[Rgb, float]:
    """The image with its long side at most `long_side_px`, and the factor from its pixels back to the original's."""
    height, width = rgb.shape[:2]
    factor = max(height, width) / long_side_px
    if factor <= 1:
        return rgb, 1.0
    size = (max(1, round(width / factor)), max(1, round(height / factor)))
    return np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), dtype=np.uint8), factor


class YuNetDetector:
    """YuNet, a 232 KB CNN (Wu et al., 2023, doi 10.1007/s11633-023-1423-y), through OpenCV."""

    name: DetectorName = "yunet"

    def __init__(self, min_score: float = 0.6, long_side_px: int = 320) -> None:
        self._long_side_px = long_side_px
        self._net = cv2.FaceDetectorYN.create(str(yunet_model()), "", (long_side_px, long_side_px), min_score)

    def detect(self, rgb: Rgb) -> list[Box]:
        """Boxes in pixels of `rgb`, highest score first."""
        small, factor = shrink(rgb, self._long_side_px)
        self._net.setInputSize((small.shape[1], small.shape[0]))
        _, rows = self._net.detect(cv2.cvtColor(small, cv2.COLOR_RGB2BGR))
        boxes = [] if rows is None else [_yunet_box(row, factor) for row in rows]
        return sorted(boxes, key=_by_score)

    def landmark_box(self, box: Box) -> Box:
        """A square as dlib's HOG detector would have drawn it."""
        side = _DLIB_BOX_SCALE * box.height
        x, y = (box.left + box.right) / 2, (box.top + box.bottom) / 2 + _DLIB_BOX_SHIFT * box.height
        return Box(x - side / 2, y - side / 2, x + side / 2, y + side / 2, box.score)


def _yunet_box(row: np.ndarray, factor: float) -> Box:
    left, top, width, height = (float(value) * factor for value in row[:4])
    return Box(left, top, left + width, top + height, float(row[14]))


def _by_score(box: Box) -> tuple[float, float, float]:
    return (-box.score, box.left, box.top)


class HogDetector:
    """dlib's histogram-of-oriented-gradients detector, the image enlarged once so that faces from 40 px are found."""

    name: DetectorName = "dlib_hog"

    def __init__(self, min_score: float = 0.0, long_side_px: int = 800) -> None:
        self._min_score, self._long_side_px = min_score, long_side_px
        self._detector = dlib.get_frontal_face_detector()

    def detect(self, rgb: Rgb) -> list[Box]:
        """Boxes in pixels of `rgb`, highest score first."""
        small, factor = shrink(rgb, self._long_side_px)
        rectangles, scores, _ = self._detector.run(small, 1, self._min_score)
        return sorted((_dlib_box(r, s, factor) for r, s in zip(rectangles, scores, strict=True)), key=_by_score)

    def landmark_box(self, box: Box) -> Box:
        """The box itself: the landmark model was trained on these."""
        return box


class CnnDetector:
    """dlib's max-margin CNN detector; about half a second an image on one core."""

    name: DetectorName = "dlib_cnn"

    def __init__(self, min_score: float = 0.3, long_side_px: int = 400) -> None:
        self._min_score, self._long_side_px = min_score, long_side_px
        self._detector = dlib.cnn_face_detection_model_v1(str(cnn_detector_model()))

    def detect(self, rgb: Rgb) -> list[Box]:
        """Boxes in pixels of `rgb`, highest score first."""
        small, factor = shrink(rgb, self._long_side_px)
        found = (_dlib_box(d.rect, d.confidence, factor) for d in self._detector(small, 0))
        return sorted((box for box in found if box.score >= self._min_score), key=_by_score)

    def landmark_box(self, box: Box) -> Box:
        """The box itself: it follows the same convention as HOG's."""
        return box


def _dlib_box(rectangle: "dlib.rectangle", score: float, factor: float) -> Box:
    left, top = rectangle.left() * factor, rectangle.top() * factor
    return Box(left, top, (rectangle.right() + 1) * factor, (rectangle.bottom() + 1) * factor, float(score))


def make_detector(name: DetectorName, min_score: float | None = None, long_side_px: int | None = None) -> Detector:
    """The detector of that name; None leaves it its own default. `min_score` is on the detector's own scale."""
    given = {"min_score": min_score, "long_side_px": long_side_px}
    options: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
    return _DETECTORS[name](**options)


_DETECTORS: dict[DetectorName, Callable[..., Detector]] = {
    "yunet": YuNetDetector,
    "dlib_hog": HogDetector,
    "dlib_cnn": CnnDetector,
}
