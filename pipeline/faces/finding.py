"""From a photo to its faces: boxes, landmarks and pose in one step."""

from dataclasses import dataclass
from functools import lru_cache

from pipeline.core.arrays import Points, Rgb
from pipeline.core.errors import SampleRejected
from pipeline.core.params import FacesParams
from pipeline.faces.detectors import Box, DetectorName, make_detector
from pipeline.faces.landmarks import LandmarkPredictor
from pipeline.faces.pose import HeadPose, estimate_pose


@dataclass(frozen=True, slots=True)
class FoundFace:
    """One face of a photo.

    Attributes:
        index: Its place among the photo's faces, the largest first.
        box: As the detector drew it.
        landmarks: 68 points, `float32 (68, 2)` in pixels.
        pose: From the landmarks.
    """

    index: int
    box: Box
    landmarks: Points
    pose: HeadPose


class FaceFinder:
    """Finds the faces of one photo after another; holds the models, so make one a process."""

    def __init__(self, params: FacesParams) -> None:
        self._min_face_px = params.min_face_px
        self._detector = make_detector(params.detector, params.min_score, params.long_side_px)
        self._landmarks = LandmarkPredictor()

    @property
    def detector(self) -> DetectorName:
        """The detector's name, as manifests record it."""
        return self._detector.name

    def find(self, rgb: Rgb) -> list[FoundFace]:
        """The faces of a photo that are large enough, the largest first.

        Raises:
            SampleRejected: `no_face`, or `face_too_small` where every face is.
        """
        boxes = sorted(self._detector.detect(rgb), key=_by_size)
        if not boxes:
            raise SampleRejected("no_face", f"{self._detector.name} finds none")
        large = [box for box in boxes if self._is_large(box)]
        if not large:
            size = f"{boxes[0].width:.0f}x{boxes[0].height:.0f} px"
            raise SampleRejected(
                "face_too_small", f"the largest face is {size}, at least {self._min_face_px} are needed"
            )
        return [self._describe(rgb, index, box) for index, box in enumerate(large)]

    def _is_large(self, box: Box) -> bool:
        return max(box.width, box.height) >= self._min_face_px

    def _describe(self, rgb: Rgb, index: int, box: Box) -> FoundFace:
        landmarks = self._landmarks.predict(rgb, box)
        return FoundFace(index, box, landmarks, estimate_pose(landmarks))


@lru_cache(maxsize=1)
def shared_finder(params: FacesParams) -> FaceFinder:
    """This process's finder; loading the models takes a second."""
    return FaceFinder(params)


def _by_size(box: Box) -> tuple[float, float, float]:
    return (-box.width * box.height, box.left, box.top)
