"""Hash many images while workers are killed at random; every image must come out once, in order.

    python -m benchmarks.soak [--count 20000] [--side 1200] [--every 3]

Ends with exit code 1 where an image is missing, comes twice, or has another hash than it has without kills.
"""

import argparse
import multiprocessing
import random
import sys
import tempfile
import threading
import time
from pathlib import Path

import cv2
import numpy as np

from pipeline.core.errors import SampleRejected
from pipeline.core.params import EngineParams
from pipeline.dedup.fingerprints.hashes import phash, squeeze, working_grey
from pipeline.engine import map_records
from pipeline.storage.images import read_image, write_image

DIFFERENT = 200


def main() -> None:
    """Write the images, hash them under fire, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--side", type=int, default=1200, help="of the images, in px")
    parser.add_argument("--every", type=float, default=3.0, help="seconds between two kills, on average")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="soak-") as name:
        files = write_images(Path(name), options.count, options.side)
        expected = [hash_file(file) for file in files[:DIFFERENT]]
        over, kills = threading.Event(), list[int]()
        killer = threading.Thread(target=kill_now_and_then, args=(over, options.every, kills))
        killer.start()
        begun = time.perf_counter()
        results = list(map_records(hash_file, files, EngineParams(jobs=options.jobs), crashed=told))
        seconds = time.perf_counter() - begun
        over.set()
        killer.join()
    names = [path for path, _ in results]
    blamed = sum(found == "worker_crash" for _, found in results)
    wrong = sum(found != expected[number % DIFFERENT][1] for number, (_, found) in enumerate(results))
    print(
        f"{len(files)} images in, {len(results)} out, {len(set(names))} of them different, {len(kills)} workers killed"
    )
    print(f"{blamed} blamed, {wrong - blamed} with a wrong hash, {seconds:.1f} s")
    if names != [file.name for file in files] or wrong:
        sys.exit(1)


def write_images(folder: Path, count: int, side: int) -> list[Path]:
    """`count` files, of which every 200th has the same pixels."""
    rng = np.random.default_rng(0)
    files = [folder / f"{number:06}.jpg" for number in range(count)]
    for file in files[:DIFFERENT]:
        coarse = rng.integers(0, 256, (8, 8, 3), dtype=np.uint8)
        write_image(file, np.asarray(cv2.resize(coarse, (side, side)), dtype=np.uint8))
    for number, file in enumerate(files[DIFFERENT:]):
        file.hardlink_to(files[number % DIFFERENT])
    return files


def hash_file(file: Path) -> tuple[str, str]:
    """The file's name and its perceptual hash."""
    return file.name, f"{phash(squeeze(working_grey(read_image(file).rgb))):016x}"


def told(file: Path, verdict: SampleRejected) -> tuple[str, str]:
    """What stands for a file that was given up."""
    return file.name, verdict.reason


def kill_now_and_then(over: threading.Event, every_s: float, kills: list[int]) -> None:
    """Kill any worker at random moments, those that are starting too."""
    rng = random.Random(0)
    while not over.wait(rng.expovariate(1 / every_s)):
        if workers := multiprocessing.active_children():
            victim = rng.choice(workers)
            victim.kill()
            kills.append(victim.pid or 0)


if __name__ == "__main__":
    main()
