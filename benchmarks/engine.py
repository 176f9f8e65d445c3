"""Measure what the engine gives: two workers against one, a Dask cluster against local workers, and its own cost.

    python -m benchmarks.engine [FACES] [--photos 320] [--runs 5]

Workers are warm: models are loaded before the clock starts. The kinds take turns, and each figure is the median over
the runs of a ratio within one run, so that a busy machine disturbs it less. One worker is the engine's `jobs: 1`, which
works in this process. The machine's limit is what two processes reach that share nothing, neither items nor results,
against the same one process. FACES defaults to the sample; its photos are brought to 300 x 300 px first.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import cv2

from benchmarks.local_cluster import local_cluster
from benchmarks.mask_speed import SAMPLE, prepare
from pipeline.augment.finished_photo import PhotoFinisher
from pipeline.augment.photo_masker import PhotoMasker
from pipeline.augment.request import FolderRequest
from pipeline.engine.mapping import OrderedRun, Workers, make_workers

TRIVIAL_ITEMS = 20_000
BATCH, PHOTOS_A_BATCH = 16, 4
"""As the stages send them."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("faces", nargs="?", type=Path, default=SAMPLE)
    parser.add_argument("--photos", type=int, default=320)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    with ExitStack() as stack:
        work = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="engine-")))
        photos = prepare(options.faces, work, 24)
        many = [photos[number % len(photos)] for number in range(options.photos)]
        address = stack.enter_context(local_cluster()).scheduler_address
        masker = PhotoFinisher(PhotoMasker(FolderRequest()))
        kinds: dict[str, Callable[[], float]] = {
            "augment, this process": lambda: alone(masker, many),
            "augment, 2 apart": lambda: apart(masker, many),
            "augment, 2 workers": lambda: seconds(masker, many, PHOTOS_A_BATCH, None),
            "augment, Dask": lambda: seconds(masker, many, PHOTOS_A_BATCH, address),
            "nothing, 2 workers": lambda: seconds(negate, range(TRIVIAL_ITEMS), BATCH, None),
            "nothing, Dask": lambda: seconds(negate, range(TRIVIAL_ITEMS), BATCH, address),
        }
        runs = [{name: kind() for name, kind in kinds.items()} for _ in range(options.runs)]
    report(runs)


def negate(number: int) -> int:
    """As good as nothing."""
    return -number


def alone(function: Callable[[Any], Any], items: Sequence[Any]) -> float:
    """Time on the clock for the items in this process, warm."""
    cv2.setNumThreads(1)
    for item in items[:8]:
        function(item)
    begun = time.perf_counter()
    for item in items:
        function(item)
    return time.perf_counter() - begun


def apart(function: Callable[[Any], Any], items: Sequence[Any]) -> float:
    """Time on the clock for the items, half each in two processes that share nothing, from when both are warm."""
    context = get_context("spawn")
    ready = context.Barrier(3)
    processes = [context.Process(target=half, args=(function, items[side::2], ready)) for side in (0, 1)]
    for process in processes:
        process.start()
    ready.wait()
    begun = time.perf_counter()
    ready.wait()
    elapsed = time.perf_counter() - begun
    for process in processes:
        process.join()
    return elapsed


def half(function: Callable[[Any], Any], items: Sequence[Any], ready: Barrier) -> None:
    """Work on the items when all are warm, and say when they are done."""
    alone(function, items[:1])
    ready.wait()
    for item in items:
        function(item)
    ready.wait()


def seconds(function: Callable[[Any], Any], items: Sequence[Any], batch_size: int, address: str | None) -> float:
    """Time on the clock for the items on two workers that have done some before."""
    with closing(make_workers(function, address, 2)) as workers:
        run_all(workers, items[:16], 1)
        begun = time.perf_counter()
        run_all(workers, items, batch_size)
        return time.perf_counter() - begun


def run_all(workers: Workers, items: Sequence[Any], batch_size: int) -> None:
    """Take every result."""
    for _ in OrderedRun(workers, None).over(iter(items), batch_size):
        pass


def report(runs: list[dict[str, float]]) -> None:
    """Print medians, with the range over the runs."""
    for name in runs[0]:
        print(f"{name:22} {spread([run[name] for run in runs])} s")
    ratios = {
        "the machine's limit, 2 apart": ("augment, this process", "augment, 2 apart"),
        "augment, 2 workers against 1": ("augment, this process", "augment, 2 workers"),
        "augment, Dask against local": ("augment, 2 workers", "augment, Dask"),
    }
    for name, (first, second) in ratios.items():
        print(f"{name:34} {spread([run[first] / run[second] for run in runs])} x")
    for name in ("nothing, 2 workers", "nothing, Dask"):
        print(f"cost of an item, {name:18} {spread([run[name] / TRIVIAL_ITEMS * 1e3 for run in runs])} ms")


def spread(values: list[float]) -> str:
    """The median and the range."""
    return f"{statistics.median(values):7.3f} ({min(values):.3f} to {max(values):.3f})"


if __name__ == "__main__":
    main()
