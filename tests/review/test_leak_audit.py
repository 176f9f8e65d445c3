import errno
import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from pipeline.core.errors import SourceError
from pipeline.core.params import DedupParams
from pipeline.review.leak_audit import Audit, audit_folders, leak_lines, leak_rows
from pipeline.review.leak_page import leak_page
from pipeline.storage.images import write_image
from stages.cli import main
from tests.dedup.examples import picture, with_mask

PARAMS = DedupParams(align_faces=False)


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    monkeypatch.chdir(tmp_path)
    for i in range(6):
        write_image(tmp_path / "train" / "a" / f"{i}.png", picture(i))
        write_image(tmp_path / "test" / "b" / f"t{i}.png", picture(100 + i))
    return tmp_path / "train", tmp_path / "test"


def audit(folders: tuple[Path, Path]) -> Audit:
    found = audit_folders(*folders, PARAMS, cache_folder=None)
    assert found is not None
    return found


def test_a_clean_split_has_no_leak(folders: tuple[Path, Path]) -> None:
    found = audit(folders)
    assert (found.train_images, found.test_images, found.leaks) == (6, 6, [])


def test_each_kind_of_leak_is_found_once_under_its_strongest_kind(folders: tuple[Path, Path]) -> None:
    train, test = folders
    (test / "copy.png").write_bytes((train / "a" / "0.png").read_bytes())
    write_image(test / "again.jpg", picture(1)[:, ::-1], quality=60)
    write_image(test / "masked.png", with_mask(picture(2)))
    write_image(test / "3-with-mask.png", picture(777))
    found = audit(folders)
    assert {leak.test.origin: leak.kind for leak in found.leaks} == {
        "copy.png": "exact",
        "again.jpg": "near",
        "masked.png": "mask_pair",
        "3-with-mask.png": "same_source_id",
    }
    assert {leak.train[0].origin for leak in found.leaks} >= {"a/0.png", "a/1.png", "a/2.png"}
    assert found.leaking_share == pytest.approx(0.4)


def test_every_copy_in_test_leaks_not_only_the_one_that_is_tied_directly(folders: tuple[Path, Path]) -> None:
    train, test = folders
    for name in ("x", "y", "z"):
        (test / f"{name}.png").write_bytes((train / "a" / "0.png").read_bytes())
    assert len(audit(folders).leaks) == 3


def test_duplicates_within_one_side_are_no_leak(folders: tuple[Path, Path]) -> None:
    train, _ = folders
    (train / "again.png").write_bytes((train / "a" / "0.png").read_bytes())
    assert audit(folders).leaks == []


def test_the_command_fails_on_leaks_and_writes_the_report(folders: tuple[Path, Path]) -> None:
    train, test = folders
    clean = CliRunner().invoke(main, ["audit-leaks", str(train), str(test), "--no-cache"])
    assert clean.exit_code == 0
    assert "0 of 6 test images (0.0%) leak" in clean.output
    write_image(test / "again.jpg", picture(1), quality=60)
    (test / "broken.jpg").write_bytes(b"nothing")
    leaking = CliRunner().invoke(main, ["audit-leaks", str(train), str(test), "--report", "out/leaks.html"])
    assert leaking.exit_code == 1
    assert "1 of 7 test images (14.3%) leak: near 1" in leaking.output
    assert "again.jpg  <-  a/1.png" in leaking.output
    assert "1 files could not be read and were not compared:\n  broken.jpg: not_an_image" in leaking.output
    assert "train: a/1.png" in (train.parent / "out" / "leaks.html").read_text(encoding="utf-8")


def test_the_table_holds_every_pair_and_every_file_that_was_not_compared(folders: tuple[Path, Path]) -> None:
    train, test = folders
    (train / "again.png").write_bytes((train / "a" / "0.png").read_bytes())
    for name in ("x", "y"):
        (test / f"{name}.png").write_bytes((train / "a" / "0.png").read_bytes())
    write_image(test / "masked.png", with_mask(picture(2)))
    (test / "broken.jpg").write_bytes(b"nothing")
    CliRunner().invoke(main, ["audit-leaks", str(train), str(test), "--no-cache", "--show", "1", "--csv", "leaks.csv"])
    lines = Path("leaks.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "test,train,kind,detail"
    assert sorted(lines[1:-1]) == [
        "masked.png,a/2.png,mask_pair,",
        "x.png,a/0.png,exact,", "x.png,again.png,exact,", "y.png,a/0.png,exact,", "y.png,again.png,exact,",
    ]  # fmt: skip
    assert lines[-1].startswith("broken.jpg,,not_an_image,")


@pytest.mark.parametrize("folder", ["missing", "empty"])
def test_a_folder_without_images_is_named(folders: tuple[Path, Path], folder: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError, match=folder):
        audit_folders(folders[0], tmp_path / folder, PARAMS, cache_folder=None)
    result = CliRunner().invoke(main, ["audit-leaks", str(folders[0]), str(tmp_path / folder)])
    assert result.exit_code == 1
    assert result.output.startswith("Error: ")


def test_only_so_many_leaks_are_spelled_out(folders: tuple[Path, Path]) -> None:
    train, test = folders
    for i in range(4):
        (test / f"copy{i}.png").write_bytes((train / "a" / "0.png").read_bytes())
    lines = list(leak_lines(audit(folders), limit=3))
    assert lines[-1] == "  ... and 1 more"
    assert len(lines) == 6


def test_a_picture_made_from_a_training_photo_leaks_by_what_its_table_says(folders: tuple[Path, Path]) -> None:
    train, test = folders
    content = hashlib.sha256((train / "a" / "4.png").read_bytes()).hexdigest()
    row = {"file_name": "b/t5.png", "parent_sha256": content}
    (test / "metadata.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    found = audit(folders)
    assert [(leak.kind, leak.test.origin, leak.train[0].origin) for leak in found.leaks] == [
        ("derived_from", "b/t5.png", "a/4.png")
    ]


DAMAGE = {
    "no JSON": b"{",
    "no object": b"[1]",
    "another encoding": b'{"file_name": "\xff"}',
    "too deep": b"[" * 100_000,
    "no name": b'{"parent_sha256": "a"}',
    "a number": b'{"file_name": "a.png", "parent_sha256": 1}',
}


@pytest.mark.parametrize("line", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_row_of_a_table_costs_itself_alone(folders: tuple[Path, Path], line: bytes) -> None:
    train, test = folders
    content = hashlib.sha256((train / "a" / "4.png").read_bytes()).hexdigest()
    good = json.dumps({"file_name": "b/t5.png", "parent_sha256": content}).encode()
    (test / "metadata.jsonl").write_bytes(line + b"\n\n" + good)
    found = audit(folders)
    assert [(leak.kind, leak.test.origin) for leak in found.leaks] == [("derived_from", "b/t5.png")]
    assert [(row.side, row.origin, row.reason) for row in found.unreadable] == [
        ("test", "metadata.jsonl#line1", "damaged_annotation")
    ]


def test_photos_are_known_by_their_content(folders: tuple[Path, Path]) -> None:
    train, test = folders
    for number, name in enumerate(("noending", "photo.dat", "photo.jpg_large")):
        (test / name).write_bytes((train / "a" / f"{number}.png").read_bytes())
    (test / "notes.txt").write_text("no photo")
    found = audit(folders)
    assert {leak.test.origin for leak in found.leaks} == {"noending", "photo.dat", "photo.jpg_large"}
    assert found.unreadable == []


def test_what_cannot_be_read_is_named_on_its_side_and_the_rest_is_compared(
    folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    train, test = folders
    copy = (train / "a" / "0.png").read_bytes()
    for name in ("copy.png", "locked.png", "locked", "locked_table/metadata.jsonl"):
        (test / name).parent.mkdir(exist_ok=True)
        (test / name).write_bytes(copy)
    (test / "locked_folder").mkdir()
    (test / "gone.png").symlink_to("nowhere.png")
    (test / "gone").symlink_to("nowhere")
    (test / "loop.png").symlink_to("loop.png")
    (test / "elsewhere").symlink_to(train, target_is_directory=True)
    (train / "gone.png").symlink_to("nowhere.png")
    os.mkfifo(test / "pipe.png")
    refuse_what_is_called("locked", monkeypatch)
    found = audit(folders)
    assert [leak.test.origin for leak in found.leaks] == ["copy.png"]
    assert {(row.side, row.origin): row.reason for row in found.unreadable} == {
        ("test", "locked.png"): "unreadable_file",
        ("test", "locked"): "unreadable_file",
        ("test", "locked_table/metadata.jsonl"): "unreadable_file",
        ("test", "locked_folder"): "unreadable_folder",
        ("test", "gone.png"): "link_to_no_file",
        ("test", "gone"): "link_to_no_file",
        ("test", "loop.png"): "link_to_no_file",
        ("test", "elsewhere"): "link_to_no_file",
        ("train", "gone.png"): "link_to_no_file",
        ("test", "pipe.png"): "not_a_regular_file",
    }
    rows = {(row["train"], row["test"]): row["kind"] for row in leak_rows(found)}
    assert rows["gone.png", ""] == rows["", "gone.png"] == "link_to_no_file"
    assert all(row.origin in leak_page(found) for row in found.unreadable)


def refuse_what_is_called(start: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the system refuse to open these files and folders: to root it refuses nothing."""
    opened, scanned = Path.open, os.scandir

    def may(path: object) -> None:
        if Path(str(path)).name.startswith(start) or Path(str(path)).parent.name.startswith(f"{start}_table"):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    def open_it(path: Path, *rest: Any, **options: Any) -> Any:
        may(path)
        return opened(path, *rest, **options)

    def scan_it(path: Any = ".") -> Any:
        if Path(str(path)).name == f"{start}_folder":
            may(path)
        return scanned(path)

    monkeypatch.setattr(Path, "open", open_it)
    monkeypatch.setattr(os, "scandir", scan_it)


def test_a_folder_whose_photos_cannot_be_opened_says_so(folders: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "links").mkdir()
    (tmp_path / "links/a.png").symlink_to("nowhere.png")
    with pytest.raises(SourceError, match=r"no image files in it; a\.png: link_to_no_file"):
        audit_folders(folders[0], tmp_path / "links", PARAMS, cache_folder=None)


def test_name_of_any_bytes_is_a_row(folders: tuple[Path, Path]) -> None:
    train, test = folders
    (test / os.fsdecode(b"caf\xe9.png")).write_bytes((train / "a" / "0.png").read_bytes())
    found = audit(folders)
    assert [(row.origin, row.reason) for row in found.unreadable] == [(r"caf\xe9.png", "unreadable_file")]
    assert found.test_images == 6
