import os
import signal

import pytest

from pipeline.core.errors import SampleRejected
from pipeline.core.params import EngineParams
from pipeline.core.step_times import timed
from stages.running.logs import Log
from stages.running.mapping import timed_records
from stages.running.record import Run


@timed("double")
def double_or_die(value: int) -> str:
    if value == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return str(2 * value)


def name_reason(value: int, verdict: SampleRejected) -> str:
    return f"{value} {verdict.reason}"


def test_a_profiled_run_takes_times_and_the_verdict_over_who_kills_workers() -> None:
    run = Run(Log("test"), profile=True)
    results = timed_records(run, double_or_die, range(3), EngineParams(jobs=2), 1, crashed=name_reason)
    assert list(results) == ["0", "1 worker_crash", "4"]
    assert run.workers.calls["double"] == 2


@pytest.mark.parametrize("profile", [False, True])
def test_the_log_has_the_first_traceback(capsys: pytest.CaptureFixture[str], profile: bool) -> None:
    results = timed_records(Run(Log("test"), profile=profile), fail_from_two, range(4), crashed=name_reason)
    assert list(results) == [0, 1, "2 processing_failed", "3 processing_failed"]
    told = capsys.readouterr().err
    assert "test: left out, processing_failed: ZeroDivisionError: integer" in told
    assert told.count("in fail_from_two") == 1


def fail_from_two(value: int) -> int:
    return value if value < 2 else value // 0
