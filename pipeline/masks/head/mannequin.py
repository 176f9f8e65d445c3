"""The canonical head as a picture, to show a template on: no photo and no detector needed."""

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.core.arrays import Points, Rgb
from pipeline.masks.head.canonical import AXIS_Z_MM, canonical_head

_SKIN_RGB = (214, 172, 148)
_BACKGROUND_RGB = (176, 184, 190)
_LIGHT = np.array([-0.35, -0.45, -0.82])
_SUBPIXEL_BITS = 4


@lru_cache(maxsize=8)
def mannequin(yaw_deg: float = 0, pitch_deg: float = 0, side_px: int = 300) -> tuple[Rgb, Points]:
    """A lit head, turned to the viewer's right and down, `(side, side, 3)`, and its 68 points."""
    head, scale = canonical_head(), side_px / 300 * 1.22
    turn = _rotation(yaw_deg, pitch_deg)
    middle = np.array([side_px / 2, side_px * 0.45])

    def to_pixels(points: NDArray[np.floating]) -> NDArray[np.float64]:
        about_axis = (points - (0, 0, AXIS_Z_MM)) @ turn.T
        return np.asarray(about_axis[:, :2] * scale + middle)

    camera = (head.vertices @ turn.T)[head.triangles]
    normal = np.cross(camera[:, 1] - camera[:, 0], camera[:, 2] - camera[:, 0])
    centre = camera.mean(axis=1)
    normal *= np.sign(np.sum(normal * (centre - np.array([0, 40, AXIS_Z_MM]) @ turn.T), axis=1, keepdims=True))
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
    lit = np.clip(0.35 + 0.65 * np.maximum(normal @ _LIGHT, 0), 0, 1)
    picture = np.full((side_px, side_px, 3), _BACKGROUND_RGB, dtype=np.uint8)
    fixed = np.rint(to_pixels(head.vertices)[head.triangles] * (1 << _SUBPIXEL_BITS)).astype(np.int32)
    for index in np.argsort(-centre[:, 2], kind="stable").tolist():
        if normal[index, 2] < 0:
            colour = [float(channel * lit[index]) for channel in _SKIN_RGB]
            cv2.fillConvexPoly(picture, fixed[index], colour, cv2.LINE_8, _SUBPIXEL_BITS)
    smooth = np.asarray(cv2.GaussianBlur(picture, (0, 0), side_px / 200), dtype=np.uint8)
    return smooth, to_pixels(head.landmarks).astype(np.float32)


def _rotation(yaw_deg: float, pitch_deg: float) -> NDArray[np.float64]:
    yaw, pitch = np.radians([-yaw_deg, pitch_deg])
    about_y = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]])
    return np.asarray(about_x @ about_y)
