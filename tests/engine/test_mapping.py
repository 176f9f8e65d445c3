import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from pipeline.core.errors import SampleRejected, WorkerError
from pipeline.core.params import EngineParams
from pipeline.engine import map_records
from tests.engine.functions import (
    CountsItsLoads,
    die_always,
    die_on_five,
    double,
    fail_on_seven,
    how_it_takes_ctrl_c,
    process_id,
)

Found = TypeVar("Found")
TWO = EngineParams(jobs=2)


def tell(item: int, verdict: SampleRejected) -> str:
    return f"{item} {verdict.reason}"


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("count", [0, 1, 5, 40])
def test_results_come_in_the_order_of_the_items(jobs: int, count: int) -> None:
    results = map_records(double, range(count), EngineParams(jobs=jobs), batch_size=3)
    assert list(results) == [2 * value for value in range(count)]


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_the_function_raises_stops_the_run(jobs: int) -> None:
    results = map_records(fail_on_seven, range(100), EngineParams(jobs=jobs), batch_size=2)
    with pytest.raises(ValueError, match="seven"):
        list(results)


def test_workers_leave_ctrl_c_to_the_parent() -> None:
    assert all(map_records(how_it_takes_ctrl_c, range(4), TWO, batch_size=1))


def test_one_job_stays_in_this_process() -> None:
    assert set(map_records(process_id, range(3))) == {os.getpid()}


def test_the_function_is_sent_once_to_each_worker() -> None:
    assert set(map_records(CountsItsLoads(), range(20), TWO, batch_size=2)) == {1}


def test_items_are_taken_as_they_are_needed() -> None:
    taken = []

    def items() -> Iterator[int]:
        for value in range(10_000):
            taken.append(value)
            yield value

    results = map_records(double, items(), TWO, batch_size=2)
    assert next(results) == 0
    results.close()
    assert len(taken) <= 2 * 4 * 2


@pytest.mark.slow
@pytest.mark.parametrize("batch_size", [1, 4, 20])
def test_an_item_that_kills_its_worker_is_told_and_costs_no_other(batch_size: int) -> None:
    results = list(map_records(die_on_five, range(12), TWO, batch_size, crashed=tell))
    assert results == [*(2 * value for value in range(5)), "5 worker_crash", *(2 * value for value in range(6, 12))]


def test_an_item_that_kills_its_worker_stops_who_cannot_do_without_it() -> None:
    with pytest.raises(WorkerError, match="3 times each over 1 items in a row, the last of them 5;"):
        list(map_records(die_on_five, range(10), TWO, batch_size=1))


@pytest.mark.slow
def test_where_every_item_dies_the_items_are_not_blamed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.engine.mapping._BLAMED_IN_A_ROW", 2)
    with pytest.raises(WorkerError, match=r"over 3 items in a row.*try with fewer jobs"):
        list(map_records(die_always, range(100), TWO, batch_size=1, crashed=tell))


@pytest.mark.slow
def test_workers_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    code = (
        "from tests.engine.test_mapping import TWO, report_and_wait\n"
        "from pipeline.engine import map_records\n"
        f"if __name__ == '__main__': list(map_records(report_and_wait, [{str(tmp_path)!r}] * 4, TWO, batch_size=1))"
    )
    (tmp_path / "run.py").write_text(code)
    root = Path(__file__).parent.parent.parent
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
