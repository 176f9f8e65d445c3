"""A z-buffer over triangles, exact per pixel and free of any drawing library.

Points are in camera axes (x right, y down, z away) and millimetres; pixels have their centre at whole numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_CHUNK_PAIRS = 4_000_000


@dataclass(frozen=True)
class Fragments:
    """The nearest triangle of each pixel of an (H, W) picture.

    `triangle` is -1 where nothing was hit; `weights` (H, W, 3) are perspective-correct and sum to 1; `depth` is z in
    mm, infinite where nothing was hit.
    """

    triangle: Ints
    weights: Floats
    depth: Floats

    @property
    def hit(self) -> NDArray[np.bool_]:
        """Whether each pixel (H, W) shows a triangle."""
        return self.triangle >= 0


def project(points: Floats, camera: Floats) -> Floats:
    """Pixel positions (N, 2) of points (N, 3) before a pin-hole camera matrix (3, 3)."""
    homogeneous = points @ camera.T
    return np.asarray(homogeneous[:, :2] / homogeneous[:, 2:])


def rasterise(points: Floats, triangles: Ints, camera: Floats, shape: tuple[int, int]) -> Fragments:
    """Nearest triangle of each pixel; triangles (T, 3) index points (N, 3), all before the camera (z > 0)."""
    height, width = shape
    corners = project(points, camera)[triangles]
    inverse_depth = 1.0 / points[:, 2][triangles]
    low = np.maximum(np.ceil(corners.min(axis=1)), 0).astype(np.int64)
    high = np.minimum(np.floor(corners.max(axis=1)), [width - 1, height - 1]).astype(np.int64)
    size = np.maximum(high - low + 1, 0)
    area = _cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    pairs = np.where(np.abs(area) > 1e-9, size[:, 0] * size[:, 1], 0)
    depth = np.full(height * width, np.inf)
    triangle = np.full(height * width, -1, dtype=np.int64)
    weights = np.zeros((height * width, 3))
    for start, stop in _chunks(pairs):
        owner = np.repeat(np.arange(start, stop), pairs[start:stop])
        step = np.arange(len(owner)) - np.repeat(np.cumsum(pairs[start:stop]) - pairs[start:stop], pairs[start:stop])
        columns = low[owner, 0] + step % np.maximum(size[owner, 0], 1)
        rows = low[owner, 1] + step // np.maximum(size[owner, 0], 1)
        flat = _barycentric(np.stack([columns, rows], axis=1), corners[owner], area[owner])
        inside = (flat >= 0).all(axis=1)
        owner, flat, pixel = owner[inside], flat[inside], (rows * width + columns)[inside]
        straight = flat * inverse_depth[owner]
        total = straight.sum(axis=1)
        order = np.argsort(total, kind="stable")
        owner, pixel, near = owner[order], pixel[order], 1.0 / total[order]
        closer = near < depth[pixel]
        owner, pixel, near, kept = owner[closer], pixel[closer], near[closer], order[closer]
        depth[pixel] = near
        triangle[pixel] = owner
        weights[pixel] = straight[kept] / total[kept, None]
    return Fragments(triangle.reshape(shape), weights.reshape(height, width, 3), depth.reshape(shape))


def interpolate(fragments: Fragments, triangles: Ints, values: Floats) -> Floats:
    """Values (N, C) of the points, interpolated to (H, W, C); zero where nothing was hit."""
    picture = np.zeros((*fragments.triangle.shape, values.shape[1]))
    hit = fragments.hit
    corners = values[triangles[fragments.triangle[hit]]]
    picture[hit] = np.einsum("nk,nkc->nc", fragments.weights[hit], corners)
    return picture


def vertex_normals(points: Floats, triangles: Ints) -> Floats:
    """Unit normals (N, 3), weighted by area; they follow the winding of the triangles."""
    corners = points[triangles]
    faces = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals = np.zeros_like(points)
    for corner in range(3):
        np.add.at(normals, triangles[:, corner], faces)
    return np.asarray(normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12))


def quads_to_triangles(quads: Ints) -> Ints:
    """Two triangles (2F, 3) of each quad (F, 4), winding kept."""
    return np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])


def _cross(first: Floats, second: Floats) -> Floats:
    return np.asarray(first[..., 0] * second[..., 1] - first[..., 1] * second[..., 0])


def _barycentric(pixels: Ints, corners: Floats, area: Floats) -> Floats:
    edges = [
        _cross(corners[:, (k + 2) % 3] - corners[:, (k + 1) % 3], pixels - corners[:, (k + 1) % 3]) for k in range(3)
    ]
    return np.stack(edges, axis=1) / area[:, None]


def _chunks(pairs: Ints) -> list[tuple[int, int]]:
    """Ranges of triangles whose candidate pixels fit in memory together."""
    steps = np.cumsum(pairs) // _CHUNK_PAIRS
    cuts = [0, *(np.flatnonzero(np.diff(steps)) + 1).tolist(), len(pairs)]
    return list(pairwise(cuts))
