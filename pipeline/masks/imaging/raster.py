"""From a posed grid of vertices to texture coordinates for each pixel."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.core.arrays import FloatImage, Points

_SUBPIXEL_BITS = 4


@dataclass(frozen=True, slots=True)
class TextureMap:
    """Where each pixel of a window looks into a texture.

    Attributes:
        u: `float32 (H, W)`, column coordinate in [0, 1]; meaningless where nothing covers the pixel.
        v: `float32 (H, W)`, row coordinate in [0, 1].
        covered: `bool (H, W)`.
    """

    u: FloatImage
    v: FloatImage
    covered: NDArray[np.bool_]


def rasterise_grid(points_xy: NDArray[np.float32], depth: NDArray[np.float32], width: int, height: int) -> TextureMap:
    """Draw the front-facing triangles of a grid, far ones first, and invert the map from texture to pixels.

    `points_xy` is `(R, C, 2)` in pixels of the window, `depth` `(R, C)` growing away from the viewer. The grid's rows
    run downwards and its columns to the viewer's right when it faces the viewer; triangles that turn away are left out.
    """
    corners = _triangles(points_xy.shape[0], points_xy.shape[1])
    xy = points_xy.reshape(-1, 2)[corners]
    edges = xy[:, 1:] - xy[:, :1]
    doubled_area = edges[:, 0, 0] * edges[:, 1, 1] - edges[:, 0, 1] * edges[:, 1, 0]
    order = np.argsort(-depth.reshape(-1)[corners].mean(axis=1), kind="stable")
    order = order[doubled_area[order] > 1e-3]
    triangle_of = _draw_ids(xy, order, width, height)
    grid_uv = _grid_uv(points_xy.shape[0], points_xy.shape[1])[corners]
    return _interpolate(triangle_of, _affine_rows(xy, grid_uv, edges, doubled_area))


@lru_cache(maxsize=4)
def _triangles(rows: int, columns: int) -> NDArray[np.int64]:
    index = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = (part.ravel() for part in (index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]))
    return np.concatenate([np.stack([a, b, c], axis=1), np.stack([a, c, d], axis=1)])


@lru_cache(maxsize=4)
def _grid_uv(rows: int, columns: int) -> Points:
    v, u = np.mgrid[0 : 1 : rows * 1j, 0 : 1 : columns * 1j]
    return np.stack([u, v], axis=-1).reshape(-1, 2).astype(np.float32)


def _draw_ids(xy: NDArray[np.float32], order: NDArray[np.int64], width: int, height: int) -> NDArray[np.int32]:
    ids = np.zeros((height, width), dtype=np.int32)
    fixed = np.rint(xy * (1 << _SUBPIXEL_BITS)).astype(np.int32)
    for triangle, points in zip(order.tolist(), fixed[order], strict=True):
        cv2.fillConvexPoly(ids, points, triangle + 1, cv2.LINE_8, _SUBPIXEL_BITS)
    return ids


def _affine_rows(
    xy: NDArray[np.float32], uv: NDArray[np.float32], edges: NDArray[np.float32], doubled_area: NDArray[np.float32]
) -> NDArray[np.float32]:
    """`(6, T + 1)`: u = r0 x + r1 y + r2 and v = r3 x + r4 y + r5 in each triangle; the first is for no triangle."""
    area = np.where(np.abs(doubled_area) < 1e-6, 1e-6, doubled_area)[:, None]
    step = uv[:, 1:] - uv[:, :1]
    by_x = (step[:, 0] * edges[:, 1, 1:] - step[:, 1] * edges[:, 0, 1:]) / area
    by_y = (step[:, 1] * edges[:, 0, :1] - step[:, 0] * edges[:, 1, :1]) / area
    constant = uv[:, 0] - by_x * xy[:, 0, :1] - by_y * xy[:, 0, 1:]
    rows = np.zeros((2, 3, len(xy) + 1), dtype=np.float32)
    rows[:, 0, 1:], rows[:, 1, 1:], rows[:, 2, 1:] = by_x.T, by_y.T, constant.T
    return rows.reshape(6, -1)


def _interpolate(triangle_of: NDArray[np.int32], rows: NDArray[np.float32]) -> TextureMap:
    x = np.arange(triangle_of.shape[1], dtype=np.float32)[None, :]
    y = np.arange(triangle_of.shape[0], dtype=np.float32)[:, None]
    index = triangle_of.astype(np.intp)
    planes = [row.take(index, mode="clip") for row in rows]
    u, v = (_held_sum(x, y, *planes[first : first + 3]) for first in (0, 3))
    return TextureMap(u, v, covered=triangle_of > 0)


def _held_sum(x: FloatImage, y: FloatImage, by_x: FloatImage, by_y: FloatImage, constant: FloatImage) -> FloatImage:
    """`by_x x + by_y y + constant` held to [0, 1]; the planes are used up."""
    by_x *= x
    by_y *= y
    by_x += by_y
    by_x += constant
    return np.asarray(np.clip(by_x, 0, 1, out=by_x))
