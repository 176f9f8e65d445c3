"""The order of the results, the work in flight, and what is done when a worker dies."""

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future
from contextlib import closing
from itertools import islice
from typing import Any, Protocol, TypeVar

from pipeline.core.errors import SampleRejected, WorkerError
from pipeline.core.params import EngineParams
from pipeline.engine.containment import Contained, Verdicts
from pipeline.engine.local import LocalWorkers
from pipeline.engine.worker import WorkerDiedError, limit_threads

Item = TypeVar("Item")
Result = TypeVar("Result")
Crashed = Callable[[Item, SampleRejected], Result]
"""Makes the result of an item that cannot be worked on, from the verdict, such as `worker_crash`."""

_BATCHES_AHEAD = 4
"""Batches in flight per worker: enough to keep it busy, few enough that memory doesn't grow with the records."""
_DEATHS = 3
"""An item that was alone with its worker so many times when that died is to blame."""
_BLAMED_IN_A_ROW = 8
"""After so many items in a row the fault is not theirs."""


class Workers(Protocol):
    """What a backend offers. Results don't depend on it.

    Attributes:
        slots: How many batches are worked on at a time.
    """

    slots: int

    def submit(self, batch: list[Any]) -> "Future[list[Any]]":
        """Take a batch; of those taken the first are worked on first."""

    def wait(self, future: "Future[list[Any]]") -> None:
        """Return when the batch is done or has failed.

        Raises:
            WorkerError: there is nobody left to do it.
        """

    def result(self, future: "Future[list[Any]]") -> list[Any]:
        """Wait for the batch's results.

        Raises:
            WorkerDiedError: a worker died over it.
            WorkerError: there is nobody left to do it.
        """

    def close(self) -> None:
        """Drop what was not begun and let the workers go."""


def map_records(
    function: Callable[[Item], Result],
    items: Iterable[Item],
    engine: EngineParams | None = None,
    batch_size: int = 16,
    crashed: Crashed[Item, Result] | None = None,
) -> Generator[Result, None, None]:
    """Yield `function(item)` for each item, in the items' order and with the same results on every backend.

    Work is done in this process (`jobs` = 1, the default), by local processes (`jobs` = 0 is one a core), or on the
    Dask cluster at `address`. Beyond this process `function` must be picklable; it is sent once to each worker, so it
    may hold models that it loads when first called. Results of large items should come in small batches: up to four
    batches a worker wait in memory.

    An item over which `function` raises becomes `crashed(item, verdict)`, with the verdict that it raised or one of
    `processing_failed`. What concerns every item stops the run: errors of disk, memory, configuration, installation,
    and whatever the first twenty items all raise. Without `crashed`, all that is raised stops the run.

    A worker that dies is replaced and its work repeated. An item whose worker died three times with nothing else to
    do becomes `crashed(item, verdict)` with a verdict of `worker_crash`. In this process, a crash ends the run.

    Raises:
        WorkerError: the first items all fail, workers cannot be had, or an item is to blame for their deaths and there
            is no `crashed`.
    """
    verdicts = Verdicts(crashed)
    work: Callable[[Item], Any] = function if crashed is None else Contained(function)
    engine = engine or EngineParams()
    jobs = engine.jobs or os.cpu_count() or 1
    if engine.address is None and jobs == 1:
        limit_threads()
        for item in items:
            yield verdicts.settle(item, work(item))
        return
    with closing(make_workers(work, engine.address, jobs)) as workers:
        for item, result in OrderedRun(workers, crashed).over(iter(items), batch_size):
            yield verdicts.settle(item, result)


def make_workers(function: Callable[[Any], Any], address: str | None, jobs: int) -> Workers:
    """The workers of the cluster at the address, or so many on this machine.

    Raises:
        WorkerError: the cluster doesn't answer, or can't do this work.
    """
    if address is None:
        return LocalWorkers(function, jobs)
    from pipeline.engine.cluster import ClusterWorkers  # noqa: PLC0415 - an extra brings what it needs

    return ClusterWorkers(function, address)


class OrderedRun:
    """Gives items to workers, and each back with its result, in order."""

    def __init__(self, workers: Workers, crashed: Crashed[Any, Any] | None) -> None:
        self._workers = workers
        self._crashed = crashed
        self._pending: deque[tuple[list[Any], Future[list[Any]]]] = deque()
        self._blamed_in_a_row = 0

    def over(self, items: Iterator[Any], batch_size: int) -> Iterator[tuple[Any, Any]]:
        """The items with their results; as `map_records`."""
        while True:
            while len(self._pending) < self._workers.slots * _BATCHES_AHEAD and (
                batch := list(islice(items, batch_size))
            ):
                self._pending.append((batch, self._workers.submit(batch)))
            if not self._pending:
                return
            batch, future = self._pending.popleft()
            try:
                results = self._workers.result(future)
                self._blamed_in_a_row = 0
            except WorkerDiedError:
                results = self._repeat(batch)
            yield from zip(batch, results, strict=True)

    def _repeat(self, batch: list[Any]) -> list[Any]:
        """The results of a batch over which a worker died.

        Nothing else runs meanwhile: on a cluster, a death counts against every batch that the worker had been given.
        """
        for _, future in self._pending:
            self._workers.wait(future)
        return self._alone(batch)

    def _alone(self, batch: list[Any]) -> list[Any]:
        """Try the batch with nothing beside it; where a worker dies again, each half, down to the item to blame."""
        deaths = 0
        while deaths < _DEATHS:
            try:
                results = self._workers.result(self._workers.submit(batch))
            except WorkerDiedError as death:
                deaths += death.times
            else:
                self._blamed_in_a_row = 0
                return results
            if len(batch) > 1:
                middle = len(batch) // 2
                return self._alone(batch[:middle]) + self._alone(batch[middle:])
        return [self._blame(batch[0])]

    def _blame(self, item: Any) -> Any:
        self._blamed_in_a_row += 1
        if self._crashed is None or self._blamed_in_a_row > _BLAMED_IN_A_ROW:
            raise WorkerError(
                f"workers die, {_DEATHS} times each over {self._blamed_in_a_row} items in a row, the last of them "
                f"{_shortened(item)}; perhaps for lack of memory: try with fewer jobs"
            )
        verdict = SampleRejected("worker_crash", f"the process that worked on it alone died, {_DEATHS} times over")
        return self._crashed(item, verdict)


def _shortened(item: Any) -> str:
    text = repr(item)
    return text if len(text) <= 200 else f"{text[:200]}…"
