"""A sheet of the crops of which a model was surest though it was wrong."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from benchmarks.ready_model.crops import Crops
from pipeline.core.arrays import Rgb
from pipeline.core.records import MASK_TYPES
from pipeline.storage.images import read_image, write_image

TILE_PX, CAPTION_PX, COLUMNS = 160, 22, 8
_SHOWN = 48


def worst_sheet(sets: Sequence[Crops], count: int) -> Rgb:
    """The `count` surest wrong ones of all sets, the surest first: what each is, what it was taken for, how surely."""
    tiles = [
        _tile(crops.files[k], f"{MASK_TYPES[crops.labels[k]]}: {MASK_TYPES[crops.types[k].argmax()]} {sure:.2f}")
        for sure, crops, k in surest_wrong(sets)[:count]
    ]
    blank = np.zeros((TILE_PX + CAPTION_PX, TILE_PX, 3), dtype=np.uint8)
    tiles += [blank] * (max(COLUMNS, -(-len(tiles) // COLUMNS) * COLUMNS) - len(tiles))
    rows = [np.hstack(tiles[start : start + COLUMNS]) for start in range(0, len(tiles), COLUMNS)]
    return np.asarray(np.vstack(rows), dtype=np.uint8)


def surest_wrong(sets: Sequence[Crops]) -> list[tuple[float, Crops, int]]:
    """Probability, set and place of each crop that is told wrong, the surest first."""
    wrong = [(float(c.types[k].max()), n, int(k)) for n, c in enumerate(sets) for k in np.flatnonzero(~c.right)]
    return [(sure, sets[n], k) for sure, n, k in sorted(wrong, key=lambda one: (-one[0], one[1:]))]


def _tile(file: Path, caption: str) -> Rgb:
    picture = cv2.resize(read_image(file).rgb, (TILE_PX, TILE_PX), interpolation=cv2.INTER_AREA)
    tile = cv2.copyMakeBorder(picture, CAPTION_PX, 0, 0, 0, cv2.BORDER_CONSTANT)
    cv2.putText(tile, caption, (2, 15), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (255, 255, 255), 1, cv2.LINE_AA)
    return np.asarray(tile, dtype=np.uint8)


def write_sheet(path: Path, sets: Sequence[Crops]) -> None:
    """The sheet as a file, which holds others' photos: to look at, not to hand on."""
    write_image(path, worst_sheet(sets, _SHOWN))
