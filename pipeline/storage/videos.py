"""Films and cameras, frame by frame, and films that are written whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import cv2
import numpy as np

from pipeline.core.arrays import Rgb
from pipeline.core.errors import MaskwrightError, OutputError, SampleRejected
from pipeline.storage.whole_files import atomic_path

VIDEO_ENDINGS = frozenset(
    {".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".ts", ".mts", ".wmv", ".flv", ".ogv", ".3gp"}
)
_CODECS = {".mp4": "mp4v", ".m4v": "mp4v", ".mov": "mp4v", ".avi": "MJPG"}
"""What OpenCV's wheels can write without another library."""

_HEAD_BYTES = 16
_STARTS = (b"\x1a\x45\xdf\xa3", b"\x00\x00\x01", b"\x47", b"FLV", b"OggS", b"\x30\x26\xb2\x75")
"""Matroska, MPEG program and transport streams, Flash, Ogg, ASF. A playlist, which is text, would open other files."""

_USUAL_FPS = 25.0
_MOST_PIXELS = 64_000_000

os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # what ffmpeg thinks of a damaged film isn't for the user


def is_video_name(path: Path) -> bool:
    """Whether a file's ending is that of a film.

    >>> is_video_name(Path("Clip.MP4")), is_video_name(Path("clip.jpg"))
    (True, False)
    """
    return path.suffix.lower() in VIDEO_ENDINGS


class VideoReader:
    """The frames of a film, or of the camera with a number, upright; iterate to step, ask `frame` for the pixels.

    Attributes:
        fps: Frames a second; 25 where the film doesn't say.
        frames: How many frames the film says that it has; 0 of a camera and where it doesn't say.
        width_px, height_px: Size of a frame.
    """

    def __init__(self, source: Path | int) -> None:
        """Open it.

        Raises:
            SampleRejected: `unreadable_file`, `empty_file` or `damaged_video`.
            MaskwrightError: there is no such camera.
        """
        self._capture = _camera(source) if isinstance(source, int) else _film(source)
        fps = self._capture.get(cv2.CAP_PROP_FPS)
        self.fps = fps if np.isfinite(fps) and 0 < fps <= 1000 else _USUAL_FPS
        self.frames = 0 if isinstance(source, int) else max(0, int(self._capture.get(cv2.CAP_PROP_FRAME_COUNT)))
        self.width_px = int(self._capture.get(cv2.CAP_PROP_FRAME_WIDTH))
        self.height_px = int(self._capture.get(cv2.CAP_PROP_FRAME_HEIGHT))

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the film."""
        self._capture.release()

    def __iter__(self) -> Iterator[int]:
        """The number of each frame, from 0, as long as there is one more."""
        number = 0
        while self._capture.grab():
            yield number
            number += 1

    def frame(self) -> Rgb | None:
        """The pixels of the frame that iteration stands at; None where they can't be decoded."""
        decoded, bgr = self._capture.retrieve()
        return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), dtype=np.uint8) if decoded else None


def _film(path: Path) -> "cv2.VideoCapture":
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError as error:
        raise SampleRejected("unreadable_file", error.strerror or str(error)) from error
    if not head:
        raise SampleRejected("empty_file", "0 bytes")
    if not (
        head.startswith(_STARTS) or head[4:8] in {b"ftyp", b"moov", b"mdat", b"wide", b"free"} or head[8:12] == b"AVI "
    ):
        raise SampleRejected("damaged_video", f"no film begins with {head!r}")
    capture = _opened(str(path.absolute()), cv2.CAP_FFMPEG)
    if capture is None:
        raise SampleRejected("damaged_video", "it begins like a film, and none of it can be decoded")
    size = capture.get(cv2.CAP_PROP_FRAME_WIDTH) * capture.get(cv2.CAP_PROP_FRAME_HEIGHT)
    if not 0 < size <= _MOST_PIXELS:
        raise SampleRejected("damaged_video", f"frames of {size:.0f} pixels")
    return capture


def _camera(number: int) -> "cv2.VideoCapture":
    capture = _opened(number, cv2.CAP_ANY)
    if capture is None:
        raise MaskwrightError(f"camera {number}: there is none, or another program has it")
    return capture


def _opened(source: str | int, backend: int) -> "cv2.VideoCapture | None":
    with _quiet():
        try:
            capture = cv2.VideoCapture(source, backend)
        except cv2.error:
            return None
    return capture if capture.isOpened() else None


@contextmanager
def _quiet() -> Iterator[None]:
    """OpenCV's own words about a film that it can't open go unsaid: the verdict says it."""
    before = cv2.utils.logging.getLogLevel()
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        yield
    finally:
        cv2.utils.logging.setLogLevel(before)


class VideoWriter:
    """Takes the frames of a film, all of one size."""

    def __init__(self, writer: "cv2.VideoWriter") -> None:
        self._writer = writer

    def add(self, rgb: Rgb) -> None:
        """One more frame."""
        self._writer.write(cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))


@contextmanager
def written_video(path: Path, fps: float, width_px: int, height_px: int) -> Iterator[VideoWriter]:
    """Takes frames, and puts the film in its place when the block ends well; no sound.

    Raises:
        OutputError: no film can be written under that ending, or there.
    """
    ending = path.suffix.lower()
    if ending not in _CODECS:
        raise OutputError(f"{path}: films are written as {', '.join(sorted(_CODECS))}")
    with atomic_path(path) as part:
        film = part.with_suffix(ending)  # by its ending the container is chosen
        try:
            with _quiet():
                writer = cv2.VideoWriter(
                    str(film), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*_CODECS[ending]), fps, (width_px, height_px)
                )
            if not writer.isOpened():
                raise OutputError(f"{path}: no film of {width_px}x{height_px} can be written there")
            try:
                yield VideoWriter(writer)
            finally:
                writer.release()
            film.replace(part)
        finally:
            film.unlink(missing_ok=True)
