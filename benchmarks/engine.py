"""Measure what the engine gives: two workers against one, a Dask cluster against local workers, and its own cost.

    python -m benchmarks.engine [FACES] [--photos 120] [--runs 3]

Workers are warm: models are loaded before the clock starts. The kinds take turns, and each figure is the median over
the runs of a ratio within one run, so that a busy machine disturbs it less. The machine's own limit is the speed-up of
a function that only computes. FACES defaults to the sample; its photos are brought to 300 x 300 px first.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

from benchmarks.mask_speed import SAMPLE, prepare
from pipeline.dataset.masking import PhotoMasker
from pipeline.dataset.settings import Settings
from pipeline.engine.mapping import OrderedRun, Workers, make_workers
from tests.cluster import local_cluster

TRIVIAL_ITEMS = 20_000
BATCH, PHOTOS_A_BATCH = 16, 2


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("faces", nargs="?", type=Path, default=SAMPLE)
    parser.add_argument("--photos", type=int, default=120)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    with ExitStack() as stack:
        work = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="engine-")))
        photos = prepare(options.faces, work, 24)
        many = [photos[number % len(photos)] for number in range(options.photos)]
        address = stack.enter_context(local_cluster()).scheduler_address
        kinds = {
            "compute, 1 worker": (compute, range(60), PHOTOS_A_BATCH, None, 1),
            "compute, 2 workers": (compute, range(60), PHOTOS_A_BATCH, None, 2),
            "augment, 1 worker": (PhotoMasker(Settings()), many, PHOTOS_A_BATCH, None, 1),
            "augment, 2 workers": (PhotoMasker(Settings()), many, PHOTOS_A_BATCH, None, 2),
            "augment, Dask": (PhotoMasker(Settings()), many, PHOTOS_A_BATCH, address, 2),
            "nothing, 2 workers": (negate, range(TRIVIAL_ITEMS), BATCH, None, 2),
            "nothing, Dask": (negate, range(TRIVIAL_ITEMS), BATCH, address, 2),
        }
        runs = [{name: seconds(*kind) for name, kind in kinds.items()} for _ in range(options.runs)]
    report(runs)


def compute(number: int) -> int:
    """Some 50 ms of arithmetic."""
    total = number
    for step in range(600_000):
        total = (total * 31 + step) % 1_000_003
    return total


def negate(number: int) -> int:
    """As good as nothing."""
    return -number


def seconds(
    function: Callable[[Any], Any], items: Sequence[Any], batch_size: int, address: str | None, jobs: int
) -> float:
    """Time on the clock for the items on workers that have done some before."""
    with closing(make_workers(function, address, jobs)) as workers:
        run_all(workers, items[: 8 * jobs], 1)
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
        print(f"{name:20} {spread([run[name] for run in runs])} s")
    ratios = {
        "the machine's limit, 2 against 1": ("compute, 1 worker", "compute, 2 workers"),
        "augment, 2 workers against 1": ("augment, 1 worker", "augment, 2 workers"),
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
