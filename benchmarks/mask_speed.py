"""Measure how fast masks are put on, from file to file on one core, what starting takes, and what memory.

    python -m benchmarks.mask_speed [FACES] [--runs 5] [--files 48] [--memory-files 100 400] [--peer MASKTHEFACE]

All figures are CPU seconds, the median over the runs; each run does all kinds of work, so that a busy machine slows all
of them. FACES defaults to the sample; its photos are brought to 300 x 300 px first.

- `decode + encode`: what any tool must do, by this package; `by OpenCV` without its checks, whole writing and metadata.
- `known faces`: one mask a face, box and landmarks from a manifest (the augment stage); `three masks` on each.
- `whole road`: detection and landmarks too (augment-masks), one picture a photo; `whole, three` masks of each face.
- `RandomFaceMask`: what a training loop calls, on 224 px in memory with landmarks given; needs the extra `train`.
- `faces, 640 px`: read, found and described, at that size.
- `MaskTheFace`: file to file, where its checkout is given as `--peer`; its start is taken off.

Memory is the peak of a process of its own: 6000 x 4000 px, and 100 against 400 files. What two workers give, says
`python -m benchmarks.engine`.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np

from benchmarks.child_processes import installed_mb, own_peak_mb, peer_seconds, start_seconds
from pipeline.augment.photo_masker import PhotoMasker
from pipeline.augment.photos import Photo
from pipeline.augment.request import FolderRequest
from pipeline.augment.templates_in_use import shared_synthesizer
from pipeline.core.errors import SampleRejected
from pipeline.core.params import EngineParams, FacesParams
from pipeline.core.randomness import sample_rng
from pipeline.core.records import MaskType
from pipeline.faces.finding import FaceFinder, FoundFace, shared_finder
from pipeline.faces.masked_cue import DEFAULT_THRESHOLD, masked_face_cue
from pipeline.masks import MaskParams
from pipeline.storage.images import EXTENSIONS, encode_image, read_image, write_image
from pipeline.storage.whole_files import write_bytes

SAMPLE = Path(__file__).parent.parent / "samples" / "faces"
TYPES: tuple[MaskType, ...] = ("surgical", "cloth", "ffp2")
SIDE_PX, CROP_PX = 300, 224

Work = Callable[[Photo, int], None]


def main() -> None:
    """Measure and print."""
    options = _options()
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory(prefix="mask-speed-") as name:
        work = Path(name)
        if options.only_memory:
            mask_folder(options.faces, work)
            print(own_peak_mb())
            return
        photos = prepare(options.faces, work / "photos", options.files)
        limit = print_speed(photos, work / "out", options.runs)
        if options.peer:
            seconds = peer_seconds(options.peer, [photo.path for photo in photos], work)
            print(f"  {'MaskTheFace':16} {_told(seconds, limit)}")
        print_start(photos, work, options.runs)
        print_memory(photos, work, options.memory_files)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("faces", nargs="?", type=Path, default=SAMPLE)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--files", type=int, default=48)
    parser.add_argument("--memory-files", type=int, nargs="+", default=[100, 400], help="folders to compare in memory")
    parser.add_argument("--peer", type=Path, help="a checkout of MaskTheFace that runs in this environment")
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


def print_speed(photos: list[Photo], out: Path, runs: int) -> float:
    """A line for each kind of work; the result is the limit, CPU seconds to decode and encode a photo."""
    kinds = _kinds(photos, out)
    seconds: dict[str, list[float]] = {kind: [] for kind in kinds}
    for _ in range(runs + 1):
        for kind, work in kinds.items():
            started = time.process_time()
            for number, photo in enumerate(photos):
                work(photo, number)
            seconds[kind].append((time.process_time() - started) / len(photos))
    print(f"{len(photos)} photos of {SIDE_PX}x{SIDE_PX} px, median of {runs} runs, one core:")
    medians = {kind: statistics.median(values[1:]) for kind, values in seconds.items()}  # the first warms caches
    limit = medians["decode + encode"]
    for kind, median in medians.items():
        print(f"  {kind:16} {_told(median, limit)}")
    return limit


def _told(seconds: float, limit: float) -> str:
    return f"{seconds * 1e3:6.2f} ms of CPU  {1 / seconds:7.0f} a CPU second  {seconds / limit:5.1f} x the limit"


def _kinds(photos: list[Photo], out: Path) -> dict[str, Work]:
    """Every kind of work on a photo and its number."""
    found = {photo: shared_finder(FacesParams()).find(read_image(photo.path).rgb)[0] for photo in photos}
    at_640 = FaceFinder(FacesParams(long_side_px=640))
    kinds: dict[str, Work] = {
        "by OpenCV": lambda photo, _: recode_plainly(photo, out),
        "decode + encode": lambda photo, _: recode(photo, out),
        "known faces": lambda photo, number: mask_known(photo, found[photo], number, out, 1),
        "three masks": lambda photo, number: mask_known(photo, found[photo], number, out, 3),
        "whole road": lambda photo, number: mask_found(photo, (TYPES[number % 3],), out),
        "whole, three": lambda photo, _: mask_found(photo, TYPES, out),
        "faces, 640 px": lambda photo, _: find_large(photo, at_640),
    }
    if find_spec("torchvision"):
        kinds["RandomFaceMask"] = _in_training(photos)
    return kinds


def _in_training(photos: list[Photo]) -> Work:
    from pipeline.training.face_mask_transform import RandomFaceMask

    transform = RandomFaceMask(p=1)
    crops = {}
    for photo in photos:
        rgb = cv2.resize(read_image(photo.path).rgb, (CROP_PX, CROP_PX), interpolation=cv2.INTER_AREA)
        landmarks = shared_finder(FacesParams()).find(np.asarray(rgb, dtype=np.uint8))[0].landmarks
        crops[photo] = rgb, {"landmarks": landmarks}
    return lambda photo, _: transform(*crops[photo])


def find_large(photo: Photo, finder: FaceFinder) -> None:
    """As the stage `faces` does with a photo of 640 px."""
    finder.search(np.asarray(cv2.resize(read_image(photo.path).rgb, (640, 640)), dtype=np.uint8))


def recode_plainly(photo: Photo, out: Path) -> None:
    """Read and write by OpenCV alone."""
    cv2.imwrite(str(out / photo.name), cv2.imread(str(photo.path)), [cv2.IMWRITE_JPEG_QUALITY, 95])


def recode(photo: Photo, out: Path) -> None:
    """Read and write, nothing between."""
    write_image(out / photo.name, read_image(photo.path).rgb)


def mask_known(photo: Photo, face: FoundFace, number: int, out: Path, masks: int) -> None:
    """As the augment stage does, whose faces are known, for one face and so many masks."""
    rgb, synthesizer = read_image(photo.path).rgb.copy(), shared_synthesizer((), MaskParams())
    seen = synthesizer.see(rgb, face.landmarks)
    masked_face_cue().check_unmasked(rgb, face.landmarks, 1 - 1e-9)
    for k in range(masks):
        draw = synthesizer.draw(TYPES[(number + k) % 3], sample_rng(number, photo.name))
        with synthesizer.paint(rgb, face.landmarks, draw, seen).worn_in(rgb):
            write_image(out / photo.name, rgb)


def mask_found(photo: Photo, masks: tuple[MaskType, ...], out: Path) -> None:
    """As augment-masks does, with these masks on the largest face."""
    settings = replace(FolderRequest(), masks=masks, already_masked_threshold=1 - 1e-9, faces="largest")
    for name, data in PhotoMasker(settings)(photo).files.items():
        write_bytes(out / name, data)


def print_start(photos: list[Photo], work: Path, runs: int) -> None:
    """What a command takes before it does anything, and what the base install takes on the disk."""
    told = [f"{name} {seconds:.2f} s" for name, seconds in start_seconds(photos[0].path, work, runs).items()]
    print(f"start, CPU: {', '.join(told)}; base install {installed_mb():.0f} MB")


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
