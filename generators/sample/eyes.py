"""The look of an eyeball: white, iris, pupil, the shade of the lid and the glint of the lamp."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from generators.sample.noise import NoiseField, bump, smoothstep

Floats = NDArray[np.float64]

_IRIS_MM = 5.9
_PUPIL_MM = 2.0


def eye_colour(
    directions: Floats, gaze: Floats, radius_mm: float, iris: tuple[float, float, float], field: NoiseField
) -> Floats:
    """Reflectance (N, 3) of an eyeball seen along `directions` (N, 3) from its centre, looking along `gaze` (3,)."""
    forward = directions @ gaze
    across = directions - forward[:, None] * gaze
    from_axis = np.where(forward > 0, np.linalg.norm(across, axis=1) * radius_mm, 99.0)
    helper = np.cross(gaze, np.array([0.0, 1.0, 0.0]))
    turn = np.arctan2(across @ np.cross(gaze, helper), across @ helper)
    veins = smoothstep(0.35, 0.8, np.abs(field.at(directions * radius_mm, 1.2)[:, 0]))
    white = np.array([0.52, 0.465, 0.44]) * (1 - 0.12 * veins[:, None] * np.array([0.0, 1.0, 1.0]))
    white = white * (1 - 0.35 * smoothstep(7.0, 14.0, from_axis)[:, None] * np.array([0.4, 1.0, 1.0]))
    fibres = field.at(np.stack([np.cos(turn) * 9, np.sin(turn) * 9, from_axis * 0.5], axis=1), 0.9)[:, 0]
    ring = 0.75 + 0.45 * bump(from_axis, 3.2, 1.0) - 0.7 * smoothstep(4.4, 5.9, from_axis)
    colour = np.array(iris) * (ring * (1 + 0.35 * fibres))[:, None]
    inside = smoothstep(_IRIS_MM + 0.35, _IRIS_MM - 0.35, from_axis)[:, None]
    pupil = smoothstep(_PUPIL_MM + 0.25, _PUPIL_MM - 0.25, from_axis)[:, None]
    colour = white * (1 - inside) + colour * inside
    return np.asarray(np.clip(colour * (1 - pupil) + 0.004 * pupil, 0.003, 0.9))


def glint(directions: Floats, to_eye: Floats, key: Floats) -> Floats:
    """Mirror-like reflection (N,) of the lamp on the wet eye."""
    half = to_eye + key
    half = half / np.linalg.norm(half, axis=1, keepdims=True)
    return np.asarray(smoothstep(0.9955, 0.9985, (directions * half).sum(axis=1)) * 1.1)
