"""The kernels for textures and layers as functions on arrays.

Each has the arguments and the result of the function that it stands for. They may only be called where there is a
library.
"""

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.core.arrays import FloatImage, Rgb
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
from pipeline.masks.compiled.inputs import (
    Gradient,
    LightTables,
    PleatedRows,
    PleatNumbers,
    RepeatingTile,
    SoftPlanes,
    Texels,
    ToneNumbers,
    Tones,
)
from pipeline.masks.compiled.library import LIBRARY

_ARGUMENTS: dict[str, list[Any]] = {
    "scaled": [AT, AT, LONG, INT, AT],
    "lay": [AT, LONG, AT, AT, INT, INT],
    "with_under": [AT, AT, AT, LONG, AT],
    "grained": [AT, AT, LONG, FLOAT, INT, INT, AT, AT],
    "rows_between": [AT, LONG, LONG, AT, AT, LONG, AT],
    "round_cornered": [AT, AT, FLOAT, FLOAT, INT, INT, AT],
    "cell_light": [AT, INT, INT, AT, AT, AT, AT],
    "sampled": [AT, INT, INT, *[DOUBLE] * 6, INT, INT, INT, AT, AT],
    "tiled": [AT, INT, AT, AT, INT, INT, AT, AT],
    "shrunk": [AT, INT, AT, INT, AT, AT],
    "seen_by_camera": [AT, INT, INT, AT, AT, INT, INT, INT, INT, AT],
    "blended": [AT, LONG, AT, AT, AT, AT, AT, INT, INT, INT, AT],
    "lit_texels": [AT] * 9 + [LONG] + [FLOAT] * 7 + [AT],
    "quantile": [AT, LONG, DOUBLE],
    "flattening": [AT, AT, AT, AT, INT, INT, INT, DOUBLE, AT],
    "pleated": [AT] * 4 + [INT, INT] + [FLOAT] * 10 + [AT],
    "toned": [AT] * 5 + [INT, INT] + [FLOAT] * 9 + [AT],
    "can_fuse": [],
}
_KERNELS = declared(LIBRARY, _ARGUMENTS, of_float=("quantile", "flattening"))


_AVX2, _FMA3, _AVX512 = 11, 12, 256
"""As OpenCV counts what processors can; it has names for them in C++ only."""


def _fused_at_once() -> int:
    """In how many numbers at once OpenCV rounds a product and a sum together; 0 where it doesn't, or a kernel can't."""
    able = cv2.checkHardwareSupport(_AVX2) and cv2.checkHardwareSupport(_FMA3)
    if not (able and LIBRARY and LIBRARY.can_fuse()):
        return 0
    return 16 if cv2.checkHardwareSupport(_AVX512) else 8


FUSED_AT_ONCE = _fused_at_once()


def scaled(image: FloatImage, plane: FloatImage) -> FloatImage:
    """See the function in NumPy."""
    image, plane = floats(image), floats(plane)
    height, width = size(image, plane)
    out = np.empty_like(image)
    _KERNELS.scaled(address(image), address(plane), height * width, image.shape[2], address(out))
    return out


def lay(image: FloatImage, colour: NDArray[np.floating], share: FloatImage) -> None:
    """See the function in NumPy."""
    if image.dtype != np.float32 or image.strides[1:] != (12, 4):
        raise ValueError(f"{image.dtype} pixels {image.strides} bytes apart: float32 pixels side by side are needed")
    colour, share = floats(colour), floats(share)
    height, width = size(share, image)
    _KERNELS.lay(address(image), image.strides[0] // 4, address(share), address(colour), width, height)


def with_under(above: FloatImage, opacity: FloatImage, colour: NDArray[np.floating]) -> FloatImage:
    """See the function in NumPy."""
    above, opacity, colour = floats(above), floats(opacity), floats(colour)
    height, width = size(above, opacity)
    out = np.empty_like(above)
    layers = address(above), address(opacity), address(colour)
    _KERNELS.with_under(*layers, height * width, address(out))
    return out


def grained(layer: FloatImage, grain: FloatImage, strength: float) -> tuple[FloatImage, FloatImage]:
    """See the function in NumPy."""
    layer = floats(layer)
    if grain.dtype != np.float32 or grain.strides[1] != 4:
        grain = floats(grain)
    height, width = size(layer, grain)
    light, alpha = np.empty((height, width, 3), dtype=np.float32), np.empty((height, width), dtype=np.float32)
    field = address(grain), grain.strides[0] // 4
    _KERNELS.grained(address(layer), *field, strength, width, height, address(light), address(alpha))
    return light, alpha


def rows_between(rows: FloatImage, above: NDArray[np.int32], share: NDArray[np.float32]) -> FloatImage:
    """See the function in NumPy."""
    rows, share, above = floats(rows), floats(share), np.ascontiguousarray(above, dtype=np.int32)
    if len(above) and not 0 <= above.min() <= above.max() < len(rows):
        raise ValueError(f"rows {above.min()} to {above.max()} of {len(rows)}")
    out = np.empty((len(above), rows.shape[1]), dtype=np.float32)
    places = address(above), address(share), len(above)
    _KERNELS.rows_between(address(rows), *rows.shape, *places, address(out))
    return out


def round_cornered(side_mm: FloatImage, end_mm: FloatImage, radius_mm: float, softness_mm: float) -> FloatImage:
    """See the function in NumPy."""
    side_mm, end_mm = floats(side_mm), floats(end_mm)
    out = np.empty((end_mm.size, side_mm.size), dtype=np.float32)
    lines = address(side_mm), address(end_mm)
    _KERNELS.round_cornered(*lines, radius_mm, softness_mm, side_mm.size, end_mm.size, address(out))
    return out


def cell_light(
    camera: NDArray[np.float64], light: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """See the function in NumPy."""
    camera, light = doubles(camera), doubles(light)
    rows, columns = camera.shape[:2]
    lit, along, down = (np.empty((rows - 1, columns - 1)) for _ in range(3))
    _KERNELS.cell_light(address(camera), rows, columns, address(light), address(lit), address(along), address(down))
    return lit, along, down


def sampled(tile: RepeatingTile, matrix: Sequence[float], size: tuple[int, int]) -> FloatImage:
    """See the function in NumPy."""
    values = floats(tile.values)
    width, height = size
    out, room = np.empty((height, width), dtype=np.float32), np.empty((2, width), dtype=np.int32)
    texture = width, height, FUSED_AT_ONCE, address(room), address(out)
    _KERNELS.sampled(address(values), len(values), tile.times, *matrix, *texture)
    return out


def tiled(tile: FloatImage, matrix: NDArray[np.float64], size: tuple[int, int], times: tuple[int, int]) -> FloatImage:
    """See the function in NumPy."""
    tile, matrix = floats(tile), np.ascontiguousarray(matrix, dtype=np.float64)
    width, height = size
    out, room = np.empty((height, width, 3), dtype=np.float32), np.empty((2, width), dtype=np.int32)
    wrapped = np.arange(max(times) * len(tile), dtype=np.int32) % len(tile)
    places = address(tile), len(tile), address(wrapped), address(matrix)
    _KERNELS.tiled(*places, width, height, address(room), address(out))
    return out


def shrunk(index: NDArray[np.uint8], palette: FloatImage, side: int) -> FloatImage:
    """See the function in NumPy."""
    index, palette = np.ascontiguousarray(index), floats(palette)
    rows, out = np.empty((len(index), side, 3), dtype=np.float32), np.empty((side, side, 3), dtype=np.float32)
    picture = address(index), len(index), address(palette)
    if not _KERNELS.shrunk(*picture, side, address(rows), address(out)):
        raise MemoryError(f"no room to shrink a print to {side} texels")
    return out


def seen_by_camera(
    shaded: FloatImage, xy: NDArray[np.float32], depth: NDArray[np.float32], width: int, height: int
) -> FloatImage:
    """See the function in NumPy."""
    shaded, xy, depth = floats(shaded), floats(xy), floats(depth)
    body = np.zeros((height, width, 4), dtype=np.float32)
    texture = address(shaded), shaded.shape[1], shaded.shape[0]
    grid = address(xy), address(depth), xy.shape[0], xy.shape[1]
    if not _KERNELS.seen_by_camera(*texture, *grid, width, height, address(body)):
        raise MemoryError(f"no room to draw {width} x {height} px")
    return body


def blended(window: Rgb, light: FloatImage, alpha: FloatImage, shade: FloatImage, tables: LightTables) -> Rgb:
    """See the function in NumPy."""
    window, light, alpha, shade = pixels(window), floats(light), floats(alpha), floats(shade)
    height, width = size(alpha, light, shade, window)
    out = np.empty((height, width, 3), dtype=np.uint8)
    layer = address(light), address(alpha), address(shade)
    codes = address(tables.linear), address(tables.codes), tables.steps
    _KERNELS.blended(address(window), window.strides[0], *layer, *codes, width, height, address(out))
    return out


def lit_texels(texels: Texels, tones: Tones) -> FloatImage:
    """See the function in NumPy."""
    planes = [floats(plane) for plane in texels]
    height, width = size(*planes)
    out = np.empty((height, width, 4), dtype=np.float32)
    _KERNELS.lit_texels(*(address(plane) for plane in planes), height * width, *tones, address(out))
    return out


def quantile32(values: NDArray[np.float32], share: float) -> float:
    """See the function in NumPy."""
    room = np.array(values, dtype=np.float32, order="C")
    if not room.size:
        raise IndexError("no values to take a quantile of")
    return float(_KERNELS.quantile(address(room), room.size, share))


def flattening(gradient: Gradient, blurred: Gradient, every: int, share: float) -> float:
    """See the function in NumPy."""
    planes = [floats(plane) for plane in (*gradient, *blurred)]
    height, width = size(*planes)
    room = np.empty(2 * height * width, dtype=np.float32)
    return float(_KERNELS.flattening(*(address(plane) for plane in planes), width, height, every, share, address(room)))


def pleated(rows: PleatedRows, pleats: PleatNumbers) -> FloatImage:
    """See the function in NumPy."""
    sway, u, v, bend = (floats(values) for values in rows)
    height, width = size(sway, np.empty((len(v), len(u))), np.empty((len(bend), len(u))))
    out = np.empty((height, width), dtype=np.float32)
    _KERNELS.pleated(address(sway), address(u), address(v), address(bend), width, height, *pleats, address(out))
    return out


def toned(planes: SoftPlanes, numbers: ToneNumbers) -> FloatImage:
    """See the function in NumPy."""
    soft, patches, glow, u, v = (floats(plane) for plane in planes)
    height, width = size(soft, patches, glow, np.empty((len(v), len(u), 0)))
    out = np.empty((height, width, 3), dtype=np.float32)
    _KERNELS.toned(
        address(soft), address(patches), address(glow), address(u), address(v), width, height, *numbers, address(out)
    )
    return out
