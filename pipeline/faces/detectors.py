"""Face detectors behind one interface: an image in, scored boxes out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline.core.arrays import Rgb
from pipeline.core.shrinking import shrunk_by_area
from pipeline.core.step_times import timed
from pipeline.faces.models import cnn_detector_model
from pipeline.faces.yunet import YunetNetwork

if TYPE_CHECKING:
    import dlib

DetectorName = Literal["yunet", "dlib_hog", "dlib_cnn"]

YUNET_MIN_SCORE = 0.6
FIRST_SIDE_PX = 320
"""YuNet's first look: as much as a portrait needs."""

_SQUARE_EYES_TO_MOUTH, _SQUARE_EYE_DISTANCE, _SQUARE_CENTRE = 1.643, 0.673, 0.474
"""dlib's points want dlib's box: a square of 1.643 x the way from the eyes to the mouth plus 0.673 x the eye distance,
its centre 0.474 of that way down. Least squares against HOG's own boxes on 243 photos. On the sample the points then
lie 3.6 % of the eye distance from the true ones in the median and 6.1 % at the 95th percentile; on a square made from
YuNet's box, which follows hair and beard, 3.7 % and 11.6 %; on HOG's own box 3.7 % and 6.6 %."""


@dataclass(frozen=True, slots=True)
class Box:
    """A scored face box in pixels; it may reach beyond the image.

    `dlib_square` is centre x, y and side of the square that dlib's detector would have drawn, on which its landmark
    model was trained; None where the box is that. `five` holds x, y of right eye, left eye, nose tip and both mouth
    corners as YuNet sees them; None where the detector gives none.
    """

    left: float
    top: float
    right: float
    bottom: float
    score: float
    dlib_square: tuple[float, float, float] | None = None
    five: tuple[float, ...] | None = None

    @property
    def width(self) -> float:
        """Right minus left."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Bottom minus top."""
        return self.bottom - self.top

    @property
    def longer_side(self) -> float:
        """The larger of width and height."""
        return max(self.width, self.height)


class Detector(Protocol):
    """Finds faces; boxes come with the highest score first."""

    name: DetectorName

    def detect(self, rgb: Rgb) -> list[Box]:
        """Boxes in pixels of `rgb`."""
        ...


def shrink(rgb: Rgb, long_side_px: int) -> tuple[Rgb, float]:
    """The image with its long side at most `long_side_px`, and the factor from its pixels back to the original's."""
    height, width = rgb.shape[:2]
    factor = max(height, width) / long_side_px
    if factor <= 1:
        return rgb, 1.0
    size = (max(1, round(width / factor)), max(1, round(height / factor)))
    return shrunk_by_area(rgb, size), factor


class YuNetDetector:
    """YuNet through onnxruntime."""

    name: DetectorName = "yunet"

    def __init__(self, min_score: float = YUNET_MIN_SCORE, long_side_px: int = FIRST_SIDE_PX) -> None:
        self._min_score, self._long_side_px = min_score, long_side_px
        self._network = YunetNetwork()

    @timed("detect")
    def detect(self, rgb: Rgb) -> list[Box]:
        """Boxes in pixels of `rgb`, highest score first."""
        small, factor = shrink(rgb, self._long_side_px)
        return self.boxes(small, self._min_score, factor)

    def boxes(self, rgb: Rgb, min_score: float, factor: float = 1.0) -> list[Box]:
        """Boxes that this very image gives, their pixels times `factor`, highest score first."""
        found = [_yunet_box(row, factor) for row in self._network.rows(rgb, min_score)]
        return sorted(found, key=_by_score)


def _yunet_box(row: np.ndarray, factor: float) -> Box:
    """A row is left, top, width, height; x, y of right eye, left eye, nose tip and mouth corners; score."""
    left, top, width, height = (float(value) * factor for value in row[:4])
    five = row[4:14].reshape(5, 2).astype(np.float64) * factor
    return Box(left, top, left + width, top + height, float(row[14]), square_of(five), tuple(five.ravel().tolist()))


def square_of(five: NDArray[np.float64]) -> tuple[float, float, float]:
    """Centre x, y and side of dlib's square around an upright face with these five points `(5, 2)`."""
    right_eye, left_eye, _, *mouth = five
    eyes = (right_eye + left_eye) / 2
    down = (mouth[0] + mouth[1]) / 2 - eyes
    x, y = eyes + _SQUARE_CENTRE * down
    side = _SQUARE_EYES_TO_MOUTH * np.linalg.norm(down) + _SQUARE_EYE_DISTANCE * np.linalg.norm(right_eye - left_eye)
    return float(x), float(y), float(side)


def square_around(box: Box) -> tuple[float, float, float]:
    """Centre x, y and side of dlib's square around a face; a box without one is that, as dlib's own are."""
    if box.dlib_square:
        return box.dlib_square
    return (box.left + box.right) / 2, (box.top + box.bottom) / 2, box.longer_side


def _by_score(box: Box) -> tuple[float, float, float]:
    return (-box.score, box.left, box.top)


class HogDetector:
    """dlib's histogram-of-oriented-gradients detector, the image enlarged once so that faces from 40 px are found."""

    name: DetectorName = "dlib_hog"

    def __init__(self, min_score: float = 0.0, long_side_px: int = 800) -> None:
        self._min_score, self._long_side_px = min_score, long_side_px
        import dlib  # noqa: PLC0415 - 10 to 40 ms, which YuNet need not wait for

        self._detector = dlib.get_frontal_face_detector()

    @timed("detect")
    def detect(self, rgb: Rgb) -> list[Box]:
        """Boxes in pixels of `rgb`, highest score first."""
        small, factor = shrink(rgb, self._long_side_px)
        rectangles, scores, _ = self._detector.run(small, 1, self._min_score)
        return sorted((_dlib_box(r, s, factor) for r, s in zip(rectangles, scores, strict=True)), key=_by_score)


class CnnDetector:
    """dlib's max-margin CNN detector; about half a second an image on one core."""

    name: DetectorName = "dlib_cnn"

    def __init__(self, min_score: float = 0.3, long_side_px: int = 400) -> None:
        self._min_score, self._long_side_px = min_score, long_side_px
        import dlib  # noqa: PLC0415 - as above

        self._detector = dlib.cnn_face_detection_model_v1(str(cnn_detector_model()))

    @timed("detect")
    def detect(self, rgb: Rgb) -> list[Box]:
        """Boxes in pixels of `rgb`, highest score first."""
        small, factor = shrink(rgb, self._long_side_px)
        found = (_dlib_box(d.rect, d.confidence, factor) for d in self._detector(small, 0))
        return sorted((box for box in found if box.score >= self._min_score), key=_by_score)


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
