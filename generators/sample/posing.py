"""Where the head stands before the camera."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from generators.sample.head import rotation
from generators.sample.noise import smoothstep
from generators.sample.scene import Scene

Floats = NDArray[np.float64]

SUPERSAMPLING = 2
_NECK_PIVOT = np.array([0.0, 112.0, 92.0])


def pose_points(points: Floats, scene: Scene) -> Floats:
    """Points (N, 3) of the unposed head before the camera; the sellion comes to (0, 0, distance)."""
    return np.asarray(points @ scene.turn.T + np.array([0.0, 0.0, scene.distance_mm]))


def pose_vertices(vertices: Floats, rest: Floats, scene: Scene) -> Floats:
    """All vertices (V, 3) before the camera; the shoulders follow the head by a third only."""
    depth = np.clip(rest[:, 2], 0, 170)
    follow = 1 - 0.65 * smoothstep(112, 185, rest[:, 1] + 0.35 * (depth - 60))
    posed = pose_points(vertices, scene)
    pivot = pose_points(_NECK_PIVOT[None], scene)[0]
    for share in np.unique(np.round(follow, 2)):
        if share == 1.0:
            continue
        own = np.round(follow, 2) == share
        turn = rotation(scene.yaw_deg * share, scene.pitch_deg * share, scene.roll_deg * share)
        posed[own] = (vertices[own] - _NECK_PIVOT) @ turn.T + pivot
    return posed


def supersampled_camera(camera: Floats) -> Floats:
    """The pin-hole matrix for the picture enlarged by `SUPERSAMPLING`; pixel centres stay where they were."""
    larger = camera * np.array([[SUPERSAMPLING], [SUPERSAMPLING], [1.0]])
    larger[:2, 2] += (SUPERSAMPLING - 1) / 2
    return np.asarray(larger)
