from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.core.arrays import Rgb
from pipeline.core.errors import MaskwrightError, OutputError, SampleRejected
from pipeline.storage.videos import VideoReader, is_video_name, written_video


def frame_of(number: int, height: int = 96, width: int = 128) -> Rgb:
    """Red grows with the number, blue lies on the right."""
    rgb = np.full((height, width, 3), 60, dtype=np.uint8)
    rgb[:, :, 0] = 20 + 8 * number
    rgb[:, width // 2 :, 2] = 200
    return rgb


def clip(path: Path, frames: int = 20, fps: float = 10, **size: int) -> Path:
    first = frame_of(0, **size)
    with written_video(path, fps, first.shape[1], first.shape[0]) as film:
        for number in range(frames):
            film.add(frame_of(number, **size))
    return path


@pytest.mark.parametrize("name", ["a.mp4", "a.avi", "a.MOV"])
def test_frames_that_are_written_are_read_in_their_colours(tmp_path: Path, name: str) -> None:
    with VideoReader(clip(tmp_path / name)) as video:
        assert (video.fps, video.frames, video.width_px, video.height_px) == (10, 20, 128, 96)
        seen = [(number, video.frame()) for number in video]
    assert [number for number, _ in seen] == list(range(20))
    for number, rgb in seen:
        assert rgb is not None
        assert np.abs(rgb.astype(int) - frame_of(number)).mean() < 12
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_frames_of_odd_sizes_are_written(tmp_path: Path) -> None:
    with VideoReader(clip(tmp_path / "a.mp4", height=95, width=127)) as video:
        assert sum(1 for _ in video) == 20


def test_a_film_that_is_broken_off_leaves_nothing(tmp_path: Path) -> None:
    def break_off() -> None:
        with written_video(tmp_path / "a.mp4", 10, 128, 96) as film:
            film.add(frame_of(0))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_off()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a.gif", "a.webm", "a"])
def test_endings_that_cannot_be_written_are_told(tmp_path: Path, name: str) -> None:
    with pytest.raises(OutputError, match=r"films are written as \.avi"), written_video(tmp_path / name, 10, 128, 96):
        pass


def verdict(path: Path) -> str:
    with pytest.raises(SampleRejected) as error:
        VideoReader(path)
    return str(error.value)


@pytest.mark.parametrize(
    "data",
    [b"no film", b"#EXTM3U\n/etc/passwd\n", b"ffconcat version 1.0\nfile other.mp4\n", b"\xff\xd8\xff\xe0" * 9],
)
def test_what_begins_like_no_film_is_never_given_to_the_decoder(
    tmp_path: Path, data: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.mp4").write_bytes(data)
    monkeypatch.setattr(cv2, "VideoCapture", None)
    assert verdict(tmp_path / "a.mp4").startswith("damaged_video: no film begins with")


def test_a_film_without_bytes_is_an_empty_file(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").touch()
    assert verdict(tmp_path / "a.mp4") == "empty_file: 0 bytes"


def test_a_film_without_its_end_is_damaged(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    data = clip(tmp_path / "a.mp4").read_bytes()
    (tmp_path / "a.mp4").write_bytes(data[: len(data) // 2])
    assert verdict(tmp_path / "a.mp4").startswith("damaged_video: it begins like a film")
    assert capfd.readouterr().err == ""


def test_a_film_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert verdict(tmp_path / "gone.mp4") == "unreadable_file: No such file or directory"


def test_a_camera_that_is_not_there_is_told(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(MaskwrightError, match="camera 97: there is none"):
        VideoReader(97)
    assert capfd.readouterr().err == ""


def test_names_of_films() -> None:
    assert is_video_name(Path("x.MKV"))
    assert not is_video_name(Path("mp4"))
