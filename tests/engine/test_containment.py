from functools import partial
from typing import Any

import pytest

from pipeline.core.errors import SampleRejected, WorkerError
from pipeline.core.params import EngineParams
from pipeline.engine import map_records
from pipeline.engine.containment import each_contained, lacks_memory
from tests.engine.functions import ODD_ERRORS, STOPPING, always_fail, fail_after_the_first, raise_for, stop_at


def tell(item: int, verdict: SampleRejected) -> str:
    return f"{item} {verdict.reason}"


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_an_item_makes_the_program_raise_is_that_items(jobs: int) -> None:
    results = list(map_records(raise_for, range(12), EngineParams(jobs=jobs), 3, tell))
    reasons = dict.fromkeys(ODD_ERRORS, "processing_failed") | {5: "no_face"}
    assert results == [f"{item} {reasons[item]}" if item in reasons else item for item in range(12)]


def test_a_few_photos_are_contained_without_workers() -> None:
    results = list(each_contained(raise_for, range(12), tell))
    assert results == list(map_records(raise_for, range(12), crashed=tell))
    with pytest.raises(WorkerError, match="the first 20 items all fail"):
        list(each_contained(always_fail, range(100), tell))


def test_the_verdict_says_what_happened_and_where() -> None:
    verdicts: list[Any] = list(map_records(raise_for, [0, 1], crashed=lambda _, verdict: verdict))
    assert verdicts[1].detail.startswith("RuntimeError: of a landmark model (functions.py:")
    assert "in raise_for" in verdicts[1].__notes__[0]


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("number", STOPPING)
def test_errors_of_disk_memory_configuration_and_installation_stop(number: int, jobs: int) -> None:
    results = map_records(partial(stop_at, number), range(40), EngineParams(jobs=jobs), 3, tell)
    with pytest.raises(type(STOPPING[number])):
        list(results)


def test_opencv_without_memory_stops() -> None:
    import cv2
    import numpy as np

    results = map_records(lambda _: cv2.resize(np.zeros((9, 9)), (2**24, 2**24)), [1], crashed=tell)
    with pytest.raises(cv2.error, match="Insufficient memory"):
        list(results)


@pytest.mark.parametrize("sides", [(0, 2**24), (2**24, 0)])
def test_an_error_of_opencv_is_judged_by_its_own_number(sides: tuple[int, int]) -> None:
    """OpenCV keeps the number of its latest error for all of them, whichever thread met it."""
    import cv2
    import numpy as np

    def caught(side: int) -> cv2.error:
        with pytest.raises(cv2.error) as raised:
            cv2.resize(np.zeros((9, 9)), (side, side))
        return raised.value

    errors = [caught(side) for side in sides]
    assert [lacks_memory(error) for error in errors] == [side > 0 for side in sides]


def test_ctrl_c_stops() -> None:
    def interrupt(_: int) -> int:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(map_records(interrupt, [1], crashed=tell))


@pytest.mark.parametrize("jobs", [1, 2])
def test_where_nothing_works_the_fault_is_not_the_items(jobs: int) -> None:
    with pytest.raises(WorkerError, match=r"the first 20 items all fail(?s:.*)TypeError(?s:.*)in always_fail"):
        list(map_records(always_fail, range(100), EngineParams(jobs=jobs), 3, tell))


def test_a_few_items_that_all_fail_are_rows() -> None:
    assert list(map_records(always_fail, range(2), crashed=tell)) == ["0 processing_failed", "1 processing_failed"]


def test_once_something_worked_nothing_of_the_items_stops() -> None:
    results = list(map_records(fail_after_the_first, range(100), crashed=tell))
    assert (len(results), results[0], results[-1]) == (100, 0, "99 processing_failed")
