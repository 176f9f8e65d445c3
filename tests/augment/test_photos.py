import os
from pathlib import Path

import pytest

from generators.docs.made_up import picture
from pipeline.augment.photos import MARKER, list_photos


def touch(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"x")


def names_of(root: Path, exclude: Path | None = None) -> list[str]:
    return [photo.name for photo in list_photos(root, exclude).photos]


def test_lists_images_of_the_whole_tree_in_order(tmp_path: Path) -> None:
    touch(tmp_path, "b.JPG", "a/z.png", "a/b/c.webp", "notes.txt", "c.tiff", "README")
    listing = list_photos(tmp_path)
    assert [photo.name for photo in listing.photos] == ["a/b/c.webp", "a/z.png", "b.JPG", "c.tiff"]
    assert listing.other_files == {".txt": 1, "": 1}


def test_what_is_left_out_is_counted_by_endings_that_are_words(tmp_path: Path) -> None:
    touch(tmp_path, "a.NEF", "b.nef", "mr. smith's", "c.\x1b[31m", "d.endlessly_long", "e.")
    assert list_photos(tmp_path).other_files == {".nef": 2, "": 4}


def test_takes_a_single_file(tmp_path: Path) -> None:
    touch(tmp_path, "a.jpg", "b.jpg")
    assert names_of(tmp_path / "a.jpg") == ["a.jpg"]


@pytest.mark.parametrize(
    "name", ["Zoë Müller.jpg", "a.b.c.jpg", " lead.jpg", "写真/顔.jpg", "a\nb.jpg", "'$HOME;`.jpg", "-x.jpg"]
)
def test_odd_names_are_kept(tmp_path: Path, name: str) -> None:
    touch(tmp_path, name)
    (photo,) = list_photos(tmp_path).photos
    assert photo.name == name
    assert photo.stem == name.removesuffix(".jpg").replace("/", "__")
    assert photo.path.read_bytes() == b"x"


def test_names_that_are_not_utf8_are_escaped(tmp_path: Path) -> None:
    raw = os.fsencode(tmp_path) + b"/caf\xe9.jpg"
    Path(os.fsdecode(raw)).write_bytes(b"x")
    (photo,) = list_photos(tmp_path).photos
    assert (photo.name, photo.stem) == ("caf\\xe9.jpg", "caf_xe9")
    assert photo.path.read_bytes() == b"x"


def test_hidden_files_are_left_out(tmp_path: Path) -> None:
    touch(tmp_path, "._a.jpg", ".thumbnails/a.jpg", "a.jpg")
    assert names_of(tmp_path) == ["a.jpg"]


def test_stems_never_collide(tmp_path: Path) -> None:
    touch(tmp_path, "a.jpg", "a.png", "a.jpeg", "a_png.jpg", "A.jpg", "a.JPG", "a/a.jpg", "a__a.jpg", "test.jpg")
    touch(tmp_path, "testphoto.jpg")
    stems = [photo.stem.casefold() for photo in list_photos(tmp_path).photos]
    assert len(stems) == 10
    assert len(set(stems)) == 10


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("001/a.jpg", "001__a"),
        ("test/a.jpg", "testphoto__a"),
        ("set/train.2/val/my eval-1.jpg", "set__trainphoto.2__valphoto__my evalphoto-1"),
        ("dev.png", "devphoto_png"),
        ("latest/contest validated.jpg", "latest__contest validated"),
    ],
)
def test_folders_stand_in_the_stem_and_no_word_that_names_a_side(tmp_path: Path, name: str, stem: str) -> None:
    touch(tmp_path, name)
    (photo,) = list_photos(tmp_path).photos
    assert photo.stem == stem


def test_long_names_leave_room_for_what_is_appended(tmp_path: Path) -> None:
    touch(tmp_path, "é" * 120 + "1.jpg", "é" * 120 + "2.jpg")
    stems = [photo.stem for photo in list_photos(tmp_path).photos]
    assert max(len(stem.encode()) for stem in stems) < 170
    assert len(set(stems)) == 2


def test_loops_of_links_end_and_each_folder_is_entered_once(tmp_path: Path) -> None:
    touch(tmp_path, "a/x.jpg", "b/y.jpg")
    (tmp_path / "a" / "up").symlink_to(tmp_path)
    (tmp_path / "a" / "self").symlink_to(tmp_path / "a")
    (tmp_path / "c").symlink_to(tmp_path / "b")
    listing = list_photos(tmp_path)
    assert [photo.name for photo in listing.photos] == ["a/x.jpg", "b/y.jpg"]
    assert sorted(listing.skipped_folders) == ["a/self", "a/up", "c"]


def test_a_link_to_itself_and_a_broken_link_are_left_to_the_reader(tmp_path: Path) -> None:
    (tmp_path / "loop.jpg").symlink_to("loop.jpg")
    (tmp_path / "gone.jpg").symlink_to("nowhere.jpg")
    assert names_of(tmp_path) == ["gone.jpg", "loop.jpg"]


def test_links_to_photos_and_folders_elsewhere_are_followed_where_asked(tmp_path: Path) -> None:
    touch(tmp_path, "elsewhere/x.jpg", "y.jpg", "in/z.jpg")
    (tmp_path / "in" / "folder").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "in" / "photo.jpg").symlink_to(tmp_path / "y.jpg")
    (tmp_path / "in" / "copy.jpg").symlink_to("z.jpg")
    followed = list_photos(tmp_path / "in", follow_links=True)
    assert [photo.name for photo in followed.photos] == ["copy.jpg", "folder/x.jpg", "photo.jpg", "z.jpg"]
    listing = list_photos(tmp_path / "in")
    assert [photo.name for photo in listing.photos] == ["copy.jpg", "z.jpg"]
    assert [(name, reason) for name, reason, _ in listing.refused()] == [
        ("folder", "link_leaves_source"),
        ("photo.jpg", "link_leaves_source"),
    ]


def test_tree_and_photo_that_are_named_by_links_are_taken(tmp_path: Path) -> None:
    touch(tmp_path, "real/a.jpg")
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "link.jpg").symlink_to("real/a.jpg")
    assert names_of(tmp_path / "link") == ["a.jpg"]
    assert names_of(tmp_path / "link.jpg") == ["link.jpg"]


def test_the_output_and_outputs_of_earlier_runs_are_left_out(tmp_path: Path) -> None:
    touch(tmp_path, "a.jpg", "out/images/a.jpg", "old/images/a.jpg", f"old/{MARKER}")
    listing = list_photos(tmp_path, tmp_path / "out")
    assert [photo.name for photo in listing.photos] == ["a.jpg"]
    assert listing.skipped_folders == ["old", "out"]


def test_a_folder_that_cannot_be_listed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path, "a.jpg", "secret/b.jpg", "z.jpg")
    scandir = os.scandir

    def refuse(folder: Path) -> object:
        if Path(folder).name == "secret":
            raise PermissionError(13, "Permission denied")
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", refuse)
    listing = list_photos(tmp_path)
    assert [photo.name for photo in listing.photos] == ["a.jpg", "z.jpg"]
    assert listing.unreadable == [("secret", "Permission denied")]


def test_an_empty_folder_holds_nothing(tmp_path: Path) -> None:
    assert list_photos(tmp_path).photos == []


def test_images_are_known_by_their_bytes_where_the_name_says_nothing(tmp_path: Path) -> None:
    for name in ("photo", "photo.txt", "notes.jpg.bak"):
        (tmp_path / name).write_bytes(picture())
    touch(tmp_path, "paper.txt", "paper")
    listing = list_photos(tmp_path)
    found = {photo.name: photo.stem for photo in listing.photos}
    assert found == {"photo": "photo", "photo.txt": "photo_txt", "notes.jpg.bak": "notes.jpg_bak"}
    assert listing.other_files == {".txt": 1, "": 1}


@pytest.mark.parametrize("letter", ["a", "é", "写"])
def test_the_longest_names_get_stems_with_room_for_more(tmp_path: Path, letter: str) -> None:
    longest = letter * ((255 - 5) // len(letter.encode()))
    touch(tmp_path, f"{longest}1.jpg", f"{longest}2.jpg")
    stems = {photo.stem for photo in list_photos(tmp_path).photos}
    assert len(stems) == 2
    assert all(len(stem.encode()) <= 160 for stem in stems)
