"""Map a function over records and give the results back in the records' order."""

import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import islice
from typing import TypeVar

import cv2

Item = TypeVar("Item")
Result = TypeVar("Result")

_BATCHES_AHEAD = 4
"""Batches in flight per worker: enough to keep it busy, few enough that memory doesn't grow with the records."""


def map_records(
    function: Callable[[Item], Result], items: Iterable[Item], jobs: int = 1, batch_size: int = 16
) -> Iterator[Result]:
    """Yield `function(item)` for each item, in the items' order.

    `function` must be picklable when `jobs` > 1 and must turn its own bad samples into results: what it raises
    stops the run. `jobs` = 0 means one worker a core.
    """
    workers = jobs or os.cpu_count() or 1
    if workers == 1:
        yield from map(function, items)
        return
    context = multiprocessing.get_context("spawn")  # forking a process that holds OpenCV's threads can deadlock
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_limit_threads) as pool:
        try:
            yield from _in_order(pool, function, iter(items), workers * _BATCHES_AHEAD, batch_size)
        finally:
            pool.shutdown(cancel_futures=True)


def _in_order(
    pool: ProcessPoolExecutor,
    function: Callable[[Item], Result],
    items: Iterator[Item],
    in_flight: int,
    batch_size: int,
) -> Iterator[Result]:
    pending: deque[Future[list[Result]]] = deque()
    while True:
        while len(pending) < in_flight and (batch := list(islice(items, batch_size))):
            pending.append(pool.submit(_run_batch, function, batch))
        if not pending:
            return
        yield from pending.popleft().result()


def _run_batch(function: Callable[[Item], Result], batch: list[Item]) -> list[Result]:
    return [function(item) for item in batch]


def _limit_threads() -> None:
    """One thread a worker: the workers are the parallelism."""
    cv2.setNumThreads(1)
