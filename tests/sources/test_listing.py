from pathlib import Path

from generators.docs.made_up import write_tree
from pipeline.sources.listing import Changes, changes_since, list_files, write_listing


def test_what_came_went_and_changed_is_told(tmp_path: Path) -> None:
    photos = write_tree(tmp_path / "photos", {"a.jpg": b"a", "sub/b.jpg": b"b", "c.jpg": b"c", ".hidden/x": b"x"})
    write_listing(tmp_path / "kept", list_files([photos]))
    assert changes_since(tmp_path / "kept", list_files([photos])) == Changes()
    (photos / "a.jpg").unlink()
    write_tree(photos, {"sub/b.jpg": b"longer", "new.jpg": b"n", ".hidden/y": b"y"})
    changes = changes_since(tmp_path / "kept", list_files([photos]))
    names = [str(photos / name) for name in ("new.jpg", "a.jpg", "sub/b.jpg")]
    assert changes == Changes((names[0],), (names[1],), (names[2],))


def test_an_archive_is_a_file_and_a_link_to_nothing_is_none(tmp_path: Path) -> None:
    photos = write_tree(tmp_path / "photos", {"a.zip": b"PK"})
    (photos / "gone.jpg").symlink_to(tmp_path / "nowhere")
    assert list_files([photos / "a.zip"]).keys() == list_files([photos]).keys() == {str(photos / "a.zip")}


def test_a_source_that_was_never_taken_in_has_no_changes_to_tell(tmp_path: Path) -> None:
    assert changes_since(tmp_path, {}) is None
