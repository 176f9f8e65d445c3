"""Time the search for hash pairs within a radius, beside FAISS and imagededup where they are installed.

    python -m benchmarks.duplicate_search --count 10000 --count 100000 --count 1000000

Half of the hashes are random, half are planted within a few bits of another, as re-encoded copies would be. Every
method runs in a process of its own, so that the peak memory is its own.
"""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable

import click
import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
_MOST = {"ours": 10**7, "shuffled": 10**6, "faiss-flat": 200_000, "faiss-multihash": 200_000, "imagededup": 10_000}
"""What each method can be asked for on two cores within minutes."""


def planted(count: int, radius: int, seed: int = 0) -> Hashes:
    """Random hashes and copies of them with up to `radius` + 2 bits flipped."""
    rng = np.random.default_rng(seed)
    base = rng.integers(0, 2**64, count - count // 2, dtype=np.uint64)
    copies = base[: count // 2].copy()
    flips = rng.integers(0, radius + 3, len(copies))
    for step in range(radius + 2):
        copies[flips > step] ^= np.uint64(1) << rng.integers(0, 64, int((flips > step).sum()), dtype=np.uint64)
    return rng.permutation(np.concatenate([base, copies]))


def ours(hashes: Hashes, radius: int) -> int:
    """Sorting on agreeing blocks."""
    from pipeline.dedup.search.neighbours import neighbour_pairs

    return len(neighbour_pairs(hashes, radius).first)


def shuffled(hashes: Hashes, radius: int) -> int:
    """Ours through a Dask shuffle on the disk, then ours in memory, to compare: the seconds are of both."""
    from pipeline.dedup.search.neighbours import neighbour_pairs
    from pipeline.dedup.search.shuffled_join import shuffled_pairs

    found = shuffled_pairs(hashes, radius)
    expected = neighbour_pairs(hashes, radius)
    if any(not np.array_equal(getattr(found, name), getattr(expected, name)) for name in ("first", "second")):
        raise SystemExit("the shuffle found other pairs")
    return len(found.first)


def faiss_flat(hashes: Hashes, radius: int) -> int:
    """FAISS comparing all with all."""
    import faiss

    codes = hashes.view(np.uint8).reshape(-1, 8)
    index = faiss.IndexBinaryFlat(64)
    index.add(codes)
    limits, _, _ = index.range_search(codes, radius + 1)  # FAISS takes the radius as exclusive
    return (int(limits[-1]) - len(hashes)) // 2


def faiss_multihash(hashes: Hashes, radius: int) -> int:
    """FAISS's multi-index hash: four 16-bit keys, probed with all keys two flips away, which is exact up to 11 bits."""
    import faiss

    codes = hashes.view(np.uint8).reshape(-1, 8)
    index = faiss.IndexBinaryMultiHash(64, 4, 16)
    index.nflip = radius // 4
    index.add(codes)
    limits, _, _ = index.range_search(codes, radius + 1)
    return (int(limits[-1]) - len(hashes)) // 2


def imagededup(hashes: Hashes, radius: int) -> int:
    """The default search of imagededup: compiled brute force."""
    from imagededup.handlers.search.retrieval import HashEval
    from imagededup.methods import PHash

    named = {str(i): f"{value:016x}" for i, value in enumerate(hashes)}
    search = HashEval(named, named, PHash.hamming_distance, verbose=False, threshold=radius, num_dist_workers=0)
    return sum(len(partners) for partners in search.retrieve_results().values()) // 2


METHODS: dict[str, Callable[[Hashes, int], int]] = {
    "ours": ours,
    "shuffled": shuffled,
    "faiss-flat": faiss_flat,
    "faiss-multihash": faiss_multihash,
    "imagededup": imagededup,
}


@click.command()
@click.option("--count", "counts", multiple=True, type=int, default=(10_000, 100_000), show_default=True)
@click.option("--radius", default=8, show_default=True)
@click.option("--method", "methods", multiple=True, type=click.Choice(list(METHODS)), default=list(METHODS))
@click.option("--child", hidden=True, is_flag=True)
def main(counts: tuple[int, ...], radius: int, methods: tuple[str, ...], child: bool) -> None:
    """Print pairs found, seconds, CPU seconds and peak memory of each method at each count."""
    if child:
        print(json.dumps(_measure(methods[0], counts[0], radius)))
        return
    print(f"{'method':20}{'hashes':>10}{'pairs':>10}{'seconds':>10}{'CPU s':>10}{'MiB':>8}")
    for count in counts:
        for method in (m for m in methods if count <= _MOST[m]):
            command = [sys.executable, "-m", "benchmarks.duplicate_search", "--child", "--count", str(count)]
            done = subprocess.run(
                [*command, "--radius", str(radius), "--method", method], capture_output=True, text=True, check=False
            )
            if done.returncode:
                print(f"{method:20}{count:10}  not run: {done.stderr.strip().splitlines()[-1]}")
                continue
            row = json.loads(done.stdout.splitlines()[-1])
            print(f"{method:20}{count:10}{row['pairs']:10}{row['seconds']:10.2f}{row['cpu']:10.2f}{row['mib']:8.0f}")


def _measure(method: str, count: int, radius: int) -> dict[str, float]:
    hashes = planted(count, radius)
    started, cpu_started = time.perf_counter(), time.process_time()
    pairs = METHODS[method](hashes, radius)
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu_started
    return {
        "pairs": pairs,
        "seconds": seconds,
        "cpu": cpu,
        "mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


if __name__ == "__main__":
    main()
