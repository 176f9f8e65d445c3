"""Light on the head: shadow maps, ambient occlusion and the shading of skin."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from generators.sample.rasteriser import project, rasterise

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_LAMP_DISTANCE_MM = 6000.0
_MAP_PIXELS = 300
_MAP_SPAN_MM = 360.0
_BIAS_MM = 3.5
_AO_DIRECTIONS = 48


@dataclass(frozen=True)
class ShadowMap:
    """What a far lamp sees: its depth picture and how to look into it."""

    turn: Floats
    centre: Floats
    camera: Floats
    depth: Floats

    def lit(self, places: Floats, spread_mm: float) -> Floats:
        """Share (N,) of the lamp that places (N, 3) see; the edge of a shadow is about `spread_mm` wide."""
        seen = self._view(places)
        pixels = project(seen, self.camera)
        step = spread_mm * _MAP_PIXELS / _MAP_SPAN_MM / 2
        total = np.zeros(len(places))
        offsets = [(x, y) for x in (-1.0, 0.0, 1.0) for y in (-1.0, 0.0, 1.0)]
        for offset in offsets:
            column, row = np.clip(np.rint(pixels + step * np.array(offset)), 0, _MAP_PIXELS - 1).astype(np.int64).T
            total += seen[:, 2] < self.depth[row, column] + _BIAS_MM + spread_mm * 0.4
        return np.asarray(total / len(offsets))

    def _view(self, places: Floats) -> Floats:
        return np.asarray((places - self.centre) @ self.turn.T + np.array([0.0, 0.0, _LAMP_DISTANCE_MM]))


def shadow_map(points: Floats, triangles: Ints, centre: Floats, towards_lamp: Floats) -> ShadowMap:
    """The shadow map of a lamp in direction `towards_lamp` (3,) around `centre` (3,)."""
    turn = _facing(-towards_lamp)
    scale = _LAMP_DISTANCE_MM * _MAP_PIXELS / _MAP_SPAN_MM
    camera = np.array([[scale, 0, _MAP_PIXELS / 2], [0, scale, _MAP_PIXELS / 2], [0, 0, 1.0]])
    empty = ShadowMap(turn, centre, camera, np.zeros((_MAP_PIXELS, _MAP_PIXELS)))
    depth = rasterise(empty._view(points), triangles, camera, (_MAP_PIXELS, _MAP_PIXELS)).depth
    return ShadowMap(turn, centre, camera, depth)


def ambient_occlusion(points: Floats, triangles: Ints, normals: Floats, centre: Floats) -> Floats:
    """Share (V,) of the sky that each vertex sees, weighted by the cosine to its normal."""
    total, weight = np.zeros(len(points)), np.full(len(points), 1e-6)
    for direction in _sphere(_AO_DIRECTIONS):
        cosine = np.clip(normals @ direction, 0, None)
        total += cosine * shadow_map(points, triangles, centre, direction).lit(points, 4.0)
        weight += cosine
    return np.asarray(total / weight)


def skin_light(
    normals: Floats, lit: Floats, occlusion: Floats, *, key: Floats, key_colour: Floats, ambient_colour: Floats
) -> Floats:
    """Diffuse light (N, 3) that reaches skin with normals (N, 3).

    Red scatters further under the skin, so its terminator is softer (wrap lighting, a channel each).
    """
    cosine = normals @ key
    wrap = np.array([0.34, 0.16, 0.10])
    diffuse = np.clip((cosine[:, None] + wrap) / (1 + wrap), 0, None) ** 1.15
    sky = 0.62 - 0.38 * normals[:, 1] - 0.15 * normals[:, 2]
    bounce = np.array([0.10, 0.055, 0.04]) * (1 - occlusion)[:, None]
    shadow = np.clip(lit[:, None] + np.array([0.07, 0.02, 0.01]), 0, 1)
    ambient = ambient_colour * (sky * occlusion**1.25)[:, None]
    return np.asarray(key_colour * diffuse * shadow + ambient + bounce * key_colour)


def highlight(normals: Floats, to_eye: Floats, key: Floats, exponent: float) -> Floats:
    """Normalised Blinn-Phong lobe (N,) with Schlick's Fresnel term."""
    half = to_eye + key
    half = half / np.linalg.norm(half, axis=1, keepdims=True)
    lobe = np.clip((normals * half).sum(axis=1), 0, 1) ** exponent * (exponent + 8) / 25.1
    fresnel = 0.035 + 0.965 * (1 - np.clip((half * to_eye).sum(axis=1), 0, 1)) ** 5
    return np.asarray(lobe * fresnel * np.clip(normals @ key * 4, 0, 1))


def scatter(light: Floats, mask: NDArray[np.bool_], px_per_mm: float) -> Floats:
    """Light (H, W, 3) blurred inside a mask as skin does, red the furthest (about 1.4, 0.7 and 0.4 mm)."""
    weight = mask.astype(np.float64)
    result = light.copy()
    for channel, radius_mm in enumerate((1.4, 0.7, 0.4)):
        sigma = radius_mm * px_per_mm
        soft = cv2.GaussianBlur(light[:, :, channel] * weight, (0, 0), sigma)
        share = cv2.GaussianBlur(weight, (0, 0), sigma)
        result[:, :, channel] = np.where(mask, soft / np.maximum(share, 1e-6), light[:, :, channel])
    return result


def _facing(direction: Floats) -> Floats:
    """A rotation (3, 3) that brings `direction` to +z."""
    forward = direction / np.linalg.norm(direction)
    helper = np.array([0.0, 1.0, 0.0]) if abs(forward[1]) < 0.9 else np.array([1.0, 0.0, 0.0])
    right = np.cross(helper, forward)
    right = right / np.linalg.norm(right)
    return np.stack([right, np.cross(forward, right), forward])


def _sphere(count: int) -> list[Floats]:
    """Directions spread evenly (Fibonacci sphere)."""
    index = np.arange(count) + 0.5
    height = 1 - 2 * index / count
    turn = np.pi * (1 + 5**0.5) * index
    radius = np.sqrt(1 - height**2)
    return list(np.stack([radius * np.cos(turn), height, radius * np.sin(turn)], axis=1))
