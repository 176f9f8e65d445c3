"""The light that falls on a face, read off its own skin."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.core.arrays import FloatImage, Rgb
from pipeline.masks.compiled import head_calls
from pipeline.masks.compiled.inputs import SkinPoints
from pipeline.masks.compiled.library import or_compiled
from pipeline.masks.head.canonical import CanonicalHead, HeadFit, HeadSpots, to_cylinder
from pipeline.masks.head.fitting import equations, in_order, solved
from pipeline.masks.imaging.image_arithmetic import quantile

LUMA = np.array([0.2126, 0.7152, 0.0722], dtype=np.float32)
"""Luminance of linear RGB (ITU-R BT.709)."""

_SKIN_POINTS, _LEAST_POINTS = 140, 12
_FACING = -0.15
"""Greatest z of the normals of the points that are looked at."""

_PATCH_MM = 2.5
"""To each side of a point of the skin over which its colour is averaged."""

_CLEAR_OF_FEATURES_MM = 11.0
_DEFAULT_LIGHT = np.array([0.62, 0.0, -0.14, -0.42])
_PRIOR_WEIGHT = 12.0
_TOLERANCE = 0.15
"""How far skin's brightness, about 1, may lie from the light that was fitted before it counts for half."""

_WHITE_LIMIT, _WHITE_KNEE = 0.96, 0.15

SRGB_TO_LINEAR: NDArray[np.float32] = np.where(
    np.arange(256) <= 10.31, np.arange(256) / 255 / 12.92, ((np.arange(256) / 255 + 0.055) / 1.055) ** 2.4
).astype(np.float32)
"""IEC 61966-2-1 for each of the 256 codes."""


def to_linear(rgb: Rgb) -> FloatImage:
    """Linear light `float32 (H, W, 3)` in [0, 1]."""
    return np.asarray(cv2.LUT(rgb, SRGB_TO_LINEAR), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Light:
    """First-order spherical harmonics of the light on a face (Basri & Jacobs, 2003), and how bright white would be.

    Attributes:
        coefficients: `(4,)`; a surface with the unit normal n (camera axes, towards the viewer is -z) is lit by
            c0 + c1 nx + c2 ny + c3 nz, scaled so that a surface that faces the viewer gets 1.
        skin: Median linear RGB of the skin, `(3,)`.
        white: Linear luminance that a white surface facing the viewer has in this photo.
        saturation: 0 for a grey photo, 1 for an ordinary one.
    """

    coefficients: NDArray[np.float64]
    skin: NDArray[np.float64]
    white: float
    saturation: float


@lru_cache(maxsize=1)
def _skin_samples(head: CanonicalHead) -> tuple[HeadSpots, NDArray[np.float64]]:
    """Bare-skin points `(N, 3)` of the canonical face, clear of eyes, brows and mouth, and their outward normals."""
    corner = head.vertices[head.triangles]
    facing = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]).astype(np.float64)
    centre = corner.mean(axis=1)
    azimuth, y, _ = to_cylinder(centre)
    facing *= np.sign(np.sum(facing * (centre - np.array([0, 40, 75])), axis=1, keepdims=True))
    normal = facing / np.maximum(np.linalg.norm(facing, axis=1, keepdims=True), 1e-9)
    features = np.concatenate([head.landmarks[17:27], head.landmarks[31:]])
    distance = np.linalg.norm(centre[:, None] - features[None], axis=2).min(axis=1)
    usable = (distance > _CLEAR_OF_FEATURES_MM) & (np.abs(azimuth) < 62) & (y > -38) & (y < 98)
    chosen = np.flatnonzero(usable)
    chosen = chosen[np.linspace(0, len(chosen) - 1, min(_SKIN_POINTS, len(chosen))).astype(int)]
    return head.spot(centre[chosen].astype(np.float32)), normal[chosen]


def estimate_light(rgb: Rgb, fit: HeadFit, head: CanonicalHead) -> Light:
    """The light on the face, by a robust ridge fit of skin brightness to surface normals.

    White is predicted from the skin: over 200 photos of worn white masks their linear luminance follows
    0.96 (1 - exp(-skin / 0.15)), since cameras expose faces of any tone to a like brightness.
    """
    spots, normals = _skin_samples(head)
    points = SkinPoints(fit.project_spots(spots)[0], normals, _FACING)
    colour, turned = seen_skin(rgb, points, fit.rotation, max(0, round(_PATCH_MM * fit.scale)), SRGB_TO_LINEAR)
    if len(colour) < _LEAST_POINTS:
        return Light(_normalised(_DEFAULT_LIGHT), np.array([0.35, 0.22, 0.16]), 0.7, 1.0)
    luma = colour @ LUMA
    lit = colour[luma >= quantile(luma, 0.5) * 0.7]
    skin = np.array([quantile(channel, 0.5) for channel in lit.T])
    brightness = quantile(luma, 0.65)
    white = _WHITE_LIMIT * (1 - np.exp(-brightness / _WHITE_KNEE))
    shares = luma / max(brightness, 1e-4)
    coefficients = harmonics(turned, shares, _DEFAULT_LIGHT, _PRIOR_WEIGHT, _TOLERANCE)
    return Light(_normalised(coefficients), skin, float(white), _saturation(skin))


@or_compiled(head_calls.seen_skin)
def seen_skin(
    rgb: Rgb, points: SkinPoints, rotation: NDArray[np.float64], step: int, linear: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Linear RGB around those points that the photo shows, and their normals in camera axes, both `(M, 3)`.

    The colour is the mean of nine pixels `step` apart, or that of a pixel alone.
    """
    turned = in_order(points.normals[:, None, :] * rotation, axis=2)
    right, bottom = rgb.shape[1] - 1, rgb.shape[0] - 1
    x, y = points.xy.T
    seen = (x >= 0) & (y >= 0) & (x < right) & (y < bottom) & (turned[:, 2] < points.facing)
    offsets = np.array([(dx, dy) for dx in (-step, 0, step) for dy in (-step, 0, step)]) if step else np.zeros((1, 2))
    at = np.rint(points.xy[seen, None, :] + offsets[None]).astype(int)
    column, row = np.clip(at[..., 0], 0, right), np.clip(at[..., 1], 0, bottom)
    return np.asarray(linear[rgb[row, column]].mean(axis=1), dtype=np.float32), turned[seen]


@or_compiled(head_calls.harmonics)
def harmonics(
    normals: NDArray[np.float64],
    brightness: NDArray[np.float32],
    expected: NDArray[np.float64],
    strength: float,
    tolerance: float,
) -> NDArray[np.float64]:
    """Coefficients `(4,)` of the light by ridge regression of brightness `(N,)` on normals `(N, 3)`.

    They are held to those expected, so strongly. In a second round, what lay apart from the first one's light by the
    tolerance counts half, and less beyond.
    """
    rows = np.column_stack([np.ones(len(normals)), normals, brightness])
    first = solved(_held(equations(rows), expected, strength))
    apart = (in_order(rows[:, :4] * first, axis=1) - brightness) / tolerance
    return solved(_held(equations(rows, 1 / (1 + apart * apart)), expected, strength))


def _held(system: NDArray[np.float64], expected: NDArray[np.float64], strength: float) -> NDArray[np.float64]:
    """Equations `(4, 5)` that hold their solution to what is expected, too."""
    return system + strength * np.column_stack([np.eye(4), expected])


def _normalised(coefficients: NDArray[np.float64]) -> NDArray[np.float64]:
    """Scaled so that a surface that faces the viewer gets 1."""
    return np.asarray(coefficients / max(float(coefficients[0] - coefficients[3]), 1e-3))


def _saturation(skin: NDArray[np.float64]) -> float:
    """How coloured the photo is: skin of every tone has red at least a fifth above blue, a grey photo has not."""
    channels: list[float] = skin.tolist()
    spread = (max(channels) - min(channels)) / max(*channels, 1e-4)
    return min(max((spread - 0.04) / 0.12, 0.0), 1.0)
