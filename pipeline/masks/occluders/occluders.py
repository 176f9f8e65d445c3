"""What stands before a mask and stays there: hair that falls beside the face, and dark rims of spectacles.

A hole in a mask is worse than a mask over hair, so both cues would rather miss than err. Not told are hands, which have
the skin's colour, single strands, hair hardly darker than the skin, and rims of metal.
"""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.core.arrays import FloatImage, Rgb
from pipeline.masks.head.canonical import CanonicalHead, HeadFit
from pipeline.masks.occluders.glasses import find_rims, rim_matte
from pipeline.masks.occluders.hair import Curtain, find_curtains, hair_matte

_MARGIN_MM = 3.0
"""Around what was found, in which pixels are judged by their own colour: it was looked for in cells of 1 to 4 mm."""

_SUBPIXEL_BITS = 4
_PIECE, _BARE = 0.3, 0.5

Place = Callable[[NDArray[np.float32]], NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class Occluders:
    """What stands before a face; `rims` are polygons `(N, 2)` in photo px."""

    curtains: list[Curtain]
    rims: list[NDArray[np.float32]]

    def __bool__(self) -> bool:
        """Whether there is anything."""
        return bool(self.curtains or self.rims)


def find_occluders(rgb: Rgb, fit: HeadFit, head: CanonicalHead) -> Occluders:
    """What stands before the face in the photo `(H, W, 3)`, as far as the cues tell."""
    return Occluders(find_curtains(rgb, fit, head), find_rims(rgb, fit, head))


def matte(part: Rgb, occluders: Occluders, alpha: FloatImage, place: Place, px_per_mm: float) -> FloatImage:
    """How much of each pixel of a part of the photo `(H, W, 3)` stands before a mask of this alpha: `(H, W)` in [0, 1].

    `place` takes pixels of the photo to those of the part, of which `px_per_mm` go to a millimetre of the face.
    """
    hidden = np.zeros(part.shape[:2], dtype=np.float32)
    if occluders.curtains:
        lab = cv2.cvtColor(part, cv2.COLOR_RGB2LAB).astype(np.float32)
        for curtain in occluders.curtains:
            where = _around(curtain.outlines, place, px_per_mm, hidden.shape)
            hidden = np.maximum(hidden, hair_matte(lab, curtain) * where)
    if occluders.rims:
        grey = cv2.cvtColor(part, cv2.COLOR_RGB2GRAY).astype(np.float32)
        where = _around(occluders.rims, place, px_per_mm, hidden.shape)
        hidden = np.maximum(hidden, _reaching_out(rim_matte(grey, px_per_mm) * where, alpha))
    return hidden


def _reaching_out(rims: FloatImage, alpha: FloatImage) -> FloatImage:
    """The rims that go on beyond the mask: a piece all by itself amid a mask looks like a stain."""
    _, labels = cv2.connectedComponents((rims > _PIECE).astype(np.uint8), connectivity=8)
    free = np.zeros(labels.max() + 1, dtype=bool)
    free[labels[alpha < _BARE]] = True
    free[0] = True
    return np.asarray(rims * free[labels], dtype=np.float32)


def _around(
    outlines: list[NDArray[np.float32]], place: Place, px_per_mm: float, shape: tuple[int, ...]
) -> NDArray[np.uint8]:
    """1 inside the polygons and within the margin around them, else 0."""
    where = np.zeros(shape, dtype=np.uint8)
    polygons = [np.rint(place(outline) * (1 << _SUBPIXEL_BITS)).astype(np.int32) for outline in outlines]
    cv2.fillPoly(where, polygons, 1, cv2.LINE_8, _SUBPIXEL_BITS)
    margin_px = max(1, round(2 * _MARGIN_MM * px_per_mm))
    cv2.polylines(where, polygons, True, 1, margin_px, cv2.LINE_8, _SUBPIXEL_BITS)
    return where
