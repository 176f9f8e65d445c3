"""What happens inside a worker process, whatever started it."""

import sys
from collections.abc import Callable
from typing import Any

import cv2

_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
ONE_THREAD = dict.fromkeys(_VARIABLES, "1")
"""Read by BLAS and torch when they are loaded: they must stand in a worker's environment before it starts."""


class WorkerDiedError(Exception):
    """A worker died over a batch without a word, as when the system kills it for lack of memory.

    Attributes:
        times: How many workers did, one after another.
    """

    def __init__(self, times: int) -> None:
        super().__init__(f"{times} workers died over a batch")
        self.times = times


def limit_threads() -> None:
    """One thread a worker: the workers are the parallelism."""
    cv2.setNumThreads(1)
    if torch := sys.modules.get("torch"):
        torch.set_num_threads(1)


def run_all(function: Callable[[Any], Any], batch: list[Any]) -> list[Any]:
    """The function's result for each item."""
    return [function(item) for item in batch]
