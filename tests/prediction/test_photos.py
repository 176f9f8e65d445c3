import os
from pathlib import Path

import pytest

from pipeline.core.errors import MaskwrightError, SampleRejected
from pipeline.prediction.photos import answer_photos, named, names_apart
from pipeline.prediction.predictor import FacePredictor
from tests.prediction.kit import tiny_classifier


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("b/2.jpg", "b/1.png", "b/notes.txt", "b/.hidden.jpg", "a.jpg", "clip.MP4", "odd[1].jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("words", "photos"),
    [
        (["a.jpg", "b"], ["a.jpg", "b/1.png", "b/2.jpg"]),
        (["b", "a.jpg", "a.jpg"], ["b/1.png", "b/2.jpg", "a.jpg", "a.jpg"]),
        (["**/*.jpg"], ["a.jpg", "b/2.jpg", "odd[1].jpg"]),
        (["b*"], ["b/1.png", "b/2.jpg"]),
        (["odd[1].jpg"], ["odd[1].jpg"]),
        (["-"], ["b/2.jpg", "gone.jpg", "b/1.png", "b/2.jpg"]),
        ([], []),
    ],
)
def test_words_mean_files_in_their_order(files: Path, words: list[str], photos: list[str]) -> None:
    assert [path.as_posix() for path in named(words, ["b/2.jpg\n", "\n", "gone.jpg\r\n", "b"]).photos] == photos


def test_absolute_patterns_are_taken(files: Path) -> None:
    assert named([f"{files}/b/*.jpg"]).photos == [files / "b/2.jpg"]


def test_films_are_known_by_their_ending_and_what_is_left_of_a_folder_is_counted(files: Path) -> None:
    found = named(["clip.MP4", "b"])
    assert (found.videos, found.other_files) == ([Path("clip.MP4")], {".txt": 1})


def test_links_out_of_a_folder_are_told_or_followed(files: Path) -> None:
    (files / "b/link.jpg").symlink_to(files / "a.jpg")
    found = named(["b"])
    assert [path.name for path in found.photos] == ["1.png", "2.jpg"]
    assert [(name, why.reason) for name, why in found.refused] == [("b/link.jpg", "link_leaves_source")]
    followed = named(["b"], follow_links=True)
    assert [path.name for path in followed.photos] == ["1.png", "2.jpg", "link.jpg"]
    assert not followed.refused
    assert named(["b/link.jpg"]).photos == [Path("b/link.jpg")]


def test_an_output_of_augment_masks_is_counted_and_not_read(files: Path) -> None:
    (files / "b/.maskwright").mkdir()
    (files / "b/.maskwright/run.json").write_text("{}")
    found = named(["b"])
    assert (found.photos, found.skipped_folders) == ([], 1)


@pytest.mark.parametrize("word", ["gone.jpg", "x*.jpg", "gone/"])
def test_what_names_nothing_is_an_error(files: Path, word: str) -> None:
    with pytest.raises(MaskwrightError, match="no such file or folder"):
        named([word])


@pytest.mark.skipif(os.geteuid() == 0, reason="root lists every folder")
def test_a_folder_that_cannot_be_listed_has_a_reason(files: Path) -> None:
    (files / "b").chmod(0)
    assert [why.reason for _, why in named(["b"]).refused] == ["unreadable_folder"]


def test_answers_come_in_the_photos_order_whatever_becomes_of_each(tmp_path: Path, portrait_jpeg: bytes) -> None:
    names = [f"{number:02d}.jpg" for number in range(30)]
    for number, name in enumerate(names):
        (tmp_path / name).write_bytes(b"" if number % 4 == 1 else portrait_jpeg)
    found = list(answer_photos([tmp_path / name for name in names], FacePredictor(tiny_classifier())))
    assert [answer.path.name for answer in found] == names
    assert [len(answer.faces) for answer in found] == [int(number % 4 != 1) for number in range(30)]
    assert {str(answer.verdict) for answer in found if not answer.was_read} == {"empty_file: 0 bytes"}
    assert len({answer.faces[0].answers["wear"].probability for answer in found if answer.faces}) < 4


def test_where_everything_fails_the_program_is_at_fault(tmp_path: Path, portrait_jpeg: bytes) -> None:
    class Broken(FacePredictor):
        def look(self, _: object) -> None:  # type: ignore[override]
            raise ZeroDivisionError

    (tmp_path / "a.jpg").write_bytes(portrait_jpeg)
    with pytest.raises(MaskwrightError, match="the first 20 items all fail"):
        list(answer_photos([tmp_path / "a.jpg"] * 25, Broken(tiny_classifier())))


def test_a_verdict_of_the_looking_is_the_photo_s(tmp_path: Path, portrait_jpeg: bytes) -> None:
    class Picky(FacePredictor):
        def look(self, _: object) -> None:  # type: ignore[override]
            raise SampleRejected("no_face", "none to its taste")

    (tmp_path / "a.jpg").write_bytes(portrait_jpeg)
    (answer,) = answer_photos([tmp_path / "a.jpg"], Picky(tiny_classifier()))
    assert str(answer.verdict) == "no_face: none to its taste"


def test_names_stay_apart() -> None:
    assert names_apart([], ".jpg") == []
    assert names_apart([Path("a/x.jpg")] * 2, ".txt") == ["x.txt", "x.txt"]
