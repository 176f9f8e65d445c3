"""What the faces of a film wear: looked at every so many frames, and followed from look to look."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pipeline.core.arrays import Rgb
from pipeline.core.errors import SampleRejected
from pipeline.engine.containment import Contained, Failed
from pipeline.prediction.answers import Answer, FacePrediction, answers_of
from pipeline.prediction.predictor import FacePredictor
from pipeline.prediction.tracks import Tracker
from pipeline.storage.videos import VideoReader

LOOKS_A_SECOND = 6
_MOST_MISSING = 0.05
"""Films that are whole may say a few frames more than they have."""


@dataclass(frozen=True, slots=True)
class FollowedFace:
    """A face of a frame: its track, and what the looks up to this one say together."""

    track: int
    prediction: FacePrediction


@dataclass(frozen=True, slots=True)
class FrameAnswer:
    """What is said of a frame: of one that was looked at, the faces; `time_s` counts from the start."""

    frame: int
    time_s: float
    faces: tuple[FollowedFace, ...]


@dataclass(frozen=True, slots=True)
class TrackAnswer:
    """What is said of a person of a film, over all looks that showed the face."""

    track: int
    first_s: float
    last_s: float
    looks: int
    answers: dict[str, Answer]


@dataclass(frozen=True, slots=True)
class Asked:
    """How a film is gone through: every how many frames it is looked at, and how long; None is as the film needs."""

    every: int | None = None
    seconds: float | None = None


class VideoPredictor:
    """Goes through one film; `shown` gets every frame with the faces of the last look, to be drawn, if it is given."""

    def __init__(
        self,
        predictor: FacePredictor,
        video: VideoReader,
        asked: Asked = Asked(),
        shown: Callable[[Rgb, tuple[FollowedFace, ...]], None] | None = None,
    ) -> None:
        self._predictor, self._video, self._shown = predictor, video, shown
        self._every = asked.every or max(1, round(video.fps / LOOKS_A_SECOND))
        self._last = None if asked.seconds is None else asked.seconds * video.fps
        self._tracker = Tracker(video.fps)
        self._look = Contained(predictor.look)
        self.frames = 0
        self.refused: list[tuple[int, SampleRejected]] = []

    def __iter__(self) -> Iterator[FrameAnswer]:
        """The frames that are looked at, in their order."""
        faces: tuple[FollowedFace, ...] = ()
        for number in self._video:
            if self._last is not None and number >= self._last:
                return
            self.frames = number + 1
            asked = number % self._every == 0
            rgb = self._video.frame() if asked or self._shown else None
            if rgb is None:
                if asked:
                    self.refused.append((number, SampleRejected("damaged_video", "the frame can't be decoded")))
                continue
            if asked:
                faces = self._followed(number, rgb)
                yield FrameAnswer(number, number / self._video.fps, faces)
            if self._shown:
                self._shown(rgb, faces)
        self._check_whole()

    def tracks(self) -> list[TrackAnswer]:
        """What is said of each person so far, in the order of appearance."""
        fps, usage = self._video.fps, self._predictor.usage
        return [
            TrackAnswer(t.number, t.first / fps, t.last / fps, t.looks, answers_of(usage, t.whole()))
            for t in self._tracker.tracks
        ]

    def _followed(self, number: int, rgb: Rgb) -> tuple[FollowedFace, ...]:
        seen = self._look(rgb)
        if isinstance(seen, Failed):
            self.refused.append((number, SampleRejected(seen.reason, seen.detail)))
            return ()
        tracks = self._tracker.follow(number, seen.boxes, self._predictor.shares(seen.crops), self._every)
        usage = self._predictor.usage
        return tuple(
            FollowedFace(track.number, FacePrediction(box, answers_of(usage, track.now())))
            for track, box in zip(tracks, seen.boxes, strict=True)
        )

    def _check_whole(self) -> None:
        """Note a film that ends before it says it does."""
        said = self._video.frames
        if self.frames < max(1, said * (1 - _MOST_MISSING)):
            verdict = SampleRejected("damaged_video", f"it ends after {self.frames} of {said} frames")
            self.refused.append((self.frames, verdict))
