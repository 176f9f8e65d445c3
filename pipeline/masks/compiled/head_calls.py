"""The kernels for a head, its light and what stands before it, as functions on arrays.

Each has the arguments and the result of the function that it stands for. They may only be called where there is a
library.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.core.arrays import FloatImage, Points, Rgb
from pipeline.core.handing import (
    AT,
    DOUBLE,
    FLOAT,
    INT,
    LONG,
    address,
    declared,
    doubles,
    floats,
    pixels,
    size,
)
from pipeline.masks.compiled.inputs import FitNumbers, Grid, HeadModel, Outline, SkinPoints, Tent
from pipeline.masks.compiled.library import LIBRARY

_ARGUMENTS: dict[str, list[Any]] = {
    "seen_skin": [AT, LONG, INT, INT, AT, AT, INT, AT, DOUBLE, DOUBLE, AT, AT, AT],
    "outlined": [DOUBLE] * 14 + [AT, AT, INT, INT, AT, AT],
    "tented": [AT] * 5 + [INT, INT] + [DOUBLE] * 3 + [FLOAT, INT, FLOAT] + [DOUBLE] * 6 + [AT, AT],
    "evenly_spaced": [AT, INT, INT, AT, AT],
    "fitted": [AT, AT, AT, AT, INT, AT, AT, AT, DOUBLE, AT],
    "projected": [AT, AT, INT, AT, DOUBLE, AT, AT, AT, AT, AT],
    "harmonics": [AT, AT, INT, AT, DOUBLE, DOUBLE, AT],
    "inside_photo": [AT, AT, INT, FLOAT, FLOAT, AT],
    "dark_lines": [AT, AT, INT, INT, INT, FLOAT, FLOAT, AT, AT],
    "zone_colours": [AT, AT, INT, INT, AT, INT, AT],
}
_KERNELS = declared(LIBRARY, _ARGUMENTS)


def seen_skin(
    rgb: Rgb, points: SkinPoints, rotation: NDArray[np.float64], step: int, linear: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """See the function in NumPy."""
    rgb, xy, normals, rotation = pixels(rgb), floats(points.xy), doubles(points.normals), doubles(rotation)
    colours, turned = np.empty((len(xy), 3), dtype=np.float32), np.empty((len(xy), 3))
    photo = address(rgb), rgb.strides[0], rgb.shape[1], rgb.shape[0]
    skin = address(xy), address(normals), len(xy), address(rotation), step, points.facing
    seen = _KERNELS.seen_skin(*photo, *skin, address(linear), address(colours), address(turned))
    return colours[:seen], turned[:seen]


def outlined(outline: Outline, grid: Grid) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """See the function in NumPy."""
    u, v = doubles(grid.u), doubles(grid.v)
    azimuth, y = np.empty((len(v), len(u))), np.empty((len(v), len(u)))
    _KERNELS.outlined(*outline, address(u), address(v), *azimuth.shape, address(azimuth), address(y))
    return azimuth, y


def tented(
    skin: FloatImage, azimuth: NDArray[np.float64], y: NDArray[np.float64], tent: Tent, grid: Grid
) -> NDArray[np.float64]:
    """See the function in NumPy."""
    skin, azimuth, y, u, v = floats(skin), doubles(azimuth), doubles(y), doubles(grid.u), doubles(grid.v)
    rows, columns = size(skin, azimuth, y, np.empty((len(v), len(u), 0)))
    room, points = np.empty(3 * skin.size, dtype=np.float32), np.empty((rows, columns, 3))
    sheet = address(skin), address(azimuth), address(y), address(u), address(v), rows, columns
    _KERNELS.tented(*sheet, *tent, address(room), address(points))
    return points


def evenly_spaced(surface: NDArray[np.float64]) -> NDArray[np.float64]:
    """See the function in NumPy."""
    surface = np.ascontiguousarray(surface)
    rows, columns = surface.shape[:2]
    out, room = np.empty_like(surface), np.empty(surface.size + max(rows, columns))
    _KERNELS.evenly_spaced(address(surface), rows, columns, address(room), address(out))
    return out


def fitted(landmarks: Points, model: HeadModel, hold: NDArray[np.float64], flat: float) -> NDArray[np.float64]:
    """See the function in NumPy."""
    landmarks, numbers = floats(landmarks), np.empty(151)
    paths = address(model.jaw_paths), address(model.jaw_points), model.jaw_paths.shape[1]
    solvers = address(model.pose_solver), address(model.warp_weights)
    _KERNELS.fitted(
        address(landmarks), address(model.landmarks), *paths, *solvers, address(hold), flat, address(numbers)
    )
    return numbers


def projected(
    points: NDArray[np.float64], nearness: NDArray[np.float32], fit: FitNumbers
) -> tuple[Points, NDArray[np.float64]]:
    """See the function in NumPy."""
    points, nearness = doubles(points), floats(nearness)
    xy, camera = np.empty((len(points), 2), dtype=np.float32), np.empty((len(points), 3))
    rotation, *rest = [doubles(array) for array in (fit.rotation, fit.stretch, fit.origin, fit.coefficients)]
    head = address(rotation), fit.scale, *(address(array) for array in rest)
    _KERNELS.projected(address(points), address(nearness), len(points), *head, address(xy), address(camera))
    return xy, camera


def harmonics(
    normals: NDArray[np.float64],
    brightness: NDArray[np.float32],
    expected: NDArray[np.float64],
    strength: float,
    tolerance: float,
) -> NDArray[np.float64]:
    """See the function in NumPy."""
    normals, brightness, solution = doubles(normals), floats(brightness), np.empty(4)
    samples = address(normals), address(brightness), len(normals)
    _KERNELS.harmonics(*samples, address(expected), strength, tolerance, address(solution))
    return solution


def inside_photo(x: FloatImage, y: FloatImage, width: int, height: int) -> NDArray[np.bool_]:
    """See the function in NumPy."""
    x, y = floats(x), floats(y)
    size(x, y)
    inside = np.empty(x.shape, dtype=np.bool_)
    _KERNELS.inside_photo(address(x), address(y), x.size, width - 1, height - 1, address(inside))
    return inside


def dark_lines(
    grey: NDArray[np.uint8], asked: NDArray[np.bool_], reach: int, darker: float, lightest: float
) -> NDArray[np.bool_] | None:
    """See the function in NumPy."""
    grey, asked = np.ascontiguousarray(grey), np.ascontiguousarray(asked)
    rows, columns = size(grey, asked)
    room, dark = np.empty((2, rows, columns), dtype=np.uint8), np.empty((rows, columns), dtype=np.bool_)
    picture = address(grey), address(asked), rows, columns
    return dark if _KERNELS.dark_lines(*picture, reach, darker, lightest, address(room), address(dark)) else None


def zone_colours(
    lab: NDArray[np.uint8], seen: NDArray[np.bool_], zones: NDArray[np.int32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """See the function in NumPy."""
    lab, seen, zones = np.ascontiguousarray(lab), np.ascontiguousarray(seen), np.ascontiguousarray(zones)
    rows, columns = size(lab, seen)
    found = np.empty((len(zones), 4), dtype=np.float32)
    _KERNELS.zone_colours(address(lab), address(seen), rows, columns, address(zones), len(zones), address(found))
    return found[:, :3], found[:, 3]
