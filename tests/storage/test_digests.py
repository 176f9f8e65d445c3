import os
from pathlib import Path

from pipeline.core.locations import Stretch
from pipeline.storage.digests import digest_of_folders, file_stamp, item_key


def test_a_file_that_changed_has_another_stamp(tmp_path: Path) -> None:
    file = tmp_path / "a.jpg"
    file.write_bytes(b"photo")
    stamp = file_stamp(file)
    assert stamp == file_stamp(file)
    file.write_bytes(b"another photo")
    assert file_stamp(file) != stamp
    file.write_bytes(b"photo")
    os.utime(file, ns=(0, stamp[1] + 1))
    assert file_stamp(file) != stamp, "of the same size, written later"


def test_a_file_that_is_gone_has_the_stamp_of_no_file(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    assert file_stamp(tmp_path / "gone") == (-1, -1)
    assert file_stamp(tmp_path / "empty")[0] == 0


def test_a_key_is_of_the_record_and_of_the_file_that_holds_it(tmp_path: Path) -> None:
    file = tmp_path / "a.tar"
    file.write_bytes(b"shard")
    key = item_key("record", file)
    assert item_key("record", Stretch(file, 0, 3)) == key
    assert item_key("other", file) != key
    file.write_bytes(b"longer shard")
    assert item_key("record", file) != key


def test_what_is_compiled_of_a_folder_is_no_part_of_its_digest(tmp_path: Path) -> None:
    (tmp_path / "kernels.c").write_text("int one(void) { return 1; }")
    digest = digest_of_folders([tmp_path])
    for compiled in ("kernels.so", "module.pyc"):
        (tmp_path / compiled).write_bytes(b"of this machine")
    assert digest_of_folders([tmp_path]) == digest
    (tmp_path / "kernels.c").write_text("int one(void) { return 2; }")
    assert digest_of_folders([tmp_path]) != digest


def test_of_a_package_its_code_counts_alone(tmp_path: Path) -> None:
    code = frozenset({".py", ".c"})
    (tmp_path / "module.py").write_text("one = 1")
    digest = digest_of_folders([tmp_path], code)
    (tmp_path / "model.onnx").write_bytes(b"weights")
    assert digest_of_folders([tmp_path], code) == digest
    (tmp_path / "kernels.c").write_text("int one(void) { return 1; }")
    assert digest_of_folders([tmp_path], code) != digest
