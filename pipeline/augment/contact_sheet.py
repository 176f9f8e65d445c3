"""A picture of many faces before and after, for a first look."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.core.arrays import Rgb
from pipeline.core.shrinking import framed_and_shrunk
from pipeline.faces.detectors import Box

TILE_PX = 160
PAIRS_A_ROW = 4
MAX_PAIRS = 24
_CAPTION_PX, _GAP_PX = 18, 8
_SCALE = 1.9
"""Side of a tile over the longer side of the face box: the whole head, with ears and neck."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A face before and after, as tiles, and what to write below it."""

    before: Rgb
    after: Rgb
    caption: str


_BACKGROUND = 225


def spread(count: int, limit: int = MAX_PAIRS, shift: float = 0.0) -> list[int]:
    """At most `limit` of `count` places, evenly spread; `shift` in [0, 1) moves them by that share of a step.

    >>> spread(3), spread(100, 4), spread(100, 4, 0.5)
    ([0, 1, 2], [0, 25, 50, 75], [12, 37, 62, 87])
    """
    return [int((place + shift) * count / limit) for place in range(limit)] if count > limit else list(range(count))


def contact_sheet(pairs: Sequence[Pair]) -> Rgb:
    """The pairs side by side in rows, captions below; one white tile where there are none."""
    rows = max(1, -(-len(pairs) // PAIRS_A_ROW))
    width, height = 2 * TILE_PX + _GAP_PX, TILE_PX + _CAPTION_PX + _GAP_PX
    sheet = np.full((rows * height + _GAP_PX, PAIRS_A_ROW * width + _GAP_PX, 3), 255, dtype=np.uint8)
    for place, pair in enumerate(pairs):
        row, column = divmod(place, PAIRS_A_ROW)
        _draw(sheet, pair, column * width + _GAP_PX, row * height + _GAP_PX)
    return sheet


def _draw(sheet: Rgb, pair: Pair, left: int, top: int) -> None:
    for number, rgb in enumerate((pair.before, pair.after)):
        start = left + number * TILE_PX
        sheet[top : top + TILE_PX, start : start + TILE_PX] = rgb
    baseline = (left + 2, top + TILE_PX + _CAPTION_PX - 5)
    cv2.putText(sheet, pair.caption, baseline, cv2.FONT_HERSHEY_SIMPLEX, 0.4, (40, 40, 40), 1, cv2.LINE_AA)


def tile(rgb: Rgb, box: Box) -> Rgb:
    """The head on grey, `(TILE_PX, TILE_PX, 3)`.

    Repeated edge pixels, which training crops have, would distract from what is looked at.
    """
    side = max(1, round(_SCALE * max(box.width, box.height)))
    left, top = round((box.left + box.right - side) / 2), round((box.top + box.bottom - side) / 2)
    part = rgb[max(0, top) : max(0, top + side), max(0, left) : max(0, left + side)]
    above, before = max(0, -top), max(0, -left)

    def framed(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        square = np.full((side, side, *image.shape[2:]), _BACKGROUND, dtype=np.uint8)
        square[above : above + image.shape[0], before : before + image.shape[1]] = image
        return square

    return framed_and_shrunk(part, framed, side, TILE_PX)
