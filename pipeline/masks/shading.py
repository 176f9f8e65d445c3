"""Light on a mask: how bright each texel is, and which of them the camera sees."""

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.core.arrays import FloatImage
from pipeline.masks.compiled import calls
from pipeline.masks.compiled.inputs import Texels, Tones
from pipeline.masks.compiled.library import or_compiled
from pipeline.masks.head.fitting import in_order
from pipeline.masks.imaging.image_arithmetic import quantile, scaled, softened
from pipeline.masks.imaging.light import Light
from pipeline.masks.imaging.raster import TextureMap, rasterise_grid
from pipeline.masks.imaging.texture_space import TextureSpace
from pipeline.masks.look import Look
from pipeline.masks.parts.material import Material
from pipeline.masks.posed_mask import PosedMask

_MIN_LIGHT = 0.25
_WHITE_SHARE = 0.6
"""At that share of a mask's cells by their light its white was measured, on worn ones."""

_BRIGHTEST = 0.94
"""Cameras keep worn white masks below this linear light: nine in ten of 222 stay under L* 94."""


def shade(material: Material, space: TextureSpace, posed: PosedMask, light: Light, look: Look) -> FloatImage:
    """Premultiplied linear RGBA `(H, W, 4)` of the lit texture."""
    cells, ambient = _light_on_cells(posed.camera, _directed(light, look))
    size = (space.width, space.height)
    smooth, by_x, by_y = (cv2.resize(plane, size, interpolation=cv2.INTER_LINEAR) for plane in cells)
    slope_x, slope_y = _slopes(material.height_mm, space, look.relief_gain)
    soft_mm = softened(material.height_mm, max(0.8, 3.0 / space.texel_mm))
    texels = Texels(smooth, by_x, by_y, slope_x, slope_y, soft_mm, material.height_mm, material.albedo, material.alpha)
    white = light.white * look.white_gain
    tones = Tones(ambient, look.occlusion, look.warmth, look.shade_tint or 0.0, white, _MIN_LIGHT, _BRIGHTEST)
    return lit_texels(texels, tones)


def _directed(light: Light, look: Look) -> NDArray[np.float64]:
    """The light's coefficients `(4,)` as they fall on this mask."""
    directed = light.coefficients.copy()
    directed[1:] *= look.light_strength
    directed[1:] += (look.from_side or 0.0, -(look.from_above or 0.0), 0.0)
    directed[3] *= 1.0 if look.frontal is None else look.frontal
    directed[0] = 1 + directed[3]  # keeps a surface that faces the viewer at 1
    return directed


def _light_on_cells(
    camera: NDArray[np.float64], directed: NDArray[np.float64]
) -> tuple[list[NDArray[np.float32]], float]:
    """How much light each cell of a sheet gets, how much more for each mm that it rises along u and v, and the ambient.

    A relief of height h tilts the normal n along the tangents s and t to n - s dh/ds - t dh/dt; since the light is
    linear in n, so is its effect.
    """
    lit, along, down = cell_light(camera, directed)
    strength = max(quantile(lit, _WHITE_SHARE), 0.3)
    planes = [(plane / strength).astype(np.float32) for plane in (lit, along, down)]
    return planes, float(directed[0] / strength)


def _slopes(height_mm: FloatImage, space: TextureSpace, gain: float) -> tuple[FloatImage, FloatImage]:
    """How much the relief rises across and down, `gain` times as steep as it is."""
    across, down = gain * space.width / space.width_mm / 8, gain * space.height / space.height_mm / 8
    slope_x = cv2.Sobel(height_mm, cv2.CV_32F, 1, 0, scale=across)
    slope_y = cv2.Sobel(height_mm, cv2.CV_32F, 0, 1, scale=down)
    return np.asarray(slope_x, dtype=np.float32), np.asarray(slope_y, dtype=np.float32)


@or_compiled(calls.lit_texels)
def lit_texels(texels: Texels, tones: Tones) -> FloatImage:
    """The texture in the light that falls on it: premultiplied linear RGBA `(H, W, 4)`.

    Hollows, where the relief lies below its own neighbourhood, get less.
    """
    ambient = np.float32(tones.ambient)
    slope_x, slope_y = texels.slope_x, texels.slope_y
    steepness = np.sqrt(slope_x * slope_x + slope_y * slope_y + np.float32(1))
    lit = (texels.smooth - ambient - slope_x * texels.by_x - slope_y * texels.by_y) / steepness
    lit = np.maximum(lit + ambient, np.float32(tones.least))
    lit *= 1 / (1 + np.float32(tones.occlusion) * np.maximum(texels.soft_mm - texels.height_mm, 0))
    warmth = np.float32(tones.warmth) + np.float32(tones.shade_tint) * (lit - 1)
    lit *= np.float32(tones.white)
    colour = cv2.multiply(cv2.merge([lit * (1 + warmth), lit, lit * (1 - warmth)]), texels.albedo)
    colour = np.minimum(colour, np.float32(tones.most))
    return scaled(np.asarray(cv2.cvtColor(colour, cv2.COLOR_RGB2RGBA), dtype=np.float32), texels.alpha)


@or_compiled(calls.cell_light)
def cell_light(
    camera: NDArray[np.float64], light: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """How much light each cell between points `(R, C, 3)` gets, and its tangents along u and v, all `(R - 1, C - 1)`.

    A surface with the unit normal n, towards the outside, gets light[0] + n light[1:].
    """
    along = camera[:-1, 1:] + camera[1:, 1:] - camera[:-1, :-1] - camera[1:, :-1]
    down = camera[1:, :-1] + camera[1:, 1:] - camera[:-1, :-1] - camera[:-1, 1:]
    lit, by_u, by_v = (_on_unit(vectors, light[1:]) for vectors in (_cross(down, along), along, down))
    return light[0] + lit, by_u, by_v


def _cross(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """As np.cross for `(..., 3)`, whose preparations take longer than these few cells."""
    ax, ay, az, bx, by, bz = (vectors[..., k] for vectors in (a, b) for k in range(3))
    return np.stack([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx], axis=-1)


def _on_unit(vectors: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """The products of their directions `(..., 3)` and another vector `(3,)`."""
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)
    return in_order(unit * other, axis=-1)


@or_compiled(calls.seen_by_camera)
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
