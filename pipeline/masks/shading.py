"""Light on a mask: how bright each texel is, and which of them the camera sees."""

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.core.arrays import FloatImage
from pipeline.masks.imaging.image_arithmetic import quantile, scaled, softened
from pipeline.masks.imaging.light import Light
from pipeline.masks.imaging.raster import TextureMap, rasterise_grid
from pipeline.masks.imaging.texture_space import TextureSpace
from pipeline.masks.look import Look
from pipeline.masks.parts.material import Material
from pipeline.masks.posed_mask import PosedMask

_MIN_LIGHT = 0.25
_BRIGHTEST = 0.94
"""Cameras keep worn white masks below this linear light: nine in ten of 222 stay under L* 94."""


def shade(material: Material, space: TextureSpace, posed: PosedMask, light: Light, look: Look) -> FloatImage:
    """Premultiplied linear RGBA `(H, W, 4)` of the lit texture."""
    lit = _lit(material, space, posed.camera, _directed(light, look), look.relief_gain)
    lit *= _occlusion(material.height_mm, space, look.occlusion)
    warmth = np.float32(look.warmth) + np.float32(look.shade_tint or 0.0) * (lit - 1)
    lit *= np.float32(light.white * look.white_gain)
    colour = cv2.multiply(cv2.merge([lit * (1 + warmth), lit, lit * (1 - warmth)]), material.albedo)
    colour = np.minimum(colour, np.float32(_BRIGHTEST))
    return scaled(np.asarray(cv2.cvtColor(colour, cv2.COLOR_RGB2RGBA), dtype=np.float32), material.alpha)


def _directed(light: Light, look: Look) -> NDArray[np.float64]:
    """The light's coefficients `(4,)` as they fall on this mask."""
    directed = light.coefficients.copy()
    directed[1:] *= look.light_strength
    directed[1:] += (look.from_side or 0.0, -(look.from_above or 0.0), 0.0)
    directed[3] *= 1.0 if look.frontal is None else look.frontal
    directed[0] = 1 + directed[3]  # keeps a surface that faces the viewer at 1
    return directed


def _lit(
    material: Material,
    space: TextureSpace,
    camera: NDArray[np.float64],
    directed: NDArray[np.float64],
    relief_gain: float,
) -> FloatImage:
    """How much light each texel gets, `(H, W)`.

    A relief of height h tilts the normal n along the tangents s and t to n - s dh/ds - t dh/dt; since the light is
    linear in n, so is its effect.
    """
    normal, along, down = _frame(camera)
    size = (space.width, space.height)
    cells = directed[0] + normal @ directed[1:]
    directed /= max(quantile(cells, 0.6), 0.3)  # white was measured at that percentile of worn masks
    cells = directed[0] + normal @ directed[1:]
    smooth = cv2.resize(cells.astype(np.float32), size, interpolation=cv2.INTER_LINEAR)
    by_x = cv2.resize((along @ directed[1:]).astype(np.float32), size, interpolation=cv2.INTER_LINEAR)
    by_y = cv2.resize((down @ directed[1:]).astype(np.float32), size, interpolation=cv2.INTER_LINEAR)
    slope_x = cv2.Sobel(material.height_mm, cv2.CV_32F, 1, 0, scale=relief_gain * space.width / space.width_mm / 8)
    slope_y = cv2.Sobel(material.height_mm, cv2.CV_32F, 0, 1, scale=relief_gain * space.height / space.height_mm / 8)
    ambient = np.float32(directed[0])
    steepness = np.sqrt(slope_x * slope_x + slope_y * slope_y + np.float32(1))
    lit = (smooth - ambient - slope_x * by_x - slope_y * by_y) / steepness
    return np.asarray(np.maximum(lit + ambient, np.float32(_MIN_LIGHT)), dtype=np.float32)


def _frame(camera: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Unit normals towards the outside and unit tangents along u and v of each cell, in camera axes."""
    along = camera[:-1, 1:] + camera[1:, 1:] - camera[:-1, :-1] - camera[1:, :-1]
    down = camera[1:, :-1] + camera[1:, 1:] - camera[:-1, :-1] - camera[:-1, 1:]
    normal = _cross(down, along)
    return _unit(normal), _unit(along), _unit(down)


def _cross(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """As np.cross for `(..., 3)`, whose preparations take longer than these few cells."""
    ax, ay, az, bx, by, bz = (vectors[..., k] for vectors in (a, b) for k in range(3))
    return np.stack([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx], axis=-1)


def _unit(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9))


def _occlusion(height_mm: FloatImage, space: TextureSpace, strength: float) -> FloatImage:
    """Less light in hollows: where the relief lies below its own neighbourhood of 6 mm."""
    hollow = softened(height_mm, max(0.8, 3.0 / space.texel_mm)) - height_mm
    return np.asarray(1 / (1 + strength * np.maximum(hollow, 0)), dtype=np.float32)


def seen_by_camera(
    shaded: FloatImage, xy: NDArray[np.float32], depth: NDArray[np.float32], width: int, height: int
) -> FloatImage:
    """The texture as the camera sees it on a grid with these pixels and depths: premultiplied RGBA `(H, W, 4)`."""
    low, high = (np.clip(edge, 0, (width, height)) for edge in (np.floor(xy.min((0, 1))), np.ceil(xy.max((0, 1))) + 1))
    (left, top), (right, bottom) = low.astype(int).tolist(), high.astype(int).tolist()
    body = np.zeros((height, width, 4), dtype=np.float32)
    if left < right and top < bottom:
        texture = rasterise_grid(xy - low.astype(np.float32), depth, right - left, bottom - top)
        body[top:bottom, left:right] = _sample(shaded, texture)
    return body


def _sample(shaded: FloatImage, texture: TextureMap) -> FloatImage:
    column, row = texture.u * np.float32(shaded.shape[1] - 1), texture.v * np.float32(shaded.shape[0] - 1)
    seen = cv2.remap(shaded, column, row, cv2.INTER_LINEAR)
    coverage = cv2.blur(texture.covered.astype(np.float32), (2, 2), anchor=(0, 0)) * texture.covered
    return scaled(np.asarray(seen, dtype=np.float32), coverage)
