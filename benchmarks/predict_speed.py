"""How many photos a second `maskwright predict` handles on one core: decode, find faces, cut out, classify.

    OMP_NUM_THREADS=1 python benchmarks/predict_speed.py FOLDER [--model models/model.pt] [--side 640] [--count 100]

Photos of FOLDER are first brought to `--side` px and encoded again. CPU time is counted, so that other work on the
machine doesn't matter.
"""

import argparse
import time
from pathlib import Path

import cv2
import numpy as np
import torch

from pipeline.core.params import FacesParams
from pipeline.core.paths import MODEL
from pipeline.storage.images import EXTENSIONS, decode_image, encode_image, read_image
from pipeline.training.checkpoint import load_model
from pipeline.training.predicting import FacePredictor


def main() -> None:
    """Measure and print one line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", type=Path, default=MODEL)
    parser.add_argument("--side", type=int, default=640)
    parser.add_argument("--count", type=int, default=100)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    model, facts = load_model(arguments.model, torch.device("cpu"))
    predictor = FacePredictor(model, facts["temperatures"], FacesParams.model_validate(facts["faces"]))
    photos = [photo_bytes(path, arguments.side) for path in photos_in(arguments.folder)[: arguments.count]]
    predictor(decode_image(photos[0]).rgb)
    started = time.process_time()
    faces = sum(len(predictor(decode_image(data).rgb)) for data in photos)
    spent_s = time.process_time() - started
    speed = len(photos) / spent_s
    print(f"{speed:.1f} photos/s on one core, {faces} faces in {len(photos)} photos of {arguments.side} px")


def photos_in(folder: Path) -> list[Path]:
    """The image files, sorted."""
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in EXTENSIONS)


def photo_bytes(path: Path, side_px: int) -> bytes:
    """The photo as JPEG, its long side brought to `side_px`."""
    rgb = read_image(path).rgb
    factor = side_px / max(rgb.shape[:2])
    size = (round(rgb.shape[1] * factor), round(rgb.shape[0] * factor))
    return encode_image(np.asarray(cv2.resize(rgb, size), dtype=np.uint8), quality=90)


if __name__ == "__main__":
    main()
