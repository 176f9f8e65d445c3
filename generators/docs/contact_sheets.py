"""Make the contact sheets of docs/masks.md: 48 masked faces of each type and wear state.

    python -m generators.docs.contact_sheets [FACES] [--out docs/pictures/sheets] [--seed 0]

FACES is the rendered sample unless another folder is given; a face that is rejected is left out for the next one.
Faces and seed decide every byte.
"""

import argparse
from itertools import islice
from pathlib import Path

import cv2
import numpy as np

from pipeline.core.arrays import Rgb
from pipeline.core.errors import SampleRejected
from pipeline.core.params import FacesParams
from pipeline.core.randomness import sample_rng
from pipeline.core.records import MaskType, Wear
from pipeline.faces.crops import crop_square
from pipeline.faces.finding import shared_finder
from pipeline.masks import MaskSynthesizer, load_templates
from pipeline.storage.images import EXTENSIONS, read_image, write_image

ROOT = Path(__file__).parents[2]
TYPES: tuple[MaskType, ...] = ("cloth", "surgical", "ffp2")
WEARS: tuple[Wear, ...] = ("correct", "nose_exposed", "chin_exposed", "nose_mouth_exposed")
CROP_SCALE = 1.7
COLUMNS, ROWS, CELL_PX = 8, 6, 150


def main() -> None:
    """Write the sheets."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("faces", nargs="?", type=Path, default=ROOT / "samples" / "faces")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "pictures" / "sheets")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    paths = [path for path in options.faces.rglob("*") if path.suffix.lower() in EXTENSIONS]
    synthesizer = MaskSynthesizer(load_templates())
    for mask_type in TYPES:
        for wear in WEARS:
            name = f"{mask_type}-{wear.replace('_', '-')}"
            order = sorted(paths, key=lambda path: sample_rng(options.seed, f"{name}:{path.name}").random())
            cells = (cell(path, synthesizer, mask_type, wear, options.seed) for path in order)
            found = list(islice((rgb for rgb in cells if rgb is not None), COLUMNS * ROWS))
            write_image(options.out / f"{name}.jpg", sheet(found), quality=85)


def cell(path: Path, synthesizer: MaskSynthesizer, mask_type: MaskType, wear: Wear, seed: int) -> Rgb | None:
    """The largest face of a photo with a mask on, cut out; None where it is rejected."""
    try:
        rgb = read_image(path).rgb
        face = shared_finder(FacesParams()).find(rgb)[0]
        draw = synthesizer.draw(mask_type, sample_rng(seed, f"{path.name}:{mask_type}:{wear}"), wear=wear)
        masked = synthesizer.render(rgb, face.landmarks, draw).rgb
    except SampleRejected:
        return None
    return crop_square(masked, face.box, CROP_SCALE, CELL_PX)


def sheet(cells: list[Rgb]) -> Rgb:
    """The cells row by row, empty ones grey."""
    empty = np.full((CELL_PX, CELL_PX, 3), 128, dtype=np.uint8)
    filled = cells + [empty] * (COLUMNS * ROWS - len(cells))
    return np.vstack([np.hstack(filled[row * COLUMNS : (row + 1) * COLUMNS]) for row in range(ROWS)])


if __name__ == "__main__":
    main()
