"""From a photo to its faces: boxes, landmarks and pose in one step."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Generic, TypeVar

from pipeline.core.arrays import Rgb
from pipeline.core.errors import SampleRejected
from pipeline.core.params import FacesParams
from pipeline.faces.describing import FaceDescriber, FoundFace, LocatedFace
from pipeline.faces.detectors import YUNET_MIN_SCORE, Box, DetectorName, make_detector
from pipeline.faces.searching import FaceSearch, same_face

__all__ = ["FaceFinder", "Findings", "FoundFace", "LocatedFace", "RefusedFace", "shared_finder"]

Seen = TypeVar("Seen", bound=LocatedFace)


@dataclass(frozen=True, slots=True)
class RefusedFace:
    """What was found and can't be used; `index` counts on after the faces'."""

    index: int
    box: Box
    verdict: SampleRejected


@dataclass(frozen=True, slots=True)
class Findings(Generic[Seen]):
    """All that was found in a photo: the faces, the largest first, and what is none or can't be used.

    `doubted` are the boxes that became no face though they are large enough, guesses of a finer look among them.
    """

    faces: tuple[Seen, ...]
    refused: tuple[RefusedFace, ...]

    too_small: tuple[Box, ...] = ()
    doubted: tuple[Box, ...] = ()

    @classmethod
    def numbered(
        cls,
        faces: Iterable[Seen],
        refused: Iterable[RefusedFace],
        too_small: Iterable[Box] = (),
        doubted: Iterable[Box] = (),
    ) -> "Findings[Seen]":
        """Faces and then what is refused, each the largest first, with their places as index."""
        ordered = sorted(faces, key=lambda face: _by_size(face.box))
        after = sorted(refused, key=lambda face: _by_size(face.box))
        return cls(
            tuple(replace(face, index=index) for index, face in enumerate(ordered)),
            tuple(replace(face, index=len(ordered) + index) for index, face in enumerate(after)),
            tuple(too_small),
            tuple(doubted),
        )


class FaceFinder:
    """Finds the faces of one photo after another; holds the models, so make one a process."""

    def __init__(self, params: FacesParams) -> None:
        self._params = params
        self._candidates = _candidates(params)
        self._describer = FaceDescriber(_min_confirmed(params), params.landmarks)

    @property
    def detector(self) -> DetectorName:
        """The detector's name, as manifests record it."""
        return self._params.detector

    def find(self, rgb: Rgb) -> list[FoundFace]:
        """The faces of a photo that are large enough, the largest first.

        Raises:
            SampleRejected: there is none, as `why_none` says.
        """
        found = self.search(rgb)
        if not found.faces:
            raise self.why_none(found)
        return list(found.faces)

    def search(self, rgb: Rgb, is_large: Callable[[Box], bool] | None = None) -> Findings[FoundFace]:
        """The faces of a photo, and what was found and is refused: `doubtful_face`, `implausible_landmarks`.

        `is_large` says which boxes are large enough, where not their own size alone decides.
        """
        return self._looked_through(rgb, is_large or self.is_large, self._describer.describe)

    def locate(self, rgb: Rgb) -> Findings[LocatedFace]:
        """As `search`, without the landmarks of faces that are clear by themselves: for who needs the boxes alone."""
        return self._looked_through(rgb, self.is_large, self._describer.locate)

    def _looked_through(
        self, rgb: Rgb, large: Callable[[Box], bool], describe: Callable[[Rgb, Box], Seen]
    ) -> Findings[Seen]:
        faces: list[Seen] = []
        refused: list[RefusedFace] = []
        too_small: list[Box] = []
        doubted: list[Box] = []
        for box in self._candidates(rgb):
            if not large(box):
                too_small.append(box)
                continue
            try:
                face = describe(rgb, box)
            except SampleRejected as verdict:
                doubted.append(box)
                if box.score >= self._least_score:  # what a finer look shows below that was a guess
                    refused.append(RefusedFace(0, box, verdict))
                continue
            if face.box is box or not any(same_face(face.box, other.box) for other in faces):
                faces.append(face)
        return Findings.numbered(faces, refused, too_small, doubted)

    def look_at(self, rgb: Rgb, place: Box, is_own: Callable[[Box], bool], seen: Sequence[Box] = ()) -> FoundFace:
        """The face at a place where a source says that there is one, as `FaceDescriber.describe_labelled` finds it.

        Raises:
            SampleRejected: `no_face`.
        """
        return self._describer.describe_labelled(rgb, place, is_own, seen)

    def is_large(self, box: Box) -> bool:
        """Whether a box has the size that is asked for."""
        return box.longer_side >= self._params.min_face_px

    def why_none(self, found: Findings[Seen]) -> SampleRejected:
        """Why a photo has no face: `no_face`, `face_too_small` where every face is, or why the largest is refused."""
        if found.refused:
            return max(found.refused, key=lambda face: face.box.width * face.box.height).verdict
        if not found.too_small:
            return SampleRejected("no_face", f"{self.detector} finds none")
        largest = min(found.too_small, key=_by_size)
        size = f"{largest.width:.0f}x{largest.height:.0f} px"
        least = self._params.min_face_px
        return SampleRejected("face_too_small", f"the largest face is {size}, at least {least} are needed")

    @property
    def _least_score(self) -> float:
        if self._params.min_score is not None:
            return self._params.min_score
        return YUNET_MIN_SCORE if self.detector == "yunet" else float("-inf")


def _candidates(params: FacesParams) -> Callable[[Rgb], list[Box]]:
    """How boxes are found: by YuNet in as many looks as a photo needs, or as the parameters say, in one."""
    if params.detector == "yunet" and params.long_side_px is None:
        return FaceSearch(_or_default(params.min_score))
    return make_detector(params.detector, params.min_score, params.long_side_px).detect


def _min_confirmed(params: FacesParams) -> float:
    """Who asks for weaker faces of YuNet gets them."""
    return min(YUNET_MIN_SCORE, _or_default(params.min_score)) if params.detector == "yunet" else YUNET_MIN_SCORE


def _or_default(min_score: float | None) -> float:
    return YUNET_MIN_SCORE if min_score is None else min_score


@lru_cache(maxsize=1)
def shared_finder(params: FacesParams) -> FaceFinder:
    """This process's finder; loading the models takes a second."""
    return FaceFinder(params)


def _by_size(box: Box) -> tuple[float, float, float]:
    return (-box.width * box.height, box.left, box.top)
