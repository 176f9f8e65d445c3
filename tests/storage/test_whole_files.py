import os
import sys
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from pipeline.storage import whole_files as files
from pipeline.storage.whole_files import atomic_path, boot_id, sync_file_system, write_bytes

LINES = 40
"""More than `atomic_path` runs: the last of them interrupt nothing."""


def interrupt_before_line(number: int) -> Any:
    """A tracer that acts as Ctrl-C does, before the numbered line that runs in `pipeline/storage/whole_files.py`."""
    seen = 0

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal seen
        if frame.f_code.co_filename != files.__file__:
            return None
        if event == "line":
            seen += 1
            if seen == number:
                raise KeyboardInterrupt
        return trace

    return trace


@pytest.mark.parametrize("number", range(1, LINES + 1))
def test_an_interrupt_at_any_line_leaves_a_whole_file_or_none(tmp_path: Path, number: int) -> None:
    before = sys.gettrace()
    sys.settrace(interrupt_before_line(number))
    try:
        with suppress(KeyboardInterrupt):
            write_bytes(tmp_path / "a", b"whole")
    finally:
        sys.settrace(before)
    assert [file.name for file in tmp_path.iterdir()] in ([], ["a"])
    assert all(file.read_bytes() == b"whole" for file in tmp_path.iterdir())


def write_half(path: Path) -> None:
    with atomic_path(path) as part:
        part.write_bytes(b"ne")
        raise OSError("full")


def test_an_error_in_the_block_keeps_the_old_file(tmp_path: Path) -> None:
    write_bytes(tmp_path / "a", b"old")
    with pytest.raises(OSError, match="full"):
        write_half(tmp_path / "a")
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [("a", b"old")]


def test_a_file_is_on_the_disk_before_it_has_its_name_and_the_name_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[tuple[str, bool]] = []
    fsync, place = os.fsync, tmp_path / "a.txt"

    def noted(descriptor: int) -> None:
        done.append((Path(f"/proc/self/fd/{descriptor}").readlink().suffix, place.exists()))
        fsync(descriptor)

    monkeypatch.setattr("os.fsync", noted)
    write_bytes(place, b"a")
    assert done == [(".part", False), ("", True)]
    write_bytes(place, b"b", synced=False)
    assert len(done) == 2


def test_a_file_system_is_synced_with_and_without_the_call_for_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync_file_system(tmp_path)
    with pytest.raises(FileNotFoundError):
        sync_file_system(tmp_path / "nothing")
    called: list[None] = []
    monkeypatch.setattr("ctypes.CDLL", lambda *_, **__: object())
    monkeypatch.setattr("os.sync", lambda: called.append(None))
    sync_file_system(tmp_path)
    assert len(called) == 1


def test_a_boot_has_one_name_and_no_name_is_trusted_where_the_system_has_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert boot_id() == boot_id()
    monkeypatch.setattr("pipeline.storage.whole_files._BOOT_ID", tmp_path / "none")
    assert boot_id() != boot_id()
