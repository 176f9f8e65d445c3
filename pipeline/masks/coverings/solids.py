"""Rounded bodies seen from the front, from signed distances: where they are, and how their surface takes the light.

A signed distance is negative inside a body and positive outside (https://iquilezles.org/articles/distfunctions2d has
those of the common shapes). Lengths are in the face's own unit, the distance between the outer corners of the eyes.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.core.arrays import FloatImage

Colour = tuple[float, float, float]
"""Linear RGB in [0, 1]."""


@dataclass(frozen=True, slots=True)
class Plane:
    """The pixels of a photo in the face's frame: x to the right, y down, 0 at the mouth.

    Attributes:
        x, y: `float32 (H, W)`.
        unit_px: Pixels of one unit.
    """

    x: FloatImage
    y: FloatImage
    unit_px: float

    def turned(self, angle_deg: float, x: float, y: float) -> "Plane":
        """The same pixels in a frame at `(x, y)` whose y axis is turned by that angle."""
        cos, sin = np.float32(np.cos(np.radians(angle_deg))), np.float32(np.sin(np.radians(angle_deg)))
        dx, dy = self.x - np.float32(x), self.y - np.float32(y)
        return Plane(cos * dx + sin * dy, cos * dy - sin * dx, self.unit_px)


def face_plane(landmarks: NDArray[np.float32], height: int, width: int) -> Plane:
    """The frame of a face with those 68 landmarks in a photo of that size."""
    across = landmarks[45] - landmarks[36]
    unit = float(max(np.hypot(*across), 1.0))
    mouth = landmarks[48:68].mean(0)
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    dx, dy = (columns - mouth[0]) / unit, (rows - mouth[1]) / unit
    cos, sin = across / unit
    return Plane(cos * dx + sin * dy, cos * dy - sin * dx, unit)


def capsule(plane: Plane, start: tuple[float, float], end: tuple[float, float], radius: float) -> FloatImage:
    """The distance to a finger: a line from start to end with round ends."""
    ax, ay = start
    bx, by = end[0] - ax, end[1] - ay
    along = np.clip(((plane.x - ax) * bx + (plane.y - ay) * by) / (bx * bx + by * by), 0, 1)
    return np.asarray(np.hypot(plane.x - ax - bx * along, plane.y - ay - by * along) - radius, dtype=np.float32)


def rounded_box(plane: Plane, half_width: float, half_height: float, radius: float) -> FloatImage:
    """The distance to a box around 0 with round corners."""
    dx, dy = np.abs(plane.x) - (half_width - radius), np.abs(plane.y) - (half_height - radius)
    outside = np.hypot(np.maximum(dx, 0), np.maximum(dy, 0))
    return np.asarray(outside + np.minimum(np.maximum(dx, dy), 0) - radius, dtype=np.float32)


def ellipse(plane: Plane, half_width: float, half_height: float) -> FloatImage:
    """About the distance to an ellipse around 0: exact on its outline."""
    scaled = np.hypot(plane.x / half_width, plane.y / half_height)
    return np.asarray((scaled - 1) * min(half_width, half_height), dtype=np.float32)


def tapered(plane: Plane, top: float, bottom: float, half_height: float) -> FloatImage:
    """The distance to a cup around 0: half widths `top` and `bottom`."""
    share = np.clip(plane.y / (2 * half_height) + 0.5, 0, 1)
    across = np.abs(plane.x) - (top + (bottom - top) * share)
    return np.asarray(np.maximum(across, np.abs(plane.y) - half_height), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Light:
    """Where light comes from, degrees clockwise from above, and how much of it is directed, [0, 1]."""

    angle_deg: float
    share: float


def coverage(distance: FloatImage, unit_px: float, softness_px: float = 1.0) -> FloatImage:
    """How much of each pixel a body fills, [0, 1]."""
    return np.asarray(np.clip(0.5 - distance * unit_px / softness_px, 0, 1), dtype=np.float32)


def lit(distance: FloatImage, radius: float, light: Light) -> FloatImage:
    """The light that each point of a body takes, about 1: a rim of that radius rounds off to its edge."""
    depth = np.clip(-distance / radius, 0, 1)
    height = np.sqrt(1 - (1 - depth) ** 2) * radius
    slope_y, slope_x = np.gradient(cv2.GaussianBlur(height.astype(np.float32), (0, 0), 1.0))
    step = max(float(np.abs(np.gradient(distance)[0]).max()), 1e-6)
    angle = np.radians(light.angle_deg)
    towards = (slope_x * np.sin(angle) - slope_y * np.cos(angle)) / step
    return np.asarray(np.clip(1 - light.share * np.clip(towards, -1, 1) * 0.8, 0.15, 1.9), dtype=np.float32)
