"""The most prominent face of a photo, turned upright and brought to one size."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np

from pipeline.core.arrays import Points, Rgb
from pipeline.dedup.fingerprints.hashes import Grey, working_grey
from pipeline.dedup.fingerprints.seams import has_seam
from pipeline.faces.detectors import Box, YuNetDetector, shrink
from pipeline.faces.landmarks import LandmarkPredictor

PATCH_PX = 64
UPPER_ROWS = 39
"""Rows of the patch above a mask: down to a fifth of the eye distance below the eyes."""
EYE_LINE, _EYE_DISTANCE = 0.42, 0.40
"""Where the eyes come to lie, as shares of the patch's side."""
SURROUNDINGS_SCALE = 2.5
"""How many times wider than the patch the view of what is around the face is."""
_SEARCH_SIDE_PX = 256
_LIKE_IT = 0.25
"""Another face is beside this one from a quarter of its area on, and a passer-by's below."""


@dataclass(frozen=True, slots=True)
class AlignedFace:
    """A face and what is around it, both upright and of one size, grey `uint8 (64, 64)`.

    `surroundings` shows `SURROUNDINGS_SCALE` times as much, with the eyes in the same place; 0 is beyond the frame and
    nothing else is 0. `beside_others` says that the photo shows other faces of a size like its own or is put together
    from several pictures: then this face doesn't stand for it. `passers_by` is how many smaller faces there are.
    """

    face: Grey
    surroundings: Grey
    beside_others: bool = False
    passers_by: int = 0


FaceAligner = Callable[[Rgb], AlignedFace | None]


def make_aligner() -> FaceAligner:
    """A function from an image to its aligned face, or None where there is no face."""
    find = ProminentFace()

    def align(rgb: Rgb) -> AlignedFace | None:
        found = find(rgb)
        if found is None:
            return None
        beside_others = found.beside_others or has_seam(working_grey(found.rgb))
        aligned = align_face(found.rgb, found.landmarks)
        return replace(aligned, beside_others=beside_others, passers_by=found.passers_by)

    return align


@dataclass(frozen=True, slots=True)
class FoundProminent:
    """The most prominent face: the photo made small, the 68 points in it, and which others there are."""

    rgb: Rgb
    landmarks: Points
    beside_others: bool
    passers_by: int


class ProminentFace:
    """Finds the most prominent face of a photo, at a long side of at most 256 px."""

    def __init__(self) -> None:
        self._detector, self._predictor = YuNetDetector(long_side_px=_SEARCH_SIDE_PX), LandmarkPredictor()

    def __call__(self, rgb: Rgb) -> FoundProminent | None:
        """The face, None where there is none."""
        small, _ = shrink(rgb, _SEARCH_SIDE_PX)
        boxes = self._detector.detect(small)
        if not boxes:
            return None
        box = max(boxes, key=_prominence)
        others = [other for other in boxes if _middle_outside(other, box)]
        like_it = sum(_prominence(other) >= _LIKE_IT * _prominence(box) for other in others)
        return FoundProminent(small, self._predictor.predict(small, box), like_it > 0, len(others) - like_it)


def _prominence(box: Box) -> float:
    return box.score * box.width * box.height


def _middle_outside(other: Box, box: Box) -> bool:
    """Whether a box is of another face: one that is found in the midst of a face, as on a printed mask, is not."""
    x, y = (other.left + other.right) / 2, (other.top + other.bottom) / 2
    return not (box.left < x < box.right and box.top < y < box.bottom)


def align_face(rgb: Rgb, landmarks: Points) -> AlignedFace:
    """The face with both eyes on one level; `landmarks` are the 68 iBUG points."""
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    right_eye, left_eye = landmarks[36:42].mean(axis=0), landmarks[42:48].mean(axis=0)
    return AlignedFace(
        face=_upright(grey, right_eye, left_eye, _EYE_DISTANCE, cv2.BORDER_REPLICATE),
        surroundings=_upright(
            np.maximum(grey, 1), right_eye, left_eye, _EYE_DISTANCE / SURROUNDINGS_SCALE, cv2.BORDER_CONSTANT
        ),
    )


def _upright(grey: Grey, right_eye: Points, left_eye: Points, eye_distance: float, border: int) -> Grey:
    """The picture turned and scaled so that the eyes lie on the eye line, `eye_distance` of the patch's side apart."""
    across = left_eye - right_eye
    scale = eye_distance * PATCH_PX / max(float(np.hypot(*across)), 1e-6)
    angle = np.arctan2(across[1], across[0])
    turn = scale * np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    target = np.array([PATCH_PX / 2, EYE_LINE * PATCH_PX])
    shift = target - turn @ ((right_eye + left_eye) / 2)
    at = np.hstack([turn, shift[:, None]])
    patch = cv2.warpAffine(grey, at, (PATCH_PX, PATCH_PX), flags=cv2.INTER_LINEAR, borderMode=border)
    return np.asarray(patch, dtype=np.uint8)
