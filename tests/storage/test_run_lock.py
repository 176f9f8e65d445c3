import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.core.errors import OutputError
from pipeline.storage.run_lock import run_lock

ROOT = Path(__file__).parents[2]
HOLD = """
import sys, time
from pathlib import Path
from pipeline.storage.run_lock import run_lock
with run_lock(Path(sys.argv[1]), "out"):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    return tmp_path / "locks" / "out"


def test_the_second_run_is_told_who_the_first_is(lock: Path) -> None:
    with run_lock(lock, "data/masked"):
        expected = rf"data/masked: in use by another run, process {os.getpid()} on .+ since \d{{4}}-.* UTC; wait for it"
        with pytest.raises(OutputError, match=expected), run_lock(lock, "data/masked"):
            raise AssertionError("two hold it")
        assert lock.is_file()


def test_nothing_is_left_and_the_next_gets_it(lock: Path) -> None:
    for _ in range(2):
        with run_lock(lock, "out"):
            assert lock.is_file()
        assert not lock.exists()


def test_an_error_in_the_block_gives_it_back(lock: Path) -> None:
    with pytest.raises(ZeroDivisionError), run_lock(lock, "out"):
        raise ZeroDivisionError
    with run_lock(lock, "out"):
        pass


def test_the_lock_of_a_killed_process_is_in_nobodys_way(lock: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(lock)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process, process.stdout:
        assert process.stdout.readline() == "held\n"
        with pytest.raises(OutputError, match=f"process {process.pid} on"), run_lock(lock, "out"):
            raise AssertionError("two hold it")
        process.send_signal(signal.SIGKILL)
    assert lock.is_file()
    with run_lock(lock, "out"):
        pass


@pytest.mark.parametrize("note", ["", "{", "[]", '{"pid": 1}'])
def test_a_note_that_says_nothing_is_no_crash(lock: Path, note: str) -> None:
    with run_lock(lock, "out"):
        lock.write_text(note)
        with pytest.raises(OutputError, match="in use by another run, which says no more"), run_lock(lock, "out"):
            raise AssertionError("two hold it")


def test_a_lock_that_cannot_be_made_is_told() -> None:
    with (
        pytest.raises(OutputError, match="/proc/nowhere/lock: cannot be written"),
        run_lock(Path("/proc/nowhere/lock"), "o"),
    ):
        raise AssertionError("held")
