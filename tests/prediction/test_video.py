import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result

from pipeline.core.arrays import Rgb
from pipeline.prediction.predictor import FacePredictor
from pipeline.prediction.video import Asked, VideoPredictor
from pipeline.storage.videos import VideoReader, written_video
from stages.tools.predict import command as predict
from tests.prediction.kit import tiny_classifier, tiny_model

FPS, FRAMES = 12, 24


def frames(portrait: Rgb) -> Iterator[Rgb]:
    """One face that goes right, another that comes for the second half."""
    small = cv2.resize(portrait, (160, 188), interpolation=cv2.INTER_AREA)
    for number in range(FRAMES):
        rgb = np.full((200, 480, 3), 120, dtype=np.uint8)
        rgb[6:194, 3 * number : 3 * number + 160] = small
        if number >= FRAMES // 2:
            rgb[6:194, 300:460] = small[:, ::-1]
        yield rgb


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, portrait: Rgb) -> Path:
    """A model and a clip."""
    place = tmp_path_factory.mktemp("films")
    (place / "model.onnx").write_bytes(tiny_model())
    with written_video(place / "clip.avi", FPS, 480, 200) as film:
        for rgb in frames(portrait):
            film.add(rgb)
    return place


def run(folder: Path, *words: str | Path) -> Result:
    return CliRunner().invoke(predict, ["--model", str(folder / "model.onnx"), *map(str, words)])


def test_json_has_frames_and_then_people(folder: Path) -> None:
    result = run(folder, folder / "clip.avi", "--json")
    assert result.exit_code == 0, result.output
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    seen = [(row["frame"], row["track"]) for row in rows if "frame" in row]
    assert seen == [(k, 1) for k in range(0, 12, 2)] + [(k, t) for k in range(12, 24, 2) for t in (1, 2)]
    people = [row for row in rows if "frame" not in row]
    assert [(row["track"], row["looks"], row["first_s"]) for row in people] == [(1, 12, 0), (2, 6, 1)]
    assert {row["video"] for row in rows} == {str(folder / "clip.avi")}
    assert "predict: 1 film, 24 frames, 2 people" in result.stderr


def test_a_person_s_answer_is_the_mean_over_the_looks(folder: Path) -> None:
    predictor = FacePredictor(tiny_classifier())
    with VideoReader(folder / "clip.avi") as video:
        road = VideoPredictor(predictor, video, Asked(every=6))
        looks = len(list(road))
        (first, _) = road.tracks()
    with VideoReader(folder / "clip.avi") as video:
        alone = [
            min(predictor(rgb), key=lambda face: face.box.left).answers["wear"].probabilities["none"]
            for number in video
            if number % 6 == 0 and (rgb := video.frame()) is not None
        ]
    assert looks == first.looks == len(alone) == 4
    assert first.answers["wear"].probabilities["none"] == pytest.approx(np.mean(alone), abs=1e-5)


def test_every_and_seconds_say_what_is_looked_at(folder: Path) -> None:
    result = run(folder, folder / "clip.avi", "--csv", "--every", "4", "--seconds", "0.75")
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert [row["frame"] for row in rows] == ["0", "4", "8"]
    assert rows[1]["time_s"] == "0.333"


def test_the_table_has_a_line_a_person(folder: Path) -> None:
    lines = run(folder, folder / "clip.avi").stdout.splitlines()
    assert len(lines) == 2
    assert "person 1, 0.0 to 1.8 s, 12 looks: mask_type " in lines[0]


def test_the_film_is_drawn_with_every_frame(folder: Path, tmp_path: Path) -> None:
    assert run(folder, folder / "clip.avi", "--draw", tmp_path / "out.mp4", "--every", "3").exit_code == 0
    with VideoReader(folder / "clip.avi") as plain, VideoReader(tmp_path / "out.mp4") as drawn:
        assert (drawn.frames, drawn.fps) == (FRAMES, FPS)
        for _ in zip(plain, drawn, strict=True):
            before, after = plain.frame(), drawn.frame()
            assert before is not None
            assert after is not None
            assert np.abs(before.astype(int) - after).max() > 60  # between looks too


def test_several_films_are_drawn_into_a_folder(folder: Path, tmp_path: Path) -> None:
    words = [str(folder / "clip.avi")] * 2 + ["--seconds", "0.2"]
    result = run(folder, *words, "--draw", tmp_path / "one.mp4")
    assert (result.exit_code, "name a folder" in result.stderr) == (1, True)
    assert run(folder, *words, "--draw", tmp_path / "out").exit_code == 0
    assert (tmp_path / "out/clip.mp4").is_file()


def test_a_film_that_ends_too_early_is_answered_as_far_as_it_goes(folder: Path, tmp_path: Path) -> None:
    data = (folder / "clip.avi").read_bytes()
    (tmp_path / "cut.avi").write_bytes(data[: len(data) * 2 // 3])
    result = run(folder, tmp_path / "cut.avi", "--json", "--rejected", tmp_path / "rejected.jsonl")
    assert result.exit_code == 0, result.output
    assert result.stdout.count('"frame"') >= 4
    assert "cut.avi: damaged_video: it ends after" in result.stderr
    assert json.loads((tmp_path / "rejected.jsonl").read_text())["reason"] == "damaged_video"


def test_a_bad_film_costs_itself_alone(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.mp4").write_bytes(b"no film")
    result = run(folder, tmp_path / "bad.mp4", folder / "clip.avi", "--seconds", "0.1")
    assert result.exit_code == 0
    assert "bad.mp4: damaged_video: no film begins with b'no film'" in result.stderr
    result = run(folder, tmp_path / "bad.mp4")
    assert (result.exit_code, "no film could be read" in result.stderr) == (1, True)


def test_a_frame_that_makes_the_program_raise_costs_itself_alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usual, looks = FacePredictor.look, iter(range(99))

    def look(self: FacePredictor, rgb: Rgb) -> object:
        if next(looks) == 1:
            raise ZeroDivisionError
        return usual(self, rgb)

    monkeypatch.setattr(FacePredictor, "look", look)
    result = run(folder, folder / "clip.avi", "--json", "--seconds", "0.9")
    assert result.exit_code == 0
    assert "clip.avi: processing_failed: ZeroDivisionError" in result.stderr
    assert '"track": 2' not in result.stdout
