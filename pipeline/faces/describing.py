"""From a detector's box to a face with landmarks and pose, looked at closely where there is doubt."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.core.agreement import overlap
from pipeline.core.arrays import Points, Rgb
from pipeline.core.errors import SampleRejected
from pipeline.core.records import LandmarkModel, LandmarkSource
from pipeline.core.step_times import timed
from pipeline.faces.closer_look import UPRIGHT_SCORE, CloserLook, CloserLooker
from pipeline.faces.detectors import Box, square_of
from pipeline.faces.landmarks import make_landmarker
from pipeline.faces.plausibility import (
    CLEAR_SCORE,
    check_confirmed,
    check_inside,
    check_landmarks,
    check_steady,
    is_sure,
    is_weak,
    stands_clear,
)
from pipeline.faces.pose import HeadPose, estimate_pose, five_of, landmarks_from_five
from pipeline.faces.turning import turned_view

_TILTED_DEG = 15.0
"""dlib's landmarks follow a head that is tilted by so much; one tilted further is turned upright for them."""

_LEANING_SCORE, _UNLIKE_SCORE = 0.85, 0.65
"""A head that leans has its box from the turned copy, and has to score so much there: of what scores less hands and
clothes are most. Below the last it is no rival of a face that was clear at first."""

_SAME_BOX = 0.5
"""A closer look whose box overlaps the detector's less shows where the face really is."""

_SHAKES = ((0.08, 0, 1), (-0.08, 0, 1), (0, 0.08, 1), (0, -0.08, 1), (0, 0, 1.15), (0, 0, 0.87))
"""By how much of its side a square is moved right and down, and its size."""

_VIEW_SQUARES, _MOST_VIEW_PX = 2.0, 512
"""Side of the upright view for the landmarks over that of dlib's square, and its limit in pixels."""


@dataclass(frozen=True, slots=True)
class LocatedFace:
    """Where one face of a photo is.

    Attributes:
        index: Its place among the photo's faces, the largest first.
        box: As the detector drew it.
    """

    index: int
    box: Box


@dataclass(frozen=True, slots=True)
class FoundFace(LocatedFace):
    """One face of a photo.

    Attributes:
        landmarks: 68 points, `float32 (68, 2)` in pixels.
        pose: From the landmarks.
        landmarks_by: The model that gave them, or the mean head that was laid on the detector's five points.
    """

    landmarks: Points
    pose: HeadPose
    landmarks_by: LandmarkSource = "dlib"


class FaceDescriber:
    """Gives boxes their landmarks and checks them; holds the models."""

    def __init__(self, min_confirmed: float, landmarks: LandmarkModel = "dlib") -> None:
        self._min_confirmed, self._model = min_confirmed, landmarks
        self._landmarks = make_landmarker(landmarks)
        self._closer = CloserLooker()

    def describe(self, rgb: Rgb, box: Box) -> FoundFace:
        """The face in a detector's box; its index is 0.

        Raises:
            SampleRejected: `doubtful_face`, `face_cut_off` or `implausible_landmarks`.
        """
        check_inside(box, *rgb.shape[:2])
        landmarks = self._landmarks.predict(rgb, box) if box.five else None
        if landmarks is not None and is_sure(box, landmarks):
            turned = None if box.score >= UPRIGHT_SCORE else self._looked_at_turned(rgb, box)
            return self._seen_closely(rgb, box, turned, None) if turned else self._face(box, landmarks)
        return self._looked_at_closely(rgb, box, landmarks)

    def locate(self, rgb: Rgb, box: Box) -> LocatedFace:
        """As `describe`, without landmarks, which are most of its cost, where the detector alone is sure.

        Landmarks that contradict the detector are no reason to leave a face out here: they are mostly of profiles. In
        200 street and group photos 13 of 18 such boxes were labelled faces.

        Raises:
            SampleRejected: `doubtful_face`.
        """
        if stands_clear(box):
            return LocatedFace(0, box)
        try:
            return self.describe(rgb, box)
        except SampleRejected as verdict:
            if verdict.reason not in {"face_cut_off", "implausible_landmarks"}:
                raise
            return LocatedFace(0, box)

    def describe_labelled(
        self, rgb: Rgb, place: Box, is_own: Callable[[Box], bool], seen: Sequence[Box] = ()
    ) -> FoundFace:
        """The face in a box that a source labels; its index is 0.

        `is_own` says of a box whether it may be that face; `seen` are the boxes that a search showed there, the
        likeliest first: what they show counts where nothing is seen closely, as of a face that the photo's edge halves.

        The source vouches for the face: where the landmarks don't fit its eyes, nose and mouth, as they often don't on
        a mask or in profile, they are those of a mean head that does.

        Raises:
            SampleRejected: `no_face`, nothing is seen there even when looked at closely.
        """
        closer = self._closer.look_for_labelled(rgb, place, is_own)
        if closer is None:
            known = next((box for box in seen if box.five and is_own(box)), None)
            if known is None:
                raise SampleRejected("no_face", "nothing like a face, enlarged and from all sides")
            return _face_of_five(known, np.reshape(known.five or (), (5, 2)))
        landmarks = self._upright_landmarks(rgb, closer)
        if not _agree(landmarks, closer.five):
            return _face_of_five(closer.box_in_photo, closer.five)
        return self._face(closer.box_in_photo, landmarks)

    @timed("closer")
    def _looked_at_turned(self, rgb: Rgb, box: Box) -> CloserLook | None:
        """The face where it is sure, and stands on its head all the same."""
        return self._closer.look_turned(rgb, box)

    @timed("closer")
    def _looked_at_closely(self, rgb: Rgb, box: Box, landmarks: Points | None) -> FoundFace:
        closer = self._closer.look(rgb, box)
        if closer and closer.leans and closer.box.score < _LEANING_SCORE:
            if box.five is None or box.score < CLEAR_SCORE or closer.box.score > _UNLIKE_SCORE:
                detail = f"score {closer.box.score:.2f}, turned by {closer.roll_deg:.0f} degrees"
                raise SampleRejected("doubtful_face", detail)
            closer = None  # the face fills the photo, and the closer look shows what is beside it
        closer_score = closer.box.score if closer else 0.0
        score = box.score if box.five else closer_score  # else on another detector's scale, or of a turned copy
        check_confirmed(score, closer_score, self._min_confirmed)
        face = self._seen_closely(rgb, box, closer, landmarks) if closer else self._as_found(box, landmarks)
        if is_weak(score, closer_score):
            check_steady(face.landmarks, self._shaken(rgb, face.landmarks))
        return face

    def _seen_closely(self, rgb: Rgb, box: Box, closer: CloserLook, landmarks: Points | None) -> FoundFace:
        """The face with landmarks predicted upright, in the photo as it is where that comes to the same."""
        seen = closer.box_in_photo
        if box.five is None or closer.leans or overlap(seen, box) < _SAME_BOX:
            box = seen
        if landmarks is not None and abs(closer.roll_deg) < _TILTED_DEG and _agree(landmarks, closer.five):
            return self._face(box, landmarks)
        landmarks = self._upright_landmarks(rgb, closer)
        check_landmarks(landmarks, closer.five)
        return self._face(box, landmarks)

    def _shaken(self, rgb: Rgb, landmarks: Points) -> list[Points]:
        """The landmarks as predicted from squares that are moved a little."""
        five = five_of(landmarks)
        x, y, side = square_of(five)
        squares = [(x + dx * side, y + dy * side, size * side) for dx, dy, size in _SHAKES]
        return [self._landmarks.predict(rgb, Box(0, 0, 0, 0, 0, square, _flat(five))) for square in squares]

    def _upright_landmarks(self, rgb: Rgb, closer: CloserLook) -> Points:
        """The 68 points as predicted in a copy that shows the face upright, in pixels of the photo."""
        x, y, side = square_of(closer.five.astype(np.float64))
        side = max(side * _VIEW_SQUARES, 1.0)
        view = turned_view(rgb, (x, y), side, round(min(_MOST_VIEW_PX, max(side, 64))), closer.roll_deg)
        five = view.from_photo(closer.five)
        inside = Box(0, 0, 0, 0, 0, square_of(five), _flat(five))
        return view.points(self._landmarks.predict(view.rgb, inside))

    def _as_found(self, box: Box, landmarks: Points | None) -> FoundFace:
        """A face that the closer look misses, such as one that the photo's edge cuts."""
        if landmarks is None or box.five is None:
            raise SampleRejected("doubtful_face", "not seen when looked at closely")
        check_landmarks(landmarks, np.reshape(box.five, (5, 2)))
        return self._face(box, landmarks)

    def _face(self, box: Box, landmarks: Points) -> FoundFace:
        pose = estimate_pose(landmarks, far_jaw=self._model == "dlib")
        return FoundFace(0, box, landmarks, pose, self._model)


def _flat(five: NDArray[np.float64]) -> tuple[float, ...]:
    return tuple(five.ravel().tolist())


def _agree(landmarks: Points, five: NDArray[np.float32]) -> bool:
    try:
        check_landmarks(landmarks, five)
    except SampleRejected:
        return False
    return True


def _face_of_five(box: Box, five: NDArray[np.floating]) -> FoundFace:
    landmarks = landmarks_from_five(five)
    return FoundFace(0, box, landmarks, estimate_pose(landmarks), "mean_head")
