"""The kernels as functions on arrays, each with the arguments and the result of the function that it stands for.

They may only be called where there is a library.
"""

from collections.abc import Sequence
from ctypes import c_double, c_float, c_int, c_int64, c_void_p
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.core.arrays import FloatImage, Points, Rgb
from pipeline.masks.compiled.addresses import address as _at
from pipeline.masks.compiled.inputs import (
    FitNumbers,
    Gradient,
    Grid,
    HeadModel,
    LightTables,
    Outline,
    PleatedRows,
    PleatNumbers,
    RepeatingTile,
    SkinPoints,
    SoftPlanes,
    Tent,
    Texels,
    ToneNumbers,
    Tones,
)
from pipeline.masks.compiled.library import LIBRARY

_AT, _INT, _LONG, _FLOAT, _DOUBLE = c_void_p, c_int, c_int64, c_float, c_double
_ARGUMENTS: dict[str, list[Any]] = {
    "scaled": [_AT, _AT, _LONG, _INT, _AT],
    "lay": [_AT, _LONG, _AT, _AT, _INT, _INT],
    "with_under": [_AT, _AT, _AT, _LONG, _AT],
    "rows_between": [_AT, _LONG, _LONG, _AT, _AT, _LONG, _AT],
    "grained": [_AT, _AT, _LONG, _FLOAT, _INT, _INT, _AT, _AT],
    "round_cornered": [_AT, _AT, _FLOAT, _FLOAT, _INT, _INT, _AT],
    "cell_light": [_AT, _INT, _INT, _AT, _AT, _AT, _AT],
    "can_fuse": [],
    "sampled": [_AT, _INT, _INT, *[_DOUBLE] * 6, _INT, _INT, _INT, _AT, _AT],
    "tiled": [_AT, _INT, _AT, _AT, _INT, _INT, _AT, _AT],
    "shrunk": [_AT, _INT, _AT, _INT, _AT, _AT],
    "lit_texels": [_AT] * 9 + [_LONG] + [_FLOAT] * 7 + [_AT],
    "blended": [_AT, _LONG, _AT, _AT, _AT, _AT, _AT, _INT, _INT, _INT, _AT],
    "seen_skin": [_AT, _LONG, _INT, _INT, _AT, _AT, _INT, _AT, _DOUBLE, _DOUBLE, _AT, _AT, _AT],
    "quantile": [_AT, _LONG, _DOUBLE],
    "flattening": [_AT, _AT, _AT, _AT, _INT, _INT, _INT, _DOUBLE, _AT],
    "inside_photo": [_AT, _AT, _INT, _FLOAT, _FLOAT, _AT],
    "dark_lines": [_AT, _AT, _INT, _INT, _INT, _FLOAT, _FLOAT, _AT, _AT],
    "zone_colours": [_AT, _AT, _INT, _INT, _AT, _INT, _AT],
    "pleated": [_AT] * 4 + [_INT, _INT] + [_FLOAT] * 10 + [_AT],
    "toned": [_AT] * 5 + [_INT, _INT] + [_FLOAT] * 9 + [_AT],
    "outlined": [_DOUBLE] * 14 + [_AT, _AT, _INT, _INT, _AT, _AT],
    "tented": [_AT] * 5 + [_INT, _INT] + [_DOUBLE] * 3 + [_FLOAT, _INT, _FLOAT] + [_DOUBLE] * 6 + [_AT, _AT],
    "evenly_spaced": [_AT, _INT, _INT, _AT, _AT],
    "seen_by_camera": [_AT, _INT, _INT, _AT, _AT, _INT, _INT, _INT, _INT, _AT],
    "fitted": [_AT, _AT, _AT, _AT, _INT, _AT, _AT, _AT, _DOUBLE, _AT],
    "projected": [_AT, _AT, _INT, _AT, _DOUBLE, _AT, _AT, _AT, _AT, _AT],
    "harmonics": [_AT, _AT, _INT, _AT, _DOUBLE, _DOUBLE, _AT],
}
_KERNELS: Any = LIBRARY


_AVX2, _FMA3, _AVX512 = 11, 12, 256
"""As OpenCV counts what processors can; it has names for them in C++ only."""


def _fused_at_once() -> int:
    """In how many numbers at once OpenCV rounds a product and a sum together; 0 where it doesn't, or a kernel can't."""
    able = cv2.checkHardwareSupport(_AVX2) and cv2.checkHardwareSupport(_FMA3)
    if not (able and LIBRARY and LIBRARY.can_fuse()):
        return 0
    return 16 if cv2.checkHardwareSupport(_AVX512) else 8


FUSED_AT_ONCE = _fused_at_once()

for _name, _types in _ARGUMENTS.items() if LIBRARY else ():
    getattr(LIBRARY, _name).argtypes = _types
if LIBRARY:
    LIBRARY.quantile.restype = LIBRARY.flattening.restype = _FLOAT


def _floats(values: NDArray[np.floating]) -> NDArray[np.float32]:
    """The same numbers as the kernels read them: float32 without gaps."""
    return np.ascontiguousarray(values, dtype=np.float32)


def _doubles(values: NDArray[np.floating]) -> NDArray[np.float64]:
    """Likewise float64."""
    return np.ascontiguousarray(values, dtype=np.float64)


def _pixels(image: Rgb) -> Rgb:
    """The same picture with no gaps in a row."""
    return image if image.strides[1:] == (3, 1) else np.ascontiguousarray(image)


def _size(*images: NDArray[Any]) -> tuple[int, int]:
    """Height and width, which all of them must have: a kernel would read beyond a smaller one's end.

    Raises:
        ValueError: they differ.
    """
    sizes = {image.shape[:2] for image in images}
    if len(sizes) > 1:
        raise ValueError(f"images of different sizes: {sorted(sizes)}")
    height, width = sizes.pop()
    return height, width


def scaled(image: FloatImage, plane: FloatImage) -> FloatImage:
    """See the function in NumPy."""
    image, plane = _floats(image), _floats(plane)
    height, width = _size(image, plane)
    out = np.empty_like(image)
    _KERNELS.scaled(_at(image), _at(plane), height * width, image.shape[2], _at(out))
    return out


def lay(image: FloatImage, colour: NDArray[np.floating], share: FloatImage) -> None:
    """See the function in NumPy."""
    if image.dtype != np.float32 or image.strides[1:] != (12, 4):
        raise ValueError(f"{image.dtype} pixels {image.strides} bytes apart: float32 pixels side by side are needed")
    colour, share = _floats(colour), _floats(share)
    height, width = _size(share, image)
    _KERNELS.lay(_at(image), image.strides[0] // 4, _at(share), _at(colour), width, height)


def with_under(above: FloatImage, opacity: FloatImage, colour: NDArray[np.floating]) -> FloatImage:
    """See the function in NumPy."""
    above, opacity, colour = _floats(above), _floats(opacity), _floats(colour)
    height, width = _size(above, opacity)
    out = np.empty_like(above)
    layers = _at(above), _at(opacity), _at(colour)
    _KERNELS.with_under(*layers, height * width, _at(out))
    return out


def grained(layer: FloatImage, grain: FloatImage, strength: float) -> tuple[FloatImage, FloatImage]:
    """See the function in NumPy."""
    layer = _floats(layer)
    if grain.dtype != np.float32 or grain.strides[1] != 4:
        grain = _floats(grain)
    height, width = _size(layer, grain)
    light, alpha = np.empty((height, width, 3), dtype=np.float32), np.empty((height, width), dtype=np.float32)
    field = _at(grain), grain.strides[0] // 4
    _KERNELS.grained(_at(layer), *field, strength, width, height, _at(light), _at(alpha))
    return light, alpha


def rows_between(rows: FloatImage, above: NDArray[np.int32], share: NDArray[np.float32]) -> FloatImage:
    """See the function in NumPy."""
    rows, share, above = _floats(rows), _floats(share), np.ascontiguousarray(above, dtype=np.int32)
    if len(above) and not 0 <= above.min() <= above.max() < len(rows):
        raise ValueError(f"rows {above.min()} to {above.max()} of {len(rows)}")
    out = np.empty((len(above), rows.shape[1]), dtype=np.float32)
    places = _at(above), _at(share), len(above)
    _KERNELS.rows_between(_at(rows), *rows.shape, *places, _at(out))
    return out


def round_cornered(side_mm: FloatImage, end_mm: FloatImage, radius_mm: float, softness_mm: float) -> FloatImage:
    """See the function in NumPy."""
    side_mm, end_mm = _floats(side_mm), _floats(end_mm)
    out = np.empty((end_mm.size, side_mm.size), dtype=np.float32)
    lines = _at(side_mm), _at(end_mm)
    _KERNELS.round_cornered(*lines, radius_mm, softness_mm, side_mm.size, end_mm.size, _at(out))
    return out


def cell_light(
    camera: NDArray[np.float64], light: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """See the function in NumPy."""
    camera, light = _doubles(camera), _doubles(light)
    rows, columns = camera.shape[:2]
    lit, along, down = (np.empty((rows - 1, columns - 1)) for _ in range(3))
    _KERNELS.cell_light(_at(camera), rows, columns, _at(light), _at(lit), _at(along), _at(down))
    return lit, along, down


def sampled(tile: RepeatingTile, matrix: Sequence[float], size: tuple[int, int]) -> FloatImage:
    """See the function in NumPy."""
    values = _floats(tile.values)
    width, height = size
    out, room = np.empty((height, width), dtype=np.float32), np.empty((2, width), dtype=np.int32)
    texture = width, height, FUSED_AT_ONCE, _at(room), _at(out)
    _KERNELS.sampled(_at(values), len(values), tile.times, *matrix, *texture)
    return out


def tiled(tile: FloatImage, matrix: NDArray[np.float64], size: tuple[int, int], times: tuple[int, int]) -> FloatImage:
    """See the function in NumPy."""
    tile, matrix = _floats(tile), np.ascontiguousarray(matrix, dtype=np.float64)
    width, height = size
    out, room = np.empty((height, width, 3), dtype=np.float32), np.empty((2, width), dtype=np.int32)
    wrapped = np.arange(max(times) * len(tile), dtype=np.int32) % len(tile)
    places = _at(tile), len(tile), _at(wrapped), _at(matrix)
    _KERNELS.tiled(*places, width, height, _at(room), _at(out))
    return out


def shrunk(index: NDArray[np.uint8], palette: FloatImage, side: int) -> FloatImage:
    """See the function in NumPy."""
    index, palette = np.ascontiguousarray(index), _floats(palette)
    rows, out = np.empty((len(index), side, 3), dtype=np.float32), np.empty((side, side, 3), dtype=np.float32)
    picture = _at(index), len(index), _at(palette)
    if not _KERNELS.shrunk(*picture, side, _at(rows), _at(out)):
        raise MemoryError(f"no room to shrink a print to {side} texels")
    return out


def seen_by_camera(
    shaded: FloatImage, xy: NDArray[np.float32], depth: NDArray[np.float32], width: int, height: int
) -> FloatImage:
    """See the function in NumPy."""
    shaded, xy, depth = _floats(shaded), _floats(xy), _floats(depth)
    body = np.zeros((height, width, 4), dtype=np.float32)
    texture = _at(shaded), shaded.shape[1], shaded.shape[0]
    grid = _at(xy), _at(depth), xy.shape[0], xy.shape[1]
    if not _KERNELS.seen_by_camera(*texture, *grid, width, height, _at(body)):
        raise MemoryError(f"no room to draw {width} x {height} px")
    return body


def blended(window: Rgb, light: FloatImage, alpha: FloatImage, shade: FloatImage, tables: LightTables) -> Rgb:
    """See the function in NumPy."""
    window, light, alpha, shade = _pixels(window), _floats(light), _floats(alpha), _floats(shade)
    height, width = _size(alpha, light, shade, window)
    out = np.empty((height, width, 3), dtype=np.uint8)
    layer = _at(light), _at(alpha), _at(shade)
    codes = _at(tables.linear), _at(tables.codes), tables.steps
    _KERNELS.blended(_at(window), window.strides[0], *layer, *codes, width, height, _at(out))
    return out


def lit_texels(texels: Texels, tones: Tones) -> FloatImage:
    """See the function in NumPy."""
    planes = [_floats(plane) for plane in texels]
    height, width = _size(*planes)
    out = np.empty((height, width, 4), dtype=np.float32)
    _KERNELS.lit_texels(*(_at(plane) for plane in planes), height * width, *tones, _at(out))
    return out


def seen_skin(
    rgb: Rgb, points: SkinPoints, rotation: NDArray[np.float64], step: int, linear: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """See the function in NumPy."""
    rgb, xy, normals, rotation = _pixels(rgb), _floats(points.xy), _doubles(points.normals), _doubles(rotation)
    colours, turned = np.empty((len(xy), 3), dtype=np.float32), np.empty((len(xy), 3))
    photo = _at(rgb), rgb.strides[0], rgb.shape[1], rgb.shape[0]
    skin = _at(xy), _at(normals), len(xy), _at(rotation), step, points.facing
    seen = _KERNELS.seen_skin(*photo, *skin, _at(linear), _at(colours), _at(turned))
    return colours[:seen], turned[:seen]


def quantile32(values: NDArray[np.float32], share: float) -> float:
    """See the function in NumPy."""
    room = np.array(values, dtype=np.float32, order="C")
    if not room.size:
        raise IndexError("no values to take a quantile of")
    return float(_KERNELS.quantile(_at(room), room.size, share))


def flattening(gradient: Gradient, blurred: Gradient, every: int, share: float) -> float:
    """See the function in NumPy."""
    planes = [_floats(plane) for plane in (*gradient, *blurred)]
    height, width = _size(*planes)
    room = np.empty(2 * height * width, dtype=np.float32)
    return float(_KERNELS.flattening(*(_at(plane) for plane in planes), width, height, every, share, _at(room)))


def pleated(rows: PleatedRows, pleats: PleatNumbers) -> FloatImage:
    """See the function in NumPy."""
    sway, u, v, bend = (_floats(values) for values in rows)
    height, width = _size(sway, np.empty((len(v), len(u))), np.empty((len(bend), len(u))))
    out = np.empty((height, width), dtype=np.float32)
    _KERNELS.pleated(_at(sway), _at(u), _at(v), _at(bend), width, height, *pleats, _at(out))
    return out


def toned(planes: SoftPlanes, numbers: ToneNumbers) -> FloatImage:
    """See the function in NumPy."""
    soft, patches, glow, u, v = (_floats(plane) for plane in planes)
    height, width = _size(soft, patches, glow, np.empty((len(v), len(u), 0)))
    out = np.empty((height, width, 3), dtype=np.float32)
    _KERNELS.toned(_at(soft), _at(patches), _at(glow), _at(u), _at(v), width, height, *numbers, _at(out))
    return out


def outlined(outline: Outline, grid: Grid) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """See the function in NumPy."""
    u, v = _doubles(grid.u), _doubles(grid.v)
    azimuth, y = np.empty((len(v), len(u))), np.empty((len(v), len(u)))
    _KERNELS.outlined(*outline, _at(u), _at(v), *azimuth.shape, _at(azimuth), _at(y))
    return azimuth, y


def tented(
    skin: FloatImage, azimuth: NDArray[np.float64], y: NDArray[np.float64], tent: Tent, grid: Grid
) -> NDArray[np.float64]:
    """See the function in NumPy."""
    skin, azimuth, y, u, v = _floats(skin), _doubles(azimuth), _doubles(y), _doubles(grid.u), _doubles(grid.v)
    rows, columns = _size(skin, azimuth, y, np.empty((len(v), len(u), 0)))
    room, points = np.empty(3 * skin.size, dtype=np.float32), np.empty((rows, columns, 3))
    sheet = _at(skin), _at(azimuth), _at(y), _at(u), _at(v), rows, columns
    _KERNELS.tented(*sheet, *tent, _at(room), _at(points))
    return points


def evenly_spaced(surface: NDArray[np.float64]) -> NDArray[np.float64]:
    """See the function in NumPy."""
    surface = np.ascontiguousarray(surface)
    rows, columns = surface.shape[:2]
    out, room = np.empty_like(surface), np.empty(surface.size + max(rows, columns))
    _KERNELS.evenly_spaced(_at(surface), rows, columns, _at(room), _at(out))
    return out


def fitted(landmarks: Points, model: HeadModel, hold: NDArray[np.float64], flat: float) -> NDArray[np.float64]:
    """See the function in NumPy."""
    landmarks, numbers = _floats(landmarks), np.empty(151)
    paths = _at(model.jaw_paths), _at(model.jaw_points), model.jaw_paths.shape[1]
    solvers = _at(model.pose_solver), _at(model.warp_weights)
    _KERNELS.fitted(_at(landmarks), _at(model.landmarks), *paths, *solvers, _at(hold), flat, _at(numbers))
    return numbers


def projected(
    points: NDArray[np.float64], nearness: NDArray[np.float32], fit: FitNumbers
) -> tuple[Points, NDArray[np.float64]]:
    """See the function in NumPy."""
    points, nearness = _doubles(points), _floats(nearness)
    xy, camera = np.empty((len(points), 2), dtype=np.float32), np.empty((len(points), 3))
    rotation, *rest = [_doubles(array) for array in (fit.rotation, fit.stretch, fit.origin, fit.coefficients)]
    head = _at(rotation), fit.scale, *(_at(array) for array in rest)
    _KERNELS.projected(_at(points), _at(nearness), len(points), *head, _at(xy), _at(camera))
    return xy, camera


def harmonics(
    normals: NDArray[np.float64],
    brightness: NDArray[np.float32],
    expected: NDArray[np.float64],
    strength: float,
    tolerance: float,
) -> NDArray[np.float64]:
    """See the function in NumPy."""
    normals, brightness, solution = _doubles(normals), _floats(brightness), np.empty(4)
    samples = _at(normals), _at(brightness), len(normals)
    _KERNELS.harmonics(*samples, _at(expected), strength, tolerance, _at(solution))
    return solution


def inside_photo(x: FloatImage, y: FloatImage, width: int, height: int) -> NDArray[np.bool_]:
    """See the function in NumPy."""
    x, y = _floats(x), _floats(y)
    _size(x, y)
    inside = np.empty(x.shape, dtype=np.bool_)
    _KERNELS.inside_photo(_at(x), _at(y), x.size, width - 1, height - 1, _at(inside))
    return inside


def dark_lines(
    grey: NDArray[np.uint8], asked: NDArray[np.bool_], reach: int, darker: float, lightest: float
) -> NDArray[np.bool_] | None:
    """See the function in NumPy."""
    grey, asked = np.ascontiguousarray(grey), np.ascontiguousarray(asked)
    rows, columns = _size(grey, asked)
    room, dark = np.empty((2, rows, columns), dtype=np.uint8), np.empty((rows, columns), dtype=np.bool_)
    picture = _at(grey), _at(asked), rows, columns
    return dark if _KERNELS.dark_lines(*picture, reach, darker, lightest, _at(room), _at(dark)) else None


def zone_colours(
    lab: NDArray[np.uint8], seen: NDArray[np.bool_], zones: NDArray[np.int32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """See the function in NumPy."""
    lab, seen, zones = np.ascontiguousarray(lab), np.ascontiguousarray(seen), np.ascontiguousarray(zones)
    rows, columns = _size(lab, seen)
    found = np.empty((len(zones), 4), dtype=np.float32)
    _KERNELS.zone_colours(_at(lab), _at(seen), rows, columns, _at(zones), len(zones), _at(found))
    return found[:, :3], found[:, 3]
