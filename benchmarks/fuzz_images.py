"""Damage image files of every format that can be written here, and see that each ends as pixels or as a row.

    python -m benchmarks.fuzz_images [--count 2000] [--seed 0] [--keep FOLDER]

Each damaged file is decoded alone, then all of them, with sound photos between, are ingested and masked as one folder.
A fault is an exception that is no verdict, a dead worker, a file that takes over 20 s, a file without a row, or a sound
photo that isn't taken. Ends with exit code 1 where there is one.
"""

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image as PillowImage

from benchmarks.fuzz.damage import damage
from benchmarks.fuzz.pictures import originals, portrait, stored
from pipeline.augment.folder_run import augment_folder, find_photos
from pipeline.augment.imagefolder import METADATA, REJECTED
from pipeline.augment.request import FolderRequest
from pipeline.core.errors import SampleRejected
from pipeline.core.params import EngineParams, parse_params
from pipeline.engine import map_records
from pipeline.sources.content import image_extension, refuse_polyglot
from pipeline.sources.ingest import ingest_source
from pipeline.storage.images import decode_grey, decode_image

SOUND_EVERY = 25
SLOW_SECONDS = 20.0


@dataclass
class Outcome:
    """What a phase came to: how many inputs, rows by reason, and faults in words."""

    inputs: int = 0
    rows: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


def main() -> None:
    """Make the files, run the phases, print what came of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--keep", type=Path, help="write the files here and leave them")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
        folder = options.keep or Path(name, "photos")
        sources = originals(portrait())
        print(f"{options.count} files from {len(sources)} sound ones, seed {options.seed}")
        damaged = write_damaged(folder, sources, options.count, options.seed)
        engine = EngineParams(jobs=options.jobs)
        outcomes = {
            "decoded alone": decode_all(damaged, engine),
            "ingested": ingest_all(folder, Path(name, "project"), options.jobs),
            "masked": mask_all(folder, Path(name, "out"), engine),
        }
    for phase, outcome in outcomes.items():
        reasons = ", ".join(f"{reason} {number}" for reason, number in outcome.rows.most_common())
        print(f"{phase}: {outcome.inputs} in; {reasons}; {len(outcome.faults)} faults")
        for fault in outcome.faults[:20]:
            print(f"    {fault}")
    sys.exit(any(outcome.faults for outcome in outcomes.values()))


def write_damaged(folder: Path, sources: dict[str, bytes], count: int, seed: int) -> list[Path]:
    """Damaged files, and beside them sound photos whose names begin with `sound`."""
    folder.mkdir(parents=True, exist_ok=True)
    names, rgb = list(sources), portrait()
    files = []
    for number in range(count):
        rng = np.random.default_rng([seed, number])
        kind = names[number % len(names)]
        files.append(folder / f"{number:05}-{kind}.jpg")
        files[-1].write_bytes(damage(sources[kind], rng, sources[names[int(rng.integers(len(names)))]]))
        if number % SOUND_EVERY == 0:
            shaded = PillowImage.fromarray(np.maximum(np.asarray(rgb), number % 250 // 10))
            (folder / f"sound{number:05}.png").write_bytes(stored(shaded, "PNG"))
    return files


def decode_all(files: list[Path], engine: EngineParams) -> Outcome:
    """Decode each file alone, in every way."""
    outcome = Outcome(len(files))
    for file, told in zip(files, map_records(decode_each, files, engine, crashed=_crash), strict=True):
        is_fault = told.startswith("!")
        outcome.rows["fault" if is_fault else told] += 1
        if is_fault:
            outcome.faults.append(f"{file.name}: {told[1:]}")
    return outcome


def _crash(_: Path, verdict: SampleRejected) -> str:
    return f"!{verdict}"


def decode_each(file: Path) -> str:
    """What became of a file: `pixels`, or the reason why not; a fault begins with `!`."""
    data, started = file.read_bytes(), time.process_time()
    ways: tuple[Callable[[bytes], object], ...] = (
        decode_image,
        decode_grey,
        partial(decode_image, draft_side_px=64),
        image_extension,
        refuse_polyglot,
    )
    reasons = [_reason(way, data) for way in ways]
    seconds = time.process_time() - started
    if seconds > SLOW_SECONDS:
        return f"!took {seconds:.0f} s"
    return next((reason for reason in reasons if reason.startswith("!")), reasons[0])


def _reason(way: Callable[[bytes], object], data: bytes) -> str:
    try:
        way(data)
    except SampleRejected as verdict:
        return verdict.reason
    except Exception as error:  # noqa: BLE001 - that is what is looked for
        return f"!{type(error).__name__}: {error}"
    return "pixels"


def ingest_all(folder: Path, project: Path, jobs: int) -> Outcome:
    """Ingest the folder as a source."""
    project.mkdir(parents=True)
    source = {"adapter": "folder", "path": str(folder), "labels": {".": {}}}
    told = {"engine": {"jobs": jobs}, "ingest": {"sources": ["fuzz"], "settings": {"fuzz": source}}}
    names = _names(folder)
    outcome = Outcome(len(names))
    try:
        taken = ingest_source("fuzz", parse_params(told, "params.yaml"), project)
    except Exception as error:  # noqa: BLE001 - that is what is looked for
        outcome.faults.append(f"{type(error).__name__}: {error}")
        return outcome
    used = Counter(image.origin for image in taken.images)
    refused = {row.origin: row.reason for row in taken.rejections}
    outcome.rows = Counter(refused.values())
    outcome.rows["taken"] = len(used)
    outcome.faults = list(_lost(names, Counter([*used, *refused]), set(used), set(refused.values())))
    return outcome


def mask_all(folder: Path, out: Path, engine: EngineParams) -> Outcome:
    """Put a mask on every face in the folder."""
    names = _names(folder)
    outcome = Outcome(len(names))
    settings = FolderRequest(masks=("surgical",))
    try:
        listing = find_photos(folder, out, None)
        summary = augment_folder(listing, out, settings, engine=engine, mode="new", report=lambda _: None)
    except Exception as error:  # noqa: BLE001 - that is what is looked for
        outcome.faults.append(f"{type(error).__name__}: {error}")
        return outcome
    if summary.ending != "complete":
        outcome.faults.append(f"{summary.ending}: {summary.problem}")
    used = {row["parent"] for row in _read_rows(out / METADATA)}
    refused = [(row["photo"], row["reason"]) for row in _read_rows(out / REJECTED)]
    outcome.rows = Counter(reason for _, reason in refused)
    outcome.rows["taken"] = len(used)
    rows = Counter({*used, *(name for name, _ in refused)})  # of a photo's faces some may be refused
    outcome.faults += _lost(names, rows, used, {reason for _, reason in refused})
    return outcome


def _read_rows(file: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def _names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def _lost(names: list[str], rows: Counter[str], used: set[str], reasons: set[str]) -> Iterator[str]:
    """What breaks the promise: files without one row, sound photos that aren't used, faults of the program."""
    yield from (f"{name}: {rows[name]} rows" for name in names if rows[name] != 1)
    yield from (f"{name}: a sound photo, not used" for name in names if name.startswith("sound") and name not in used)
    yield from (f"the reason {reason}" for reason in sorted(reasons & {"processing_failed", "worker_crash"}))


if __name__ == "__main__":
    main()
