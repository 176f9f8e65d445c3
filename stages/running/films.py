"""`predict` on films and cameras: a row a face and frame, then a row a person; the film with boxes drawn."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from pipeline.core.errors import MaskwrightError, OutputError, SampleRejected
from stages.running.answers import Output, tell_counts, tell_refused, write_refused
from stages.running.screen import counted

if TYPE_CHECKING:
    from pipeline.core.arrays import Rgb
    from pipeline.prediction.formats import FormatName, Row
    from pipeline.prediction.predictor import FacePredictor
    from pipeline.prediction.video import FollowedFace, FrameAnswer, TrackAnswer
    from pipeline.storage.videos import VideoReader

    Shown = Callable[[Rgb, tuple[FollowedFace, ...]], None]

Films = list[Path | int]
"""Files, and numbers of cameras."""


class Wanted(Protocol):
    """The options that concern films."""

    @property
    def form(self) -> "FormatName":
        """How rows are written."""

    @property
    def out(self) -> Path | None:
        """The file for them."""

    @property
    def draw(self) -> Path | None:
        """The film with boxes drawn, or the folder for several."""

    @property
    def rejected(self) -> Path | None:
        """The file for what has no answer."""

    @property
    def every(self) -> int | None:
        """Every how many frames a film is looked at."""

    @property
    def seconds(self) -> float | None:
        """How much of it."""


def run_films(films: Films, predictor: "FacePredictor", wanted: Wanted) -> None:
    """All films, one after another; one that can't be read costs itself alone.

    Raises:
        MaskwrightError: none could be read.
    """
    places = _drawn_places(films, wanted.draw)
    run = _Run(predictor, wanted)
    for film, place in zip(films, places, strict=True):
        run.film(film, place)
    run.end()


class _Run:
    """What is counted over all films, and where their rows go."""

    def __init__(self, predictor: "FacePredictor", wanted: Wanted) -> None:
        self._predictor, self._wanted = predictor, wanted
        self._rows = _FilmRows(predictor, wanted)
        self._refused: list[Row] = []
        self._frames = self._people = self._taken = 0

    def film(self, source: Path | int, drawn: Path | None) -> None:
        """One film: what becomes of it is written as it goes on."""
        from pipeline.core.file_names import printable
        from pipeline.storage.videos import VideoReader

        name = f"camera {source}" if isinstance(source, int) else printable(str(source))
        self._taken += 1
        try:
            with VideoReader(source) as video, _drawing(drawn, video) as shown:
                self._go_through(name, video, shown)
        except SampleRejected as verdict:
            self._refuse({"video": name, "frame": None, "reason": verdict.reason, "detail": verdict.detail})

    def _go_through(self, name: str, video: "VideoReader", shown: "Shown | None") -> None:
        from pipeline.prediction.video import Asked, VideoPredictor

        road = VideoPredictor(self._predictor, video, Asked(self._wanted.every, self._wanted.seconds), shown)
        for answer in road:
            self._rows.frame(name, answer)
        tracks = road.tracks()
        self._rows.tracks(name, tracks)
        self._frames += road.frames
        self._people += len(tracks)
        for frame, verdict in road.refused:
            self._refuse({"video": name, "frame": frame, "reason": verdict.reason, "detail": verdict.detail})

    def _refuse(self, row: "Row") -> None:
        tell_refused([row])
        self._refused.append(row)

    def end(self) -> None:
        """Write the files and tell the counts."""
        self._rows.close()
        write_refused(self._wanted.rejected, self._refused)
        seen = f"{counted(self._frames, 'frame')}, {counted(self._people, 'person', 'people')}"
        tell_counts(counted(self._taken, "film"), seen, self._refused)
        if not self._frames:
            raise MaskwrightError("no film could be read")


class _FilmRows:
    """Rows of films in the format that is wanted."""

    def __init__(self, predictor: "FacePredictor", wanted: Wanted) -> None:
        from pipeline.prediction.formats import Columns

        self._form, self._output = wanted.form, Output(wanted.out)
        self._columns = Columns(predictor.usage, ("video", "frame", "time_s", "track"))

    def frame(self, name: str, answer: "FrameAnswer") -> None:
        """A row a face, where rows are wanted."""
        from pipeline.prediction.formats import frame_rows, json_lines

        if self._form == "json":
            self._output.add(json_lines(frame_rows(name, answer)))
        elif self._form == "csv":
            self._output.add(self._columns.rows(frame_rows(name, answer, every_class=False)))

    def tracks(self, name: str, tracks: "Sequence[TrackAnswer]") -> None:
        """A row a person; CSV, where rows are of one kind, has none."""
        from pipeline.prediction.formats import json_lines, track_line, track_row

        if self._form == "json":
            self._output.add(json_lines([track_row(name, track) for track in tracks]))
        elif self._form == "table":
            self._output.add("".join(track_line(name, track) for track in tracks))

    def close(self) -> None:
        """That was the last."""
        if self._form == "csv":
            self._output.add(self._columns.end())
        self._output.close()


def _drawn_places(films: Films, draw: Path | None) -> list[Path | None]:
    """Where each film is drawn: `draw` itself where it names a film, else a file in that folder."""
    from pipeline.prediction.photos import names_apart
    from pipeline.storage.videos import is_video_name

    if draw is None:
        return [None] * len(films)
    if is_video_name(draw):
        if len(films) > 1:
            raise OutputError(f"{draw}: {len(films)} films can't be drawn into one: name a folder")
        return [draw]
    paths = [Path(f"camera-{film}") if isinstance(film, int) else film for film in films]
    return [draw / name for name in names_apart(paths, ".mp4")]


@contextmanager
def _drawing(place: Path | None, video: "VideoReader") -> "Iterator[Shown | None]":
    """What draws a frame into the film at `place`, None where none is wanted."""
    from pipeline.prediction.drawing import draw_predictions
    from pipeline.storage.videos import written_video

    if place is None:
        yield None
        return
    with written_video(place, video.fps, video.width_px, video.height_px) as film:

        def show(rgb: "Rgb", faces: "tuple[FollowedFace, ...]") -> None:
            names = [f"person {face.track}" for face in faces]
            film.add(draw_predictions(rgb, [face.prediction for face in faces], names))

        yield show
