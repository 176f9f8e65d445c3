"""`map_records` inside a recorded run."""

from collections.abc import Callable, Generator, Iterable
from contextlib import closing
from dataclasses import dataclass
from operator import length_hint
from typing import Any, Generic, TypeVar

from pipeline.core.errors import SampleRejected
from pipeline.core.params import EngineParams
from pipeline.core.step_times import StepTimes, Timed
from pipeline.engine import map_records
from pipeline.engine.mapping import Crashed
from stages.running.progress import Progress
from stages.running.record import Run, current_run

Item = TypeVar("Item")
Result = TypeVar("Result")


def mapped(
    function: Callable[[Item], Result], items: Iterable[Item], *args: Any, unit: str = "images", **options: Any
) -> Generator[Result, None, None]:
    """As `map_records`, showing progress and, where the current run is profiled, taking times."""
    run, total = current_run(), length_hint(items)
    results = timed_records(run, function, items, *args, **options)
    with closing(results), Progress(total or None, unit, run.log) as progress:
        for done, result in enumerate(results, 1):
            progress.update(done)
            yield result


def timed_records(
    run: Run,
    function: Callable[[Item], Result],
    items: Iterable[Item],
    engine: EngineParams | None = None,
    batch_size: int = 16,
    *,
    crashed: Crashed[Item, Result] | None = None,
) -> Generator[Result, None, None]:
    """As `map_records`; where `run` is profiled, the workers' times go to it. Its log hears of the first failure."""
    told = None if crashed is None else _Told(crashed, run)
    if not run.profile:
        return map_records(function, items, engine, batch_size, told)
    untimed = None if told is None else _Untimed(told)
    return _unwrapped(run, map_records(Timed(function), items, engine, batch_size, untimed))


@dataclass(slots=True)
class _Told(Generic[Item, Result]):
    """The result of an item that cannot be worked on; the traceback of the first goes to the log.

    A row says what one item came to. That the program has a fault is for whoever runs it, with where it lies.
    """

    crashed: Crashed[Item, Result]
    run: Run
    failed: bool = False

    def __call__(self, item: Item, verdict: SampleRejected) -> Result:
        trace = "".join(getattr(verdict, "__notes__", ()))
        if trace and not self.failed:
            self.failed = True
            text = f"{self.run.log.run}: left out, {verdict}; others like it are counted. Please report this:\n{trace}"
            self.run.log.event("processing_failed", text, detail=verdict.detail, traceback=trace)
        return self.crashed(item, verdict)


@dataclass(frozen=True, slots=True)
class _Untimed(Generic[Item, Result]):
    """The result of an item that cannot be worked on, as `Timed` gives it: its times are lost."""

    crashed: Crashed[Item, Result]

    def __call__(self, item: Item, verdict: SampleRejected) -> tuple[Result, StepTimes]:
        return self.crashed(item, verdict), StepTimes()


def _unwrapped(run: Run, results: Generator[tuple[Result, StepTimes], None, None]) -> Generator[Result, None, None]:
    with closing(results):
        for result, times in results:
            run.workers.merge(times)
            yield result
