import os
import sys
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from pipeline.core.errors import OutputError
from pipeline.storage import whole_files as files
from pipeline.storage.whole_files import atomic_path, boot_id, require_writable, sync_file_system, write_bytes

LINES = 50
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
    before, ended = sys.gettrace(), False
    sys.settrace(interrupt_before_line(number))
    try:
        with suppress(KeyboardInterrupt):
            write_bytes(tmp_path / "a", b"whole")
            ended = True
    finally:
        sys.settrace(before)
    assert ended or number < LINES
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


def test_a_pipe_is_written_to_and_stays_one(tmp_path: Path) -> None:
    """To be replaced was the end of /dev/null in a container, where one is root."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    write_bytes(pipe, b"all of it")
    assert os.read(reader, 99) == b"all of it"
    os.close(reader)
    assert pipe.is_fifo()
    assert [path.name for path in tmp_path.iterdir()] == ["pipe"]


@pytest.mark.parametrize("name", ["/dev/fd/{}", "/proc/self/fd/{}"])
def test_what_is_open_already_is_added_to(tmp_path: Path, name: str) -> None:
    with (tmp_path / "shell.txt").open("wb") as opened:
        opened.write(b"before, ")
        opened.flush()
        place = Path(name.format(opened.fileno()))
        before = place.lstat().st_mode
        write_bytes(place, b"after")
        assert place.lstat().st_mode == before
    assert (tmp_path / "shell.txt").read_bytes() == b"before, after"


def test_what_can_be_written_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "old").write_bytes(b"old")
    os.mkfifo(tmp_path / "pipe")
    require_writable(tmp_path / "new/deep/file", tmp_path / "old", tmp_path / "pipe", Path("/dev/fd/1"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["old", "pipe"]
    assert (tmp_path / "old").read_bytes() == b"old"


@pytest.mark.parametrize(("name", "why"), [("", "Is a directory"), ("old/new", "Not a directory")])
def test_what_cannot_be_written_is_told_before(tmp_path: Path, name: str, why: str) -> None:
    (tmp_path / "old").write_bytes(b"old")
    with pytest.raises(OutputError, match=f"cannot be written: {why}"):
        require_writable(tmp_path / "new", tmp_path / name)
