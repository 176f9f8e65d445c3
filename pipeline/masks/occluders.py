"""What hangs before a mask: hair that falls beside the face, told by its own colour and by the ear that it hides.

The cue would rather miss than err, since a hole in a mask is worse than a mask over hair. Hair counts only on a side
where the ear's place has the colour of the temple's hair: a beard leaves ears bare. It must be much darker than the
cheek and end in an edge, where a shadow fades. On the cheek it must come down from the cheekbone, where no beard grows.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.arrays import FloatImage, Points3d, Rgb
from pipeline.masks.head import CanonicalHead, HeadFit, from_cylinder, sample_field

ROWS, COLUMNS = 40, 35
AZIMUTH_DEG, Y_MM = np.linspace(25, 110, COLUMNS), np.linspace(-50, 102, ROWS)
"""The cells of a side of the head unrolled: columns from the cheek back to the ear, rows from the temple to the jaw."""

_NODE_ROWS, _NODE_COLUMNS = 10, 9
_TURNED_AWAY = 0.2

Zone = tuple[slice, slice]


def _zone(y_mm: tuple[float, float], azimuth_deg: tuple[float, float]) -> Zone:
    return slice(*np.searchsorted(Y_MM, y_mm).tolist()), slice(*np.searchsorted(AZIMUTH_DEG, azimuth_deg).tolist())


_TEMPLE, _CHEEK, _EAR = _zone((-45, -15), (80, 105)), _zone((15, 60), (27, 50)), _zone((5, 55), (88, 106))
_CHEEKBONE = _zone((8, 35), (25, 75))[0]
_BEHIND_BEARDS = AZIMUTH_DEG >= 75

_LEAST_SEEN = 0.6
_LEAST_CONTRAST = 60.0
"""By how much hair is darker than the cheek, in 8-bit L: less, and a shadow could be taken for it."""

_HAIR_SHARE = 0.7
_EAR_COVERED = 0.75
_STEP_CELLS, _LEAST_STEP, _SHARP_ROWS = 2, 0.25, 0.5
"""The front edge rises by the step within so many cells, some 5 mm, in at least that share of the rows."""

_INWARDS_CELLS = 3
_MARGIN_MM = 3.0
"""Around the cells, in which pixels are judged by their own colour: a cell is some 4 mm wide."""

_MATTE_FROM, _MATTE_TO = 0.6, 0.9
_SUBPIXEL_BITS = 4


@dataclass(frozen=True, slots=True)
class Curtain:
    """Hair that hangs down one side of a face.

    Attributes:
        outlines: Closed polygons `float32 (N, 2)` in photo px that hold it.
        skin: Lab of the cheek beside it, `float32 (3,)`, as OpenCV stores it in 8 bits.
        hair: Its own, likewise.
    """

    outlines: list[NDArray[np.float32]]
    skin: NDArray[np.float32]
    hair: NDArray[np.float32]


def find_curtains(rgb: Rgb, fit: HeadFit, head: CanonicalHead) -> list[Curtain]:
    """Hair before the cheeks and ears of a face in the photo `(H, W, 3)`: none, or on one or both sides."""
    xy, _ = fit.project(_nodes(head), head)
    sides = zip((-1, 1), xy.reshape(2, _NODE_ROWS, _NODE_COLUMNS, 2), strict=True)
    found = (_curtain(rgb, nodes, _faces_viewer(fit, side)) for side, nodes in sides)
    return [curtain for curtain in found if curtain]


def matte(
    part: Rgb,
    curtains: list[Curtain],
    place: Callable[[NDArray[np.float32]], NDArray[np.float32]],
    px_per_mm: float,
) -> FloatImage:
    """How much of each pixel of a part of the photo `(H, W, 3)` is hair that hangs before a mask: `(H, W)` in [0, 1].

    `place` takes pixels of the photo to those of the part, of which `px_per_mm` go to a millimetre of the face.
    """
    lab = cv2.cvtColor(part, cv2.COLOR_RGB2LAB).astype(np.float32)
    hidden = np.zeros(part.shape[:2], dtype=np.float32)
    for curtain in curtains:
        where = np.zeros(part.shape[:2], dtype=np.uint8)
        polygons = [np.rint(place(outline) * (1 << _SUBPIXEL_BITS)).astype(np.int32) for outline in curtain.outlines]
        cv2.fillPoly(where, polygons, 1, cv2.LINE_8, _SUBPIXEL_BITS)
        margin_px = max(1, round(2 * _MARGIN_MM * px_per_mm))
        cv2.polylines(where, polygons, True, 1, margin_px, cv2.LINE_8, _SUBPIXEL_BITS)
        share = (_hair_share(lab, curtain.skin, curtain.hair) - _MATTE_FROM) / (_MATTE_TO - _MATTE_FROM)
        hidden = np.maximum(hidden, np.clip(share, 0, 1) * where)
    return hidden


@lru_cache(maxsize=1)
def _nodes(head: CanonicalHead) -> Points3d:
    """Points `(N, 3)` on the skin of the viewer's left, then right side, that span the cells coarsely."""
    y, azimuth = np.mgrid[Y_MM[0] : Y_MM[-1] : _NODE_ROWS * 1j, AZIMUTH_DEG[0] : AZIMUTH_DEG[-1] : _NODE_COLUMNS * 1j]
    sides = [from_cylinder(side * azimuth, y, sample_field(head.radius, side * azimuth, y)) for side in (-1, 1)]
    return np.concatenate(sides).reshape(-1, 3).astype(np.float32)


@lru_cache(maxsize=2)
def _between(cells: int, nodes: int) -> NDArray[np.float32]:
    """`(cells, nodes)`: linear interpolation."""
    at = np.linspace(0, nodes - 1, cells)[:, None]
    return np.asarray(np.maximum(1 - np.abs(at - np.arange(nodes)), 0), dtype=np.float32)


def _faces_viewer(fit: HeadFit, side: int) -> NDArray[np.bool_]:
    """Which columns `(COLUMNS,)` are turned to the viewer."""
    angle = np.radians(AZIMUTH_DEG * side)
    return np.asarray(np.sin(angle) * fit.rotation[2, 0] - np.cos(angle) * fit.rotation[2, 2] < _TURNED_AWAY)


def _curtain(rgb: Rgb, nodes: NDArray[np.float32], turned: NDArray[np.bool_]) -> Curtain | None:
    """The hair on one side, whose nodes `(R, C, 2)` lie at these pixels."""
    by_row, by_column = _between(ROWS, _NODE_ROWS), _between(COLUMNS, _NODE_COLUMNS)
    x, y = (by_row @ nodes[..., axis] @ by_column.T for axis in (0, 1))
    seen = (x >= 0) & (y >= 0) & (x <= rgb.shape[1] - 1) & (y <= rgb.shape[0] - 1) & turned
    if min(seen[zone].mean() for zone in (_TEMPLE, _CHEEK, _EAR)) < _LEAST_SEEN:
        return None
    lab = cv2.cvtColor(cv2.remap(rgb, x, y, cv2.INTER_LINEAR), cv2.COLOR_RGB2LAB).astype(np.float32)
    hair, skin = (_middle(lab[zone][seen[zone]]) for zone in (_TEMPLE, _CHEEK))
    if skin[0] - hair[0] < _LEAST_CONTRAST:
        return None
    share = _hair_share(lab, skin, hair)
    hairy = (share > _HAIR_SHARE) & seen
    if hairy[_EAR].sum() < _EAR_COVERED * seen[_EAR].sum() or not _ends_sharply(hairy, share):
        return None
    return Curtain(_outlines(_hanging(hairy), np.stack([x, y], axis=-1)), skin, hair)


def _middle(colours: NDArray[np.float32]) -> NDArray[np.float32]:
    """The median of each channel; np.median takes longer than all the rest."""
    return np.asarray(np.sort(colours, axis=0)[len(colours) // 2])


def _hair_share(lab: FloatImage, skin: NDArray[np.float32], hair: NDArray[np.float32]) -> FloatImage:
    """How far each colour `(..., 3)` lies on the way from skin (0) to hair (1)."""
    way = hair - skin
    return np.asarray((lab - skin) @ (way / (way @ way)), dtype=np.float32)


def _ends_sharply(hairy: NDArray[np.bool_], share: FloatImage) -> bool:
    """Whether the front edge of what covers the ear is a step, as of hair, and no slope, as of a shadow."""
    rows, ear = _EAR[0], _EAR[1].start
    front = ear - np.argmin(hairy[rows, ear::-1], axis=1) + 1
    numbers = np.arange(rows.start, rows.stop)
    step = share[numbers, front] - share[numbers, np.maximum(front - _STEP_CELLS, 0)]
    return float((step > _LEAST_STEP).mean()) >= _SHARP_ROWS


def _hanging(hairy: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Of the hairy cells those behind where beards grow, and those that hang down from the cheekbone."""
    hanging: NDArray[np.bool_] = np.logical_and(hairy, _BEHIND_BEARDS)
    strand: NDArray[np.bool_] = np.logical_and.reduce(hairy[_CHEEKBONE])
    limit = max(0, int(strand.argmax()) - _INWARDS_CELLS) if strand.any() else COLUMNS
    hanging[_CHEEKBONE] |= strand
    for row in range(_CHEEKBONE.stop, ROWS):
        beside = strand.copy()
        beside[1:] |= strand[:-1]
        beside[:-1] |= strand[1:]
        strand = np.logical_and(beside, hairy[row])
        strand[:limit] = False
        hanging[row] |= strand
    return hanging


def _outlines(cells: NDArray[np.bool_], xy: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """Around the middles of these cells, in photo px."""
    contours: Any = cv2.findContours(cells.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0]
    return [xy[contour[:, 0, 1], contour[:, 0, 0]] for contour in contours]
