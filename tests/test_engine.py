import os
import signal

import pytest

from pipeline.engine import map_records
from pipeline.errors import WorkerError


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
