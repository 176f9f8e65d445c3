"""The lower rims of dark spectacles, which stand before a mask that reaches up to them.

A rim is a thin line across the cheek below the eye, much darker than the skin above and below it, longer than any
wrinkle and straighter than any shadow. Rims of metal or glass, and those of the skin's brightness, are not told.
"""

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.core.arrays import FloatImage, Rgb
from pipeline.masks.compiled import head_calls
from pipeline.masks.compiled.library import or_compiled
from pipeline.masks.head.canonical import CanonicalHead, HeadFit, HeadSpots
from pipeline.masks.head.skin_patch import Patch, inside_photo, outlines

_PATCH = Patch((2, 40), (-60, 60), rows=39, columns=81)
_Y_MM, _AZIMUTH_DEG = _PATCH.heights(), _PATCH.azimuths()
_BELOW_EYES = ((_Y_MM > 12) & (_Y_MM < 34))[:, None] & (np.abs(_AZIMUTH_DEG) > 9)
"""Lower lids end 7 mm below the sellion, and lashes 10; nose wings and their folds begin at 34."""

THICKEST_MM = 12
_DARKER = 0.32
"""By how much of the skin's brightness a rim is darker than the skin; bags under eyes are by 0.1 to 0.2."""

_MAX_YAW_DEG = 40
"""Beyond, landmarks are too far off: the eye itself would be taken for a rim."""

_DARKEST_SKIN = 50.0
_SHORTEST_CELLS, _MEAN_THICKNESS_CELLS = 14, 7
_MATTE_FROM, _MATTE_TO = 0.12, 0.3


def find_rims(rgb: Rgb, fit: HeadFit, head: CanonicalHead) -> list[NDArray[np.float32]]:
    """Polygons `(N, 2)` in px of the photo `(H, W, 3)` along the rims below the eyes; none where no rim is seen."""
    if abs(fit.pose.yaw_deg) > _MAX_YAW_DEG:
        return []
    xy, _ = fit.project_spots(_nodes(head))
    x, y = (cells[0] for cells in _PATCH.cells_at(xy))
    grey = np.asarray(cv2.cvtColor(cv2.remap(rgb, x, y, cv2.INTER_LINEAR), cv2.COLOR_RGB2GRAY), dtype=np.uint8)
    asked = _BELOW_EYES & inside_photo(x, y, rgb.shape[1], rgb.shape[0])
    thin = dark_lines(grey, asked, THICKEST_MM // 2, _DARKER, _DARKEST_SKIN)
    return [] if thin is None else outlines(_long_parts(thin), x, y)


@or_compiled(head_calls.dark_lines)
def dark_lines(
    grey: NDArray[np.uint8], asked: NDArray[np.bool_], reach: int, darker: float, lightest: float
) -> NDArray[np.bool_] | None:
    """Which of the cells `(R, C)` that are asked for are darker by that share than what lies above and below.

    Looked at is what lies up to `reach` cells away, which must be light enough. None where no cell is.
    """
    across = np.ones((2 * reach + 1, 1), dtype=np.uint8)
    share, skin = _against_skin(grey.astype(np.float32), across)
    dark = (share > darker) & (skin > lightest) & asked
    return dark if dark.any() else None


def rim_matte(grey: FloatImage, px_per_mm: float) -> FloatImage:
    """How much of each pixel of a grey picture `(H, W)` is a line darker than what lies above and below: [0, 1]."""
    reach = max(3, round(THICKEST_MM * px_per_mm)) | 1
    darker, _ = _against_skin(grey, np.ones((reach, reach), dtype=np.uint8))
    return np.asarray(np.clip((darker - _MATTE_FROM) / (_MATTE_TO - _MATTE_FROM), 0, 1), dtype=np.float32)


@lru_cache(maxsize=1)
def _nodes(head: CanonicalHead) -> HeadSpots:
    return head.spot(_PATCH.nodes(head))


def _against_skin(grey: FloatImage, kernel: NDArray[np.uint8]) -> tuple[FloatImage, FloatImage]:
    """By how much of the brightness around it each pixel is darker, and that brightness: a black hat."""
    around = cv2.morphologyEx(grey, cv2.MORPH_CLOSE, kernel, borderType=cv2.BORDER_REPLICATE)
    return np.asarray((around - grey) / np.maximum(around, 1)), np.asarray(around)


def _long_parts(thin: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The connected parts that are as long and thin as a rim."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(thin.astype(np.uint8), connectivity=8)
    width, area = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_AREA]
    rim = (width >= _SHORTEST_CELLS) & (area <= width * _MEAN_THICKNESS_CELLS)
    rim[0] = False
    return np.asarray(rim[labels])
