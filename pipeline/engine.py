"""Map a function over records and give the results back in the records' order."""

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from typing import Any, TypeVar

import cv2

from pipeline.errors import WorkerError

Item = TypeVar("Item")
Result = TypeVar("Result")

_BATCHES_AHEAD = 4
"""Batches in flight per worker: enough to keep it busy, few enough that memory doesn't grow with the records."""


def map_records(
    function: Callable[[Item], Result], items: Iterable[Item], jobs: int = 1, batch_size: int = 16
) -> Generator[Result, None, None]:
    """Yield `function(item)` for each item, in the items' order.

    `function` must be picklable when `jobs` > 1 and must turn its own bad samples into results: what it raises
    stops the run. `jobs` = 0 means one worker a core. Results of large items should come in small batches: up to
    four batches a worker wait in memory.

    Raises:
        WorkerError: a worker process died.
    """
    workers = jobs or os.cpu_count() or 1
    if workers == 1:
        cv2.setNumThreads(1)
        yield from map(function, items)
        return
    context = multiprocessing.get_context("spawn")  # forking a process that holds OpenCV's threads can deadlock
    with ProcessPoolExecutor(workers, context, _start_worker, (function,)) as pool:
        try:
            yield from _in_order(pool, iter(items), workers * _BATCHES_AHEAD, batch_size)
        except BrokenProcessPool as error:
            raise WorkerError("a worker process died, perhaps for lack of memory; try with fewer jobs") from error
        finally:
            pool.shutdown(cancel_futures=True)


def _in_order(pool: ProcessPoolExecutor, items: Iterator[Any], in_flight: int, batch_size: int) -> Iterator[Any]:
    pending: deque[Future[list[Any]]] = deque()
    while True:
        while len(pending) < in_flight and (batch := list(islice(items, batch_size))):
            pending.append(pool.submit(_run_batch, batch))
        if not pending:
            return
        yield from pending.popleft().result()


class _Worker:
    """What a worker process was started for: sent once, not with every batch, so that it may hold loaded models."""

    function: Callable[[Any], Any]


def _start_worker(function: Callable[[Any], Any]) -> None:
    """One thread a worker: the workers are the parallelism. Ctrl-C is the parent's to handle: it ends the pool."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    cv2.setNumThreads(1)
    _Worker.function = function


def _end_with_parent() -> None:
    """A worker whose parent was killed would wait for work for ever."""
    if parent := multiprocessing.parent_process():
        parent.join()
        os._exit(1)


def _run_batch(batch: list[Any]) -> list[Any]:
    return [_Worker.function(item) for item in batch]
