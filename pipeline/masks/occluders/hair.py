"""Hair that falls beside the face and hangs before a mask, told by its own colour and by the ear that it hides.

The cue would rather miss than err, since a hole in a mask is worse than a mask over hair. Hair counts only on a side
where the ear's place has the colour of the temple's hair: a beard leaves ears bare. It must be much darker than the
cheek and end in an edge, where a shadow fades. On the cheek it must come down from the cheekbone, where no beard grows.
"""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.core.arrays import FloatImage, Rgb
from pipeline.masks.compiled import head_calls
from pipeline.masks.compiled.library import or_compiled
from pipeline.masks.head.canonical import CanonicalHead, HeadFit, HeadSpots
from pipeline.masks.head.skin_patch import Patch, inside_photo, outlines

_SIDES = [Patch((-50, 102), (side * 25, side * 110), rows=40, columns=35) for side in (-1, 1)]
"""From the temple down to the jaw, and from the cheek back to the ear, on the viewer's left and right."""

_Y_MM, _AZIMUTH_DEG = _SIDES[1].heights(), _SIDES[1].azimuths()
_ANGLES = np.radians(_AZIMUTH_DEG * np.array([-1, 1])[:, None, None])
_SINES, _COSINES = np.sin(_ANGLES), np.cos(_ANGLES)
_TURNED_AWAY = 0.2

Zone = tuple[slice, slice]


def _zone(y_mm: tuple[float, float], azimuth_deg: tuple[float, float]) -> Zone:
    return slice(*np.searchsorted(_Y_MM, y_mm).tolist()), slice(*np.searchsorted(_AZIMUTH_DEG, azimuth_deg).tolist())


_TEMPLE, _CHEEK, _EAR = _zone((-45, -15), (80, 105)), _zone((15, 60), (27, 50)), _zone((5, 55), (88, 106))
_CHEEKBONE = _zone((8, 35), (25, 75))[0]
_BEHIND_BEARDS = _AZIMUTH_DEG >= 75

_ZONES = np.array([(y.start, x.start, y.stop, x.stop) for y, x in (_TEMPLE, _CHEEK, _EAR)], dtype=np.int32)
_ZONE_CELLS = (_ZONES[:, 2:] - _ZONES[:, :2]).prod(axis=1).tolist()

_LEAST_SEEN = 0.6
_LEAST_CONTRAST = 60.0
"""By how much hair is darker than the cheek, in 8-bit L: less, and a shadow could be taken for it."""

_HAIR_SHARE = 0.7
_EAR_COVERED = 0.75
_STEP_CELLS, _LEAST_STEP, _SHARP_ROWS = 2, 0.25, 0.5
"""The front edge rises by the step within so many cells, some 5 mm, in at least that share of the rows."""

_INWARDS_CELLS = 3
_MATTE_FROM, _MATTE_TO = 0.6, 0.9


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
    xy, _ = fit.project_spots(_nodes(head))
    x, y = _SIDES[0].cells_at(xy)
    seen = inside_photo(x, y, rgb.shape[1], rgb.shape[0]) & _face_viewer(fit)
    pixels = cv2.remap(rgb, x.reshape(-1, x.shape[2]), y.reshape(-1, y.shape[2]), cv2.INTER_LINEAR)
    lab = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2LAB), dtype=np.uint8).reshape(*x.shape, 3)
    found = (_curtain(*side) for side in zip(lab, x, y, seen, strict=True))
    return [curtain for curtain in found if curtain]


def hair_matte(lab: FloatImage, curtain: Curtain) -> FloatImage:
    """How much of each pixel of a picture in 8-bit Lab `(H, W, 3)` is hair by its colour: `(H, W)` in [0, 1]."""
    share = (_hair_share(lab, curtain.skin, curtain.hair) - _MATTE_FROM) / (_MATTE_TO - _MATTE_FROM)
    return np.asarray(np.clip(share, 0, 1), dtype=np.float32)


@lru_cache(maxsize=1)
def _nodes(head: CanonicalHead) -> HeadSpots:
    return head.spot(np.concatenate([patch.nodes(head) for patch in _SIDES]))


def _face_viewer(fit: HeadFit) -> NDArray[np.bool_]:
    """Which columns `(2, 1, columns)` of both sides are turned to the viewer."""
    return np.asarray(_SINES * fit.rotation[2, 0] - _COSINES * fit.rotation[2, 2] < _TURNED_AWAY)


def _curtain(lab: NDArray[np.uint8], x: FloatImage, y: FloatImage, seen: NDArray[np.bool_]) -> Curtain | None:
    """The hair on one side, whose cells lie at these pixels and have these colours in 8-bit Lab."""
    (hair, skin, _), cells = zone_colours(lab, seen, _ZONES)
    shares = [seen / of for seen, of in zip(cells.tolist(), _ZONE_CELLS, strict=True)]
    if min(shares) < _LEAST_SEEN or skin[0] - hair[0] < _LEAST_CONTRAST:
        return None
    share = _hair_share(lab.astype(np.float32), skin, hair)
    hairy = (share > _HAIR_SHARE) & seen
    if hairy[_EAR].sum() < _EAR_COVERED * seen[_EAR].sum() or not _ends_sharply(hairy, share):
        return None
    return Curtain(outlines(_hanging(hairy), x, y), skin, hair)


@or_compiled(head_calls.zone_colours)
def zone_colours(
    lab: NDArray[np.uint8], seen: NDArray[np.bool_], zones: NDArray[np.int32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The median of each channel `(Z, 3)` among the seen cells of each zone, and how many these are `(Z,)`.

    Zones are first row and column, and those after the last; where no cell is seen, the median is 0.
    """
    parts = [(slice(top, bottom), slice(left, right)) for top, left, bottom, right in zones.tolist()]
    found = [np.sort(lab[part][seen[part]], axis=0) for part in parts]
    colours = [cells[len(cells) // 2] if len(cells) else np.zeros(3) for cells in found]
    return np.array(colours, dtype=np.float32), np.array([len(cells) for cells in found], dtype=np.float32)


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
    limit = max(0, int(strand.argmax()) - _INWARDS_CELLS) if strand.any() else len(strand)
    hanging[_CHEEKBONE] |= strand
    for row in range(_CHEEKBONE.stop, len(hairy)):
        beside = strand.copy()
        beside[1:] |= strand[:-1]
        beside[:-1] |= strand[1:]
        strand = np.logical_and(beside, hairy[row])
        strand[:limit] = False
        hanging[row] |= strand
    return hanging
