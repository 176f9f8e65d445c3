import os
import signal

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
