import pytest

from pipeline.core.step_times import StepTimes, Timed, collecting, timed


class Clock:
    now = 0.0


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> type[Clock]:
    monkeypatch.setattr("time.perf_counter", lambda: Clock.now)
    return Clock


@timed("read")
def read(seconds: float) -> float:
    Clock.now += seconds
    return seconds


@timed("decode")
def decode(seconds: float) -> float:
    """Spends twice as long in itself as in `read`."""
    Clock.now += 2 * seconds
    return read(seconds)


@timed("fail")
def fail() -> None:
    Clock.now += 1
    raise ValueError("no")


def test_nothing_is_counted_while_nobody_listens() -> None:
    read(1)
    with collecting() as times:
        pass
    assert times.seconds == {"other": 0}


def test_a_step_inside_a_step_counts_once() -> None:
    with collecting() as times:
        Clock.now += 5
        decode(1)
        read(3)
    assert times.seconds == {"read": 4, "decode": 2, "other": 5}
    assert times.calls == {"read": 2, "decode": 1, "other": 1}


def test_a_step_that_fails_counts_too() -> None:
    with collecting() as times, pytest.raises(ValueError, match="no"):
        fail()
    assert times.seconds == {"fail": 1, "other": 0}


def test_an_item_in_this_process_counts_for_its_worker_alone() -> None:
    with collecting() as main:
        Clock.now += 1
        result, times = Timed(decode)(2)
    assert (result, times.seconds) == (2, {"read": 2, "decode": 4, "other": 0})
    assert main.seconds == {"other": 1}


def test_times_of_workers_add_up() -> None:
    total = StepTimes()
    for seconds in (1, 2):
        total.merge(Timed(read)(seconds)[1])
    assert (total.seconds["read"], total.calls["read"]) == (3, 2)
