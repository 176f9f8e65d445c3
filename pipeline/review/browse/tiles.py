"""Sheets of small pictures: a browser opens one file where it would open three dozen."""

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

import cv2
import numpy as np
from PIL import Image as PillowImage

from pipeline.core.arrays import Rgb
from pipeline.core.errors import SampleRejected
from pipeline.core.locations import Place
from pipeline.core.params import EngineParams
from pipeline.engine.containment import Contained, Failed
from pipeline.engine.mapping import map_records
from pipeline.storage.images import ImageLimits, read_image

TILE_PX = 128
"""Tiles are shown at 110 to 150 px: what a person judges a mask by is seen, and a sheet stays small."""
ACROSS = 6
TILES_A_SHEET = ACROSS * ACROSS
"""Sorted by a score, a screen of 60 tiles comes from 60 sheets: at 6 x 6 they decode to 140 MB, at 16 x 16 to 1 GB."""

_QUALITY = 72
_EFFORT = 2
"""Of WebP's 6: the sample's tiles take 2.5 KB at 2 and 2.4 KB at 4, in half the time."""
_GREY = 127
_LIMITS = ImageLimits(min_side_px=1)
"""Rejected pictures are shown too, those that were too small among them."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """The bytes of a WebP file of tiles, and why each tile is grey; an empty text where it isn't."""

    data: bytes
    problems: tuple[str, ...]


def make_sheets(places: Iterable[Place | None], engine: EngineParams) -> Iterator[Sheet]:
    """A sheet for every 36 files, in their order; what can't be read is a grey tile."""
    return map_records(make_sheet, _by_sheet(places), engine, batch_size=1, crashed=_grey_sheet)


def _by_sheet(places: Iterable[Place | None]) -> Iterator[tuple[Place | None, ...]]:
    left = iter(places)
    return iter(lambda: tuple(islice(left, TILES_A_SHEET)), ())


def make_sheet(places: tuple[Place | None, ...]) -> Sheet:
    """The tiles of at most 36 files, row by row."""
    rows = -(-len(places) // ACROSS)
    sheet = np.full((rows * TILE_PX, ACROSS * TILE_PX, 3), _GREY, dtype=np.uint8)
    problems = []
    for number, place in enumerate(places):
        seen = None if place is None else Contained(_read)(place)
        if isinstance(seen, Failed):
            problems.append(seen.reason)
        elif seen is None:
            problems.append("no_file")
        else:
            problems.append("")
            row, column = divmod(number, ACROSS)
            _lay(seen, sheet[row * TILE_PX :][:TILE_PX, column * TILE_PX :][:, :TILE_PX])
    return Sheet(_encoded(sheet), tuple(problems))


def tile_of(rgb: Rgb) -> Rgb:
    """The whole picture brought to a square of 128 px, grey beside it where it isn't one.

    >>> tile_of(np.zeros((20, 40, 3), dtype=np.uint8))[:, 64, 0].tolist()[::32]
    [127, 0, 0, 127]
    """
    tile = np.full((TILE_PX, TILE_PX, 3), _GREY, dtype=np.uint8)
    _lay(rgb, tile)
    return tile


def _lay(rgb: Rgb, tile: Rgb) -> None:
    height, width = rgb.shape[:2]
    factor = TILE_PX / max(height, width)
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    method = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    top, left = (TILE_PX - size[1]) // 2, (TILE_PX - size[0]) // 2
    tile[top : top + size[1], left : left + size[0]] = cv2.resize(rgb, size, interpolation=method)


def _read(place: Place) -> Rgb:
    return read_image(place, _LIMITS, draft_side_px=TILE_PX).rgb


def _encoded(sheet: Rgb) -> bytes:
    buffer = io.BytesIO()
    PillowImage.fromarray(sheet).save(buffer, "WEBP", quality=_QUALITY, method=_EFFORT)
    return buffer.getvalue()


def _grey_sheet(places: tuple[Place | None, ...], verdict: SampleRejected) -> Sheet:
    """What stands for a sheet over which a worker died."""
    grey = make_sheet((None,) * len(places))
    return Sheet(grey.data, (verdict.reason,) * len(places))
