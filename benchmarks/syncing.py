"""What it costs that a power cut loses nothing that is finished: `augment-masks` and ingest, synced in three ways.

    python -m benchmarks.syncing [--photos 160] [--runs 5]

The kinds take turns, and each figure is the median over the runs of a ratio within one run. `as it is` syncs tables
when they are written and all pictures at once at the end; `never` leaves the disk to the system; `every file` syncs
each picture before it has its name. Ingest copies photos from outside its project, which is the least work a file.
"""

import argparse
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from benchmarks.mask_speed import SAMPLE, prepare
from pipeline.augment.folder_run import augment_folder, find_photos
from pipeline.augment.request import FolderRequest
from pipeline.core.params import EngineParams, parse_params
from pipeline.core.paths import CACHE
from pipeline.sources.ingest import ingest_source
from pipeline.storage import whole_files as files

"""On the project's own disk: the folder for temporary files may be in memory."""
KINDS = ("never", "as it is", "every file")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=160)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    CACHE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="syncing-", dir=CACHE) as name:
        photos = _photos(Path(name), options.photos)
        for what, work in (("augment-masks", augment), ("ingest", ingest)):
            runs = [{kind: _seconds(work, photos, kind) for kind in KINDS} for _ in range(options.runs)]
            for kind in KINDS:
                print(f"{what:15}{kind:12}{_spread([run[kind] for run in runs])} s", end="")
                print(f"{_spread([run[kind] / run['never'] for run in runs])} x")


def _photos(work: Path, count: int) -> Path:
    made = prepare(SAMPLE, work / "made", 24)
    folder = work / "photos"
    folder.mkdir()
    for number in range(count):
        data = made[number % len(made)].path.read_bytes()
        (folder / f"{number:05}.jpg").write_bytes(
            data + str(number).encode()
        )  # after the picture's end: other contents
    return folder


def augment(photos: Path, out: Path) -> None:
    """A mask of each type on each photo, in this process."""
    engine, listing = EngineParams(jobs=1), find_photos(photos, out, None)
    augment_folder(listing, out, FolderRequest(), engine=engine, mode="new", report=lambda _: None)


def ingest(photos: Path, out: Path) -> None:
    """Check and copy every photo, in this process."""
    source = {"adapter": "folder", "path": str(photos), "labels": {".": {"mask_type": "none"}}}
    params = {"engine": {"jobs": 1}, "ingest": {"sources": ["made"], "settings": {"made": source}}}
    ingest_source("made", parse_params(params, "params.yaml"), out)


def _seconds(work: Callable[[Path, Path], None], photos: Path, kind: str) -> float:
    out = photos.parent / "out"
    os.sync()
    begun = time.perf_counter()
    with _syncing(kind):
        work(photos, out)
    elapsed = time.perf_counter() - begun
    shutil.rmtree(out)
    return elapsed


@contextmanager
def _syncing(kind: str) -> Iterator[None]:
    if kind == "as it is":
        yield
    elif kind == "never":
        with (
            patch("os.fsync"),
            patch("pipeline.storage.resumable.sync_file_system"),
            patch("pipeline.augment.imagefolder.sync_file_system"),
        ):
            yield
    else:
        beside = files._beside
        with patch("pipeline.storage.whole_files._beside", lambda path, _: beside(path, synced=True)):
            yield


def _spread(values: list[float]) -> str:
    return f"{statistics.median(values):8.3f} ({min(values):.3f} to {max(values):.3f})"


if __name__ == "__main__":
    main()
