"""Measure how fast masks are put on, from file to file on one core, and what memory it takes.

    python -m benchmarks.mask_speed [FACES] [--runs 5] [--files 48] [--memory-files 100 400]

All figures are CPU seconds of this process, the median over the runs; each run does all kinds of work, so that a busy
machine slows all of them. FACES defaults to the sample; its photos are brought to 300 x 300 px first.

- `decode + encode`: what any tool must do, the physical limit.
- `known faces`: one mask a face, box and landmarks from a manifest (the augment stage).
- `whole road`: detection and landmarks too (augment-masks), one picture a photo.

Memory is the peak of a process of its own: 6000 x 4000 px, and 100 against 400 files.
"""

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from pipeline.augment.photo_masker import PhotoMasker
from pipeline.augment.photos import Photo
from pipeline.augment.request import FolderRequest
from pipeline.augment.templates_in_use import shared_synthesizer
from pipeline.core.errors import SampleRejected
from pipeline.core.params import EngineParams, FacesParams
from pipeline.core.randomness import sample_rng
from pipeline.core.records import MaskType
from pipeline.faces.finding import FoundFace, shared_finder
from pipeline.faces.masked_cue import DEFAULT_THRESHOLD, masked_face_cue
from pipeline.masks import MaskParams
from pipeline.storage.images import EXTENSIONS, encode_image, read_image, write_image
from pipeline.storage.whole_files import write_bytes

SAMPLE = Path(__file__).parent.parent / "samples" / "faces"
TYPES: tuple[MaskType, ...] = ("surgical", "cloth", "ffp2")
SIDE_PX = 300


def main() -> None:
    """Measure and print."""
    options = _options()
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory(prefix="mask-speed-") as name:
        work = Path(name)
        if options.only_memory:
            mask_folder(options.faces, work)
            print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
            return
        photos = prepare(options.faces, work / "photos", options.files)
        print_speed(photos, work / "out", options.runs)
        print_memory(photos, work, options.memory_files)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("faces", nargs="?", type=Path, default=SAMPLE)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--files", type=int, default=48)
    parser.add_argument("--memory-files", type=int, nargs="+", default=[100, 400], help="folders to compare in memory")
    parser.add_argument("--only-memory", action="store_true", help="mask FACES and print the peak in MB")
    return parser.parse_args()


def prepare(faces: Path, folder: Path, count: int) -> list[Photo]:
    """The first photos with a face that can be masked, 300 x 300 px, as JPEG files."""
    photos: list[Photo] = []
    for path in sorted(path for path in faces.rglob("*") if path.suffix.lower() in EXTENSIONS):
        try:
            rgb = cv2.resize(read_image(path).rgb, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA)
            shared_synthesizer((), MaskParams()).fit(shared_finder(FacesParams()).find(rgb)[0].landmarks)
        except SampleRejected:
            continue
        target = folder / f"{len(photos):04d}.jpg"
        write_image(target, np.asarray(rgb, dtype=np.uint8))
        photos.append(Photo(target, target.name, target.stem))
        if len(photos) == count:
            break
    return photos


def print_speed(photos: list[Photo], out: Path, runs: int) -> None:
    """A line for each kind of work."""
    found = {photo: shared_finder(FacesParams()).find(read_image(photo.path).rgb)[0] for photo in photos}
    kinds: dict[str, Callable[[Photo, int], None]] = {
        "decode + encode": lambda photo, _: recode(photo, out),
        "known faces": lambda photo, number: mask_known(photo, found[photo], number, out),
        "whole road": lambda photo, number: mask_found(photo, number, out),
    }
    seconds: dict[str, list[float]] = {kind: [] for kind in kinds}
    for _ in range(runs + 1):
        for kind, work in kinds.items():
            started = time.process_time()
            for number, photo in enumerate(photos):
                work(photo, number)
            seconds[kind].append((time.process_time() - started) / len(photos))
    print(f"{len(photos)} photos of {SIDE_PX}x{SIDE_PX} px, median of {runs} runs, one core:")
    limit = statistics.median(seconds["decode + encode"][1:])
    for kind, values in seconds.items():
        median = statistics.median(values[1:])  # the first run warms caches
        times = f"{median * 1e3:6.2f} ms of CPU  {1 / median:7.0f} a CPU second  {median / limit:5.1f} x the limit"
        print(f"  {kind:16} {times}")


def recode(photo: Photo, out: Path) -> None:
    """Read and write, nothing between."""
    write_image(out / photo.name, read_image(photo.path).rgb)


def mask_known(photo: Photo, face: FoundFace, number: int, out: Path) -> None:
    """As the augment stage does, whose faces are known, for one face and one mask."""
    rgb = read_image(photo.path).rgb
    masked_face_cue().check_unmasked(rgb, face.landmarks, 1 - 1e-9)
    rng = sample_rng(number, photo.name)
    write_image(out / photo.name, shared_synthesizer((), MaskParams())(rgb, face.landmarks, TYPES[number % 3], rng).rgb)


def mask_found(photo: Photo, number: int, out: Path) -> None:
    """As augment-masks does, one mask a face."""
    settings = replace(FolderRequest(), masks=(TYPES[number % 3],), already_masked_threshold=1 - 1e-9, faces="largest")
    for name, data in PhotoMasker(settings)(photo).files.items():
        write_bytes(out / name, data)


def print_memory(photos: list[Photo], work: Path, counts: list[int]) -> None:
    """Peak memory for one large photo, and for few and many files."""
    large = work / "large"
    rgb = cv2.resize(read_image(photos[0].path).rgb, (4000, 4000), interpolation=cv2.INTER_CUBIC)
    wide = cv2.copyMakeBorder(rgb, 0, 0, 1000, 1000, cv2.BORDER_REPLICATE)
    write_image(large / "large.jpg", np.asarray(wide, dtype=np.uint8), 90)
    print(f"peak memory: 6000x4000 px {_peak_mb(large)} MB", end="")
    for count in counts:
        folder = work / f"{count}"
        data = [encode_image(read_image(photo.path).rgb) for photo in photos]
        for index in range(count):
            write_bytes(folder / f"{index:04d}.jpg", data[index % len(data)])
        print(f", {count} files {_peak_mb(folder)} MB", end="")
    print()


def _peak_mb(folder: Path) -> int:
    command = [sys.executable, "-m", "benchmarks.mask_speed", str(folder), "--only-memory"]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=Path(__file__).parent.parent)
    return int(done.stdout)


def mask_folder(folder: Path, out: Path) -> None:
    """As `augment-masks FOLDER OUT --jobs 1` does, its contact sheet included."""
    from pipeline.augment.folder_run import augment_folder, find_photos

    settings = replace(FolderRequest(), already_masked_threshold=DEFAULT_THRESHOLD)
    listing = find_photos(folder, out, None)
    augment_folder(listing, out / "dataset", settings, engine=EngineParams(), mode="new", report=lambda _: None)


if __name__ == "__main__":
    main()
