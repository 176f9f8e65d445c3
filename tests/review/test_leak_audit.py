import hashlib
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipeline.core.errors import SourceError
from pipeline.core.params import DedupParams
from pipeline.review.leak_audit import Audit, audit_folders, leak_lines
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
    (test / "metadata.jsonl").write_text("{", encoding="utf-8")
    with pytest.raises(SourceError, match=r"metadata\.jsonl: cannot be read"):
        audit(folders)
