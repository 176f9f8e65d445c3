"""The skin of a head and upper neck, cut out of the MakeHuman body."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from generators.sample.landmarks import SkinPoints, landmark_points
from generators.sample.makehuman import HeadData, macro_weights
from generators.sample.rasteriser import quads_to_triangles, rasterise

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# The MakeHuman average adult has pupils 57.6 mm apart; adults average 63 mm (Dodgson, "Variation and extrema of human
# interpupillary distance", 2004).
MM_PER_MESH_MM = 1.094
_SELLION_VERTEX = 132
_EVEN_BLEND = {"african": 1 / 3, "asian": 1 / 3, "caucasian": 1 / 3}
# Morph targets that give the average head the proportions of dlib's points on frontal photographs.
PHOTO_FIT = {
    "mouth/mouth-trans-up": 0.85,
    "forehead/forehead-temple-incr": 0.40,
    "nose/nose-scale-vert-decr": 0.36,
    "nose/nose-nostrils-width-decr": 0.25,
    "mouth/mouth-upperlip-height-incr": 0.25,
    "head/head-scale-horiz-incr": 0.23,
    "mouth/mouth-lowerlip-height-decr": 0.15,
    "head/head-round": 0.17,
    "eyes/l-eye-trans-down": 0.16,
    "eyes/r-eye-trans-down": 0.16,
    "nose/nose-trans-up": 0.16,
    "cheek/l-cheek-volume-incr": 0.13,
    "cheek/r-cheek-volume-incr": 0.13,
    "chin/chin-jaw-drop-decr": 0.13,
    "cheek/l-cheek-bones-decr": 0.12,
    "cheek/r-cheek-bones-decr": 0.12,
    "chin/chin-bones-incr": 0.11,
    "head/head-scale-vert-decr": 0.11,
    "eyes/l-eye-scale-incr": 0.09,
    "eyes/r-eye-scale-incr": 0.09,
    "eyes/l-eye-height2-decr": 0.09,
    "eyes/r-eye-height2-decr": 0.09,
    "mouth/mouth-scale-horiz-incr": 0.08,
    "chin/chin-height-decr": 0.07,
}
_VIEWS_DEG = [(yaw, pitch) for yaw in range(-150, 181, 30) for pitch in (-50, -25, 0, 25)] + [(0, 80)]
_VIEW_PIXELS = 700


@dataclass(frozen=True)
class Head:
    """`quads` (F, 4) and `uv_quads` (F, 4) are the outer skin; `twin` (V,) maps a vertex to its mirror image."""

    neutral: Floats
    quads: Ints
    uv_quads: Ints
    twin: Ints
    landmarks: SkinPoints

    @property
    def triangles(self) -> Ints:
        """Triangles (2F, 3) of the quads."""
        return quads_to_triangles(self.quads)


def to_canonical(vertices: Floats) -> Floats:
    """Vertices (V, 3) of a head in millimetres with the origin at its sellion."""
    return np.asarray((vertices - vertices[_SELLION_VERTEX]) * MM_PER_MESH_MM)


def neutral_vertices(data: HeadData) -> Floats:
    """All vertices of the even blend of sexes and origins at about 40 years."""
    return to_canonical(data.shape(macro_weights(0.5, 0.25, _EVEN_BLEND)))


def load_head(data: HeadData, lowest_y: float, only_visible: bool) -> Head:
    """The skin above `lowest_y` (mm below the sellion) of the neutral head, with its 68 points.

    With `only_visible` the mouth cavity and the like are left out (see `visible_quads`, which takes some seconds).
    """
    base, twin = data.base, data.mirror()
    neutral = neutral_vertices(data)
    body = np.array([name == "body" for name in base.groups])
    inside = body & (neutral[base.quads][:, :, 1] < lowest_y).all(axis=1) & ~_is_arm(neutral[base.quads])
    quads, uv_quads = base.quads[inside], base.uv_quads[inside]
    if only_visible:
        outer = visible_quads(neutral, quads, twin)
        quads, uv_quads = quads[outer], uv_quads[outer]
    landmarks = landmark_points(neutral, quads_to_triangles(quads), twin)
    return Head(neutral, quads, uv_quads, twin, landmarks)


def visible_quads(vertices: Floats, quads: Ints, twin: Ints) -> NDArray[np.bool_]:
    """Which quads can be seen from outside: not the mouth cavity, the nostrils' depth or the eye sockets' back.

    A quad counts when a pixel of one of many views shows it or its mirror image.
    """
    triangles = quads_to_triangles(quads)
    seen = np.zeros(len(quads), dtype=bool)
    for yaw, pitch in _VIEWS_DEG:
        turned = (vertices - np.array([0.0, 40.0, 90.0])) @ rotation(yaw, pitch, 0).T + np.array([0, 0, 4000.0])
        scale = 4000 / 0.5
        camera = np.array([[scale, 0, _VIEW_PIXELS / 2], [0, scale, _VIEW_PIXELS / 2], [0, 0, 1]])
        shown = np.unique(rasterise(turned, triangles, camera, (_VIEW_PIXELS, _VIEW_PIXELS)).triangle)
        seen[shown[shown >= 0] % len(quads)] = True
    index = {tuple(sorted(quad)): number for number, quad in enumerate(quads.tolist())}
    mirrored = np.array([index[tuple(sorted(quad))] for quad in twin[quads].tolist()])
    return np.asarray(seen | seen[mirrored])


def rotation(yaw_deg: float, pitch_deg: float, roll_deg: float) -> Floats:
    """Rotation (3, 3) = roll about z, times pitch about x, times yaw about y, in camera axes.

    Yaw > 0 turns the face to the viewer's right, pitch > 0 looks down, roll > 0 tilts clockwise.
    """
    yaw, pitch, roll = np.deg2rad([-yaw_deg, pitch_deg, roll_deg])
    about_y = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]])
    about_z = np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    return np.asarray(about_z @ about_x @ about_y)


def _is_arm(quads_xyz: Floats) -> NDArray[np.bool_]:
    return np.asarray((np.abs(quads_xyz[:, :, 0]) > 260).any(axis=1))
