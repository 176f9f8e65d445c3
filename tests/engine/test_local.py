import os
import signal
import subprocess
import sys

import pytest

from pipeline.core.errors import WorkerError
from pipeline.core.params import EngineParams
from pipeline.engine import map_records
from pipeline.engine.worker import ONE_THREAD
from tests.engine.functions import double, thread_counts_with_torch


@pytest.mark.slow
def test_a_worker_has_one_thread_of_each_library(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ONE_THREAD:
        monkeypatch.delenv(name, raising=False)
    for counts in map_records(thread_counts_with_torch, range(2), EngineParams(jobs=2), batch_size=1):
        assert len(counts) > 3
        assert set(counts) == {1}


def test_the_environment_is_left_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    list(map_records(double, range(4), EngineParams(jobs=2), batch_size=1))
    assert os.environ["OMP_NUM_THREADS"] == "7"
    assert "MKL_NUM_THREADS" not in os.environ


class KillsWhoLoadsIt:
    """As a model would that doesn't fit into memory."""

    def __reduce__(self) -> tuple[object, tuple[int]]:
        return (os._exit, (1,))

    def __call__(self, item: int) -> int:
        return item


def test_a_worker_that_cannot_start_is_no_fault_of_the_items() -> None:
    results = map_records(KillsWhoLoadsIt(), range(4), EngineParams(jobs=2), crashed=lambda item, _: item)
    with pytest.raises(WorkerError, match="died while it started"):
        list(results)


class StoppedWhileLoading:
    """A terminal's Ctrl-C reaches a worker that is still importing."""

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return (_interrupted, ())

    def __call__(self, item: int) -> int:
        return item


def _interrupted() -> object:
    os.kill(os.getpid(), signal.SIGINT)
    return double


def test_ctrl_c_is_the_parents_while_a_worker_starts(capfd: pytest.CaptureFixture[str]) -> None:
    assert list(map_records(StoppedWhileLoading(), range(4), EngineParams(jobs=2), batch_size=1)) == [0, 2, 4, 6]
    assert capfd.readouterr().err == ""


PARENT_IS_GONE = """
from multiprocessing import Pipe
from pipeline.engine.local import _serve

ours, workers = Pipe()
ours.send([1])
_serve(workers, lambda record: ours.close() or record)
print("ended")
"""


def test_a_worker_whose_parent_is_gone_when_it_answers_ends_without_a_word() -> None:
    worker = subprocess.run([sys.executable, "-c", PARENT_IS_GONE], capture_output=True, text=True, check=False)
    assert (worker.returncode, worker.stdout, worker.stderr) == (0, "ended\n", "")
