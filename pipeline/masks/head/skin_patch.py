"""A part of the head's skin unrolled to a grid of cells, to look at what the photo shows there."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.core.arrays import FloatImage, Points3d
from pipeline.masks.compiled import head_calls
from pipeline.masks.compiled.library import or_compiled
from pipeline.masks.head.canonical import CanonicalHead, from_cylinder, sample_field

_NODE_ROWS, _NODE_COLUMNS = 10, 9
NODES = _NODE_ROWS * _NODE_COLUMNS
"""Points that are projected for a patch; its cells lie between them."""


@dataclass(frozen=True, slots=True)
class Patch:
    """Cells that run down over `y_mm` and across over `azimuth_deg`, both first and last, in `rows` and `columns`."""

    y_mm: tuple[float, float]
    azimuth_deg: tuple[float, float]
    rows: int
    columns: int

    def heights(self) -> NDArray[np.float64]:
        """The y of each row in mm."""
        return np.linspace(*self.y_mm, self.rows)

    def azimuths(self) -> NDArray[np.float64]:
        """The azimuth of each column in degrees."""
        return np.linspace(*self.azimuth_deg, self.columns)

    def nodes(self, head: CanonicalHead) -> Points3d:
        """Points `(NODES, 3)` on the skin that span the patch."""
        y, azimuth = np.meshgrid(
            np.linspace(*self.y_mm, _NODE_ROWS), np.linspace(*self.azimuth_deg, _NODE_COLUMNS), indexing="ij"
        )
        points = from_cylinder(azimuth, y, sample_field(head.radius, azimuth, y))
        return points.reshape(-1, 3).astype(np.float32)

    def cells_at(self, nodes_xy: NDArray[np.float32]) -> tuple[FloatImage, FloatImage]:
        """Photo px x and y of each cell, both `(N, rows, columns)`, where the nodes of N patches like this one lie.

        The nodes of one patch are `(NODES, 2)`, those of the next follow.
        """
        grid = nodes_xy.reshape(-1, _NODE_ROWS, _NODE_COLUMNS, 2).transpose(3, 0, 1, 2)
        x, y = _between(self.rows, _NODE_ROWS) @ grid @ _between(self.columns, _NODE_COLUMNS).T
        return x, y


@or_compiled(head_calls.inside_photo)
def inside_photo(x: FloatImage, y: FloatImage, width: int, height: int) -> NDArray[np.bool_]:
    """Which of these pixels a photo has."""
    return np.asarray((x >= 0) & (y >= 0) & (x <= width - 1) & (y <= height - 1))


def outlines(cells: NDArray[np.bool_], x: FloatImage, y: FloatImage) -> list[NDArray[np.float32]]:
    """Polygons `(N, 2)` through the outermost of these cells, in the px of `x` and `y`, all `(rows, columns)`."""
    contours: Any = cv2.findContours(cells.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0]
    xy = np.stack([x, y], axis=-1)
    return [xy[contour[:, 0, 1], contour[:, 0, 0]] for contour in contours]


@lru_cache(maxsize=4)
def _between(cells: int, nodes: int) -> NDArray[np.float32]:
    """`(cells, nodes)`: linear interpolation."""
    at = np.linspace(0, nodes - 1, cells)[:, None]
    return np.asarray(np.maximum(1 - np.abs(at - np.arange(nodes)), 0), dtype=np.float32)
