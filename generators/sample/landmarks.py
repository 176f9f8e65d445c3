"""Where the 68 iBUG/dlib points and the named anchors lie on the MakeHuman base mesh.

A point is a weighted sum of mesh vertices, so it follows any morph target. Points of the viewer's right half (x > 0)
and of the middle line are written down; the left half is their mirror image.

The order is dlib's: 0-16 jaw, 17-26 brows, 27-30 nose ridge, 31-35 nostril base, 36-47 eyes, 48-67 mouth (Sagonas et
al., "300 Faces in-the-Wild Challenge", 2013).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LANDMARK_COUNT = 68
SELLION = 27

# Index of each point's left-right twin.
_JAW_TO_NOSE = (*range(16, -1, -1), *range(26, 16, -1), *range(27, 31), *range(35, 30, -1))
_EYES = (*range(45, 41, -1), 47, 46, *range(39, 35, -1), 41, 40)
_MOUTH = (*range(54, 47, -1), *range(59, 54, -1), *range(64, 59, -1), 67, 66, 65)
MIRROR_TWIN = np.array(_JAW_TO_NOSE + _EYES + _MOUTH)

# Points that are features of the mesh: lid margins, lip borders, nose.
_ON_VERTICES: Mapping[int, Mapping[int, float]] = {
    27: {132: 1.0},
    28: {135: 0.35, 131: 0.65},
    29: {164: 0.55, 201: 0.45},
    30: {5054: 1.0},
    33: {343: 1.0},
    34: {7077: 1.0},
    35: {7055: 1.0},
    42: {13365: 1.0},
    43: {13359: 1.0},
    44: {13353: 1.0},
    45: {13377: 1.0},
    46: {13372: 1.0},
    47: {13368: 1.0},
    51: {467: 1.0},
    52: {7220: 0.5, 7217: 0.5},
    53: {7207: 1.0},
    54: {7182: 1.0},
    55: {7166: 1.0},
    56: {7241: 0.8, 11939: 0.2},
    57: {492: 1.0},
    62: {474: 1.0},
    63: {7228: 0.4, 7227: 0.6},
    64: {10403: 1.0},
    65: {7242: 0.65, 7236: 0.35},
    66: {493: 1.0},
}

# Points on smooth skin, as the nearest skin to these places (mm, canonical frame). The picture-plane part is the mean
# of dlib's own points on frontal photographs; the depth of the jaw line is where a face turns into the side of the
# head.
_ON_SKIN: Mapping[int, tuple[float, float, float]] = {
    22: (10.8, -12.5, -1.0),
    23: (22.7, -17.0, 1.0),
    24: (35.2, -18.5, 5.0),
    25: (48.4, -16.0, 13.0),
    26: (59.3, -7.5, 23.0),
    8: (0.0, 115.4, 9.3),
    9: (17.5, 112.5, 13.0),
    10: (33.0, 103.5, 26.0),
    11: (46.5, 91.0, 38.0),
    12: (57.0, 75.5, 46.0),
    13: (63.0, 58.0, 50.0),
    14: (66.5, 39.5, 52.0),
    15: (69.0, 21.0, 53.0),
    16: (70.5, 2.3, 55.0),
}

# Named points of the right half and the middle line: a vertex, or a place (mm) whose nearest skin is taken.
_ANCHORS: Mapping[str, int | tuple[float, float, float]] = {
    "ear_top_right": 12353,
    "ear_bottom_right": 12358,
    "ear_back_right": 12346,
    "tragus_right": 12213,
    "cheek_right": 11667,
    "jaw_angle_right": (62.0, 72.0, 68.0),
    "strap_upper_right": (75.0, -32.0, 85.0),
    "strap_lower_right": (62.0, 68.0, 92.0),
    "nose_tip": 5054,
    "subnasale": 343,
    "chin_tip": 733,
    "menton": 732,
    "throat": (0.0, 126.0, 63.0),
    "crown_back_upper": (0.0, -45.0, 210.0),
    "crown_back_lower": (0.0, 45.0, 210.0),
    "nape": (0.0, 75.0, 180.0),
}


@dataclass(frozen=True)
class SkinPoints:
    """Points as weighted vertices: `vertices` (K, 3) and `weights` (K, 3), weights sum to 1 a row."""

    vertices: Ints
    weights: Floats

    def on(self, mesh: Floats) -> Floats:
        """Positions (K, 3) on the mesh vertices (V, 3)."""
        return np.asarray(np.einsum("kn,knc->kc", self.weights, mesh[self.vertices]))


def closest_on_skin(place: Floats, mesh: Floats, triangles: Ints) -> tuple[Ints, Floats]:
    """Vertices (3,) and weights (3,) of the point of the triangles (T, 3) nearest to `place` (3,)."""
    corners = mesh[triangles]
    weights = _closest_weights(place, corners)
    nearest = np.einsum("tn,tnc->tc", weights, corners)
    best = int(np.argmin(((nearest - place) ** 2).sum(axis=1)))
    return triangles[best], weights[best]


def _closest_weights(place: Floats, corners: Floats) -> Floats:
    """Barycentric weights (T, 3) of the nearest point of each triangle: its inside, or else the best of its edges."""
    edge_u, edge_v, offset = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0], place - corners[:, 0]
    uu, uv, vv = (edge_u**2).sum(1), (edge_u * edge_v).sum(1), (edge_v**2).sum(1)
    ou, ov = (offset * edge_u).sum(1), (offset * edge_v).sum(1)
    scale = np.maximum(uu * vv - uv**2, 1e-12)
    second, third = (vv * ou - uv * ov) / scale, (uu * ov - uv * ou) / scale
    best = np.stack([1 - second - third, second, third], axis=1)
    outside = (best < 0).any(axis=1)
    distance = np.full(len(corners), np.inf)
    for start, end in ((0, 1), (1, 2), (2, 0)):
        edge = corners[:, end] - corners[:, start]
        along = ((place - corners[:, start]) * edge).sum(1) / np.maximum((edge**2).sum(1), 1e-12)
        along = np.clip(along, 0.0, 1.0)
        gap = ((corners[:, start] + along[:, None] * edge - place) ** 2).sum(1)
        closer = outside & (gap < distance)
        distance[closer] = gap[closer]
        best[closer] = 0.0
        best[closer, start] = 1.0 - along[closer]
        best[closer, end] = along[closer]
    return best


def landmark_points(neutral: Floats, triangles: Ints, twin: Ints) -> SkinPoints:
    """The 68 points, placed on the neutral head.

    `neutral` (V, 3) is in the canonical frame, `triangles` (T, 3) its visible skin, `twin` (V,) the mirror vertices.
    """
    vertices = np.zeros((LANDMARK_COUNT, 3), dtype=np.int64)
    weights = np.zeros((LANDMARK_COUNT, 3))
    for point, parts in _ON_VERTICES.items():
        vertices[point, : len(parts)] = list(parts)
        weights[point, : len(parts)] = list(parts.values())
    for point, place in _ON_SKIN.items():
        vertices[point], weights[point] = closest_on_skin(np.array(place), neutral, triangles)
    for point in (*_ON_VERTICES, *_ON_SKIN):
        left = int(MIRROR_TWIN[point])
        if left != point:
            vertices[left], weights[left] = twin[vertices[point]], weights[point]
    return SkinPoints(vertices, weights)


def anchor_points(neutral: Floats, triangles: Ints, twin: Ints) -> tuple[tuple[str, ...], SkinPoints]:
    """The named anchors, both halves, placed on the neutral head; arguments as for `landmark_points`."""
    names: list[str] = []
    vertices: list[Ints] = []
    weights: list[Floats] = []
    for name, place in _ANCHORS.items():
        if isinstance(place, int):
            own, share = np.array([place, place, place]), np.array([1.0, 0.0, 0.0])
        else:
            own, share = closest_on_skin(np.array(place), neutral, triangles)
        if name.endswith("_right"):
            names.append(name.removesuffix("right") + "left")
            vertices.append(twin[own])
            weights.append(share)
        names.append(name)
        vertices.append(own)
        weights.append(share)
    return tuple(names), SkinPoints(np.array(vertices), np.array(weights))
