"""The shape of a mask: a grid of points in canonical head coordinates, tented over the head."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.arrays import FloatImage
from pipeline.masks.head import CanonicalHead, from_cylinder, sample_field

ROWS, COLUMNS = 15, 17
_FULL_TAUTNESS_STEPS = 40


@dataclass(frozen=True, slots=True)
class Shape:
    """A mask's outline and its height above the face. Millimetres and degrees in canonical head coordinates.

    The top edge runs from `top_centre_mm` on the nose ridge to `top_side_mm` at the sides as |u|^`top_curve`, the
    bottom edge likewise; y grows downwards (nose tip 36, mouth 70, chin 108). The sides stand at `side_top_deg` and
    `side_bottom_deg` of azimuth (ear 100), pushed out between the corners by `side_bulge_deg`.

    `tautness` 0 lets the sheet lie on the skin, 1 stretches it from ridge to ridge like a membrane. On it stands
    `protrusion_mm` x (1 - |u|^`across_power`)^`across_round` x profile(v)^`profile_power`, where the profile rises to 1
    at `peak_start` and falls from `peak_end`: equal values make a beak, distant ones a flat front.
    """

    top_centre_mm: float
    top_side_mm: float
    top_curve: float
    bottom_centre_mm: float
    bottom_side_mm: float
    bottom_curve: float
    side_top_deg: float
    side_bottom_deg: float
    side_bulge_deg: float
    clearance_mm: float
    tautness: float
    edge_gap_mm: float
    protrusion_mm: float
    across_power: float
    across_round: float
    peak_start: float
    peak_end: float
    profile_power: float
    shift_deg: float = 0.0
    tilt_mm: float = 0.0


@lru_cache(maxsize=1)
def grid_coordinates() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """`u` in [-1, 1] from the viewer's left to right and `v` in [0, 1] from top to bottom, both `(ROWS, COLUMNS)`."""
    v, u = np.mgrid[0 : 1 : ROWS * 1j, -1 : 1 : COLUMNS * 1j]
    return u, v


def build_surface(
    shape: Shape, head: CanonicalHead, placed: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None
) -> NDArray[np.float64]:
    """Points `(ROWS, COLUMNS, 3)` of the mask in canonical head coordinates.

    `placed` is the azimuth and y of each grid point where something else than `place_outline` says so.
    """
    azimuth, y = placed or place_outline(shape)
    skin = sample_field(head.radius, azimuth, y)
    radius = _stretch(skin + shape.clearance_mm, shape.tautness, shape.edge_gap_mm) + _protrusion(shape)
    return from_cylinder(azimuth, y, radius)


def place_outline(shape: Shape) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Azimuth in degrees and y in mm of each grid point."""
    u, v = grid_coordinates()
    across = np.abs(u)
    top = shape.top_centre_mm + (shape.top_side_mm - shape.top_centre_mm) * across**shape.top_curve
    bottom = shape.bottom_centre_mm + (shape.bottom_side_mm - shape.bottom_centre_mm) * across**shape.bottom_curve
    side = shape.side_top_deg + (shape.side_bottom_deg - shape.side_top_deg) * v
    side = side + shape.side_bulge_deg * 4 * v * (1 - v)
    return u * side + shape.shift_deg, top + (bottom - top) * v + shape.tilt_mm * u


def _stretch(obstacle: FloatImage, tautness: float, edge_gap_mm: float) -> NDArray[np.float64]:
    """A membrane over the obstacle by projected Jacobi steps; the rim stays on the skin, sides off it by the gap."""
    rest = obstacle.copy()
    rest[:, [0, -1]] += edge_gap_mm
    sheet = rest.copy()
    for _ in range(round(_FULL_TAUTNESS_STEPS * tautness)):
        sheet = np.maximum(rest, cv2.blur(sheet, (3, 3), borderType=cv2.BORDER_REFLECT_101))
        sheet[0], sheet[-1], sheet[:, 0], sheet[:, -1] = rest[0], rest[-1], rest[:, 0], rest[:, -1]
    return sheet.astype(np.float64)


def _protrusion(shape: Shape) -> NDArray[np.float64]:
    u, v = grid_coordinates()
    across = np.maximum(1 - np.abs(u) ** shape.across_power, 0) ** shape.across_round
    rise = np.minimum(v / shape.peak_start, (1 - v) / (1 - shape.peak_end))
    return np.asarray(shape.protrusion_mm * across * np.clip(rise, 0, 1) ** shape.profile_power)
