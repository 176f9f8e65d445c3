"""How many photos a second `maskwright predict` handles on one core, and how long it takes to its first answer.

    python -m benchmarks.predict_speed FOLDER [--model models/model.onnx] [--side 640] [--count 100] [--one-way]

Photos of FOLDER are first brought to `--side` px and encoded again. Measured is what the command does: decode, find
faces, cut out, classify. CPU time is counted, so that other work on the machine matters less; the start is that of a
process of its own, the least of three.
"""

import argparse
import os
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np

from pipeline.core.step_times import StepTimes, collecting
from pipeline.engine.worker import ONE_THREAD
from pipeline.prediction.photos import answer_photos
from pipeline.prediction.predictor import FacePredictor
from pipeline.storage.images import EXTENSIONS, encode_image, read_image
from pipeline.training.loading import load_model, usual_model

_STARTS = 3


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--side", type=int, default=640)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--one-way", action="store_true")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    model = arguments.model or usual_model()
    with TemporaryDirectory() as folder:
        photos = written_photos(arguments.folder, Path(folder), arguments.side, arguments.count)
        start_s = min(start_seconds(photos[0], model) for _ in range(_STARTS))
        predictor = load_model(model, both_ways=not arguments.one_way)
        report(photos, predictor, arguments.side, start_s)


def report(photos: Sequence[Path], predictor: FacePredictor, side_px: int, start_s: float) -> None:
    """Print photos a second and where the time goes, in ms a photo, then the start."""
    list(answer_photos(photos[:2], predictor))
    started = time.process_time()
    with collecting() as times:
        faces = sum(len(answer.faces) for answer in answer_photos(photos, predictor))
    spent_s = time.process_time() - started
    print(f"{len(photos) / spent_s:.1f} photos/s on one core, {faces} faces in {len(photos)} photos of {side_px} px")
    print(f"  ms a photo, by the clock: {steps(times, len(photos))}")
    print(f"start to first answer: {start_s:.2f} s of CPU time")


def steps(times: StepTimes, photos: int) -> str:
    """The steps, the longest first."""
    ordered = sorted(times.seconds.items(), key=lambda step: -step[1])
    return ", ".join(f"{name} {seconds / photos * 1000:.1f}" for name, seconds in ordered)


def start_seconds(photo: Path, model: Path) -> float:
    """CPU time of the command on one photo, on one thread."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-m", "stages.tools.predict", "--model", model, photo],
        check=True,
        capture_output=True,
        env=os.environ | ONE_THREAD,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def written_photos(source: Path, folder: Path, side_px: int, count: int) -> list[Path]:
    """The first photos of a folder as JPEGs in another, their long side brought to `side_px`."""
    found = sorted(path for path in source.rglob("*") if path.suffix.lower() in EXTENSIONS)[:count]
    places = [folder / f"{number:05d}.jpg" for number in range(len(found))]
    for path, place in zip(found, places, strict=True):
        place.write_bytes(photo_bytes(path, side_px))
    return places


def photo_bytes(path: Path, side_px: int) -> bytes:
    """The photo as JPEG, its long side brought to `side_px`."""
    rgb = read_image(path).rgb
    factor = side_px / max(rgb.shape[:2])
    size = (round(rgb.shape[1] * factor), round(rgb.shape[0] * factor))
    return encode_image(np.asarray(cv2.resize(rgb, size), dtype=np.uint8), quality=90)


if __name__ == "__main__":
    main()
