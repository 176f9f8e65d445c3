import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

from pipeline.engine import map_records
from pipeline.errors import WorkerError

Found = TypeVar("Found")


def double(value: int) -> int:
    return 2 * value


def fail_on_seven(value: int) -> int:
    if value == 7:
        raise ValueError("seven")
    return value


def how_it_takes_ctrl_c(_: int) -> bool:
    return signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def process_id(_: int) -> int:
    return os.getpid()


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("count", [0, 1, 5, 40])
def test_results_come_in_the_order_of_the_items(jobs: int, count: int) -> None:
    assert list(map_records(double, range(count), jobs, batch_size=3)) == [2 * value for value in range(count)]


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_the_function_raises_stops_the_run(jobs: int) -> None:
    results = map_records(fail_on_seven, range(100), jobs, batch_size=2)
    with pytest.raises(ValueError, match="seven"):
        list(results)


def test_workers_leave_ctrl_c_to_the_parent() -> None:
    assert all(map_records(how_it_takes_ctrl_c, range(4), jobs=2, batch_size=1))


def test_one_job_stays_in_this_process() -> None:
    assert set(map_records(process_id, range(3))) == {os.getpid()}


def test_items_are_taken_as_they_are_needed() -> None:
    taken = []

    def items() -> "object":
        for value in range(10_000):
            taken.append(value)
            yield value

    results = map_records(double, items(), jobs=2, batch_size=2)
    assert next(results) == 0
    results.close()
    assert len(taken) <= 2 * 4 * 2


def die(value: int) -> int:
    if value == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return value


def test_a_worker_that_dies_is_one_message() -> None:
    with pytest.raises(WorkerError, match="a worker process died"):
        list(map_records(die, range(10), jobs=2, batch_size=1))


def test_workers_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    code = (
        "from tests.test_engine import report_and_wait\n"
        "from pipeline.engine import map_records\n"
        f"if __name__ == '__main__': list(map_records(report_and_wait, [{str(tmp_path)!r}] * 4, jobs=2, batch_size=1))"
    )
    (tmp_path / "run.py").write_text(code)
    root = Path(__file__).parent.parent
    process = subprocess.Popen([sys.executable, tmp_path / "run.py"], env=os.environ | {"PYTHONPATH": str(root)})
    workers = wait_until(lambda: [int(path.name) for path in tmp_path.iterdir() if path.name.isdigit()])
    process.kill()
    process.wait()
    assert wait_until(lambda: not any(Path(f"/proc/{worker}").exists() for worker in workers))


def report_and_wait(folder: str) -> None:
    Path(folder, str(os.getpid())).touch()
    time.sleep(60)


def wait_until(condition: Callable[[], Found]) -> Found:
    deadline = time.monotonic() + 30
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.02)
    return found
