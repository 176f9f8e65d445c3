"""Thin things drawn over the picture: strands and the frame of glasses."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from generators.sample.rasteriser import project

Floats = NDArray[np.float64]
Bytes = NDArray[np.uint8]

_SHIFT = 4
_GAMMA = 2.2
_HIDDEN_MM = 3.0


@dataclass(frozen=True)
class Layer:
    """A picture to lay over another: linear RGB (H, W, 3) and alpha (H, W)."""

    rgb: Floats
    alpha: Floats

    def over(self, below: Floats) -> Floats:
        """This layer on top of a linear RGB picture."""
        share = self.alpha[:, :, None]
        return np.asarray(self.rgb * share + below * (1 - share))


@dataclass(frozen=True)
class Lamp:
    """Light on strands; the direction is in camera axes."""

    direction: Floats
    key_colour: Floats
    ambient_colour: Floats


def shade_strands(points: Floats, colour: Floats, centre: Floats, lamp: Lamp) -> Floats:
    """Colour (N, K - 1, 3) of the segments of posed strands (N, K, 3) (after Kajiya & Kay, 1989).

    `centre` (3,) is the middle of the head: strands on its far side from the lamp lie in shade.
    """
    middle, tangent = (points[:, 1:] + points[:, :-1]) / 2, points[:, 1:] - points[:, :-1]
    tangent = tangent / np.maximum(np.linalg.norm(tangent, axis=2, keepdims=True), 1e-9)
    outward = middle - centre
    outward = outward / np.maximum(np.linalg.norm(outward, axis=2, keepdims=True), 1e-9)
    half = lamp.direction + np.array([0.0, 0.0, -1.0])
    half = half / np.linalg.norm(half)
    diffuse = np.sqrt(np.clip(1 - (tangent @ lamp.direction) ** 2, 0, 1))
    facing = np.clip(outward @ lamp.direction * 0.75 + 0.35, 0, 1)
    shine = np.sqrt(np.clip(1 - (tangent @ half) ** 2, 0, 1)) ** 50 * facing
    steps = middle.shape[1]
    depth = np.interp(np.arange(steps), [0, max(steps - 1, 1)], [0.62, 1.08])[None, :]
    sky = 0.75 - 0.35 * outward[:, :, 1]
    light = lamp.ambient_colour * (sky * depth)[:, :, None] + lamp.key_colour * (diffuse * facing * depth)[:, :, None]
    gloss = lamp.key_colour * (0.06 * shine)[:, :, None] * (0.4 + 4.0 * np.sqrt(np.maximum(colour, 0)))[:, None, :]
    return np.asarray(colour[:, None, :] * light * 1.35 + gloss)


def draw_strands(
    points: Floats, colours: Floats, camera: Floats, depth: Floats, *, thickness_px: int, opacity: float = 1.0
) -> Layer:
    """Posed strands (N, K, 3) with segment colours (N, K - 1, 3), far ones first, hidden where `depth` is nearer."""
    height, width = depth.shape
    pixels = project(points.reshape(-1, 3), camera).reshape(*points.shape[:2], 2)
    starts, ends = pixels[:, :-1].reshape(-1, 2), pixels[:, 1:].reshape(-1, 2)
    middle = (points[:, :-1, 2] + points[:, 1:, 2]).reshape(-1) / 2
    column, row = np.rint((starts + ends) / 2).astype(np.int64).T
    inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
    behind = np.where(inside, depth[np.clip(row, 0, height - 1), np.clip(column, 0, width - 1)], np.inf)
    shown = np.flatnonzero(inside & (middle < behind + _HIDDEN_MM))
    order = shown[np.argsort(-middle[shown], kind="stable")]
    flat = np.clip(colours.reshape(-1, 3), 0, 1)
    base = flat[shown].mean(axis=0) if len(shown) else np.zeros(3)
    canvas = np.empty((height, width, 3), dtype=np.uint8)
    canvas[:] = _encode(base)
    alpha = np.zeros((height, width), dtype=np.uint8)
    scaled = np.rint(np.stack([starts[order], ends[order]], axis=1) * (1 << _SHIFT)).astype(np.int64).tolist()
    for (start, end), colour in zip(scaled, _encode(flat[order]).tolist(), strict=True):
        cv2.line(canvas, start, end, colour, thickness_px, cv2.LINE_AA, _SHIFT)
        cv2.line(alpha, start, end, 255, thickness_px, cv2.LINE_AA, _SHIFT)
    return Layer((canvas / 255.0) ** _GAMMA, alpha / 255.0 * opacity)


def glasses_paths(eye_centres: Floats, ear_tops: Floats) -> list[Floats]:
    """Lines (K, 3) of a frame on the unposed head: two rims, the bridge and the temples.

    `eye_centres` and `ear_tops` are (2, 3), the viewer's left first.
    """
    paths = []
    turn = np.linspace(0, 2 * np.pi, 41)
    rim = np.stack(
        [np.sign(np.cos(turn)) * np.abs(np.cos(turn)) ** 0.7, np.sign(np.sin(turn)) * np.abs(np.sin(turn)) ** 0.7], 1
    )
    front = eye_centres[:, 2].mean() - 30.0
    corners = []
    for centre in eye_centres:
        x, y = centre[0] * 1.06 + 25.0 * rim[:, 0], centre[1] + 4.0 + 18.5 * rim[:, 1]
        paths.append(np.stack([x, y, front + 0.0035 * x**2], axis=1))
        corners.append(paths[-1][np.argmax(np.abs(x))])
    inner = [path[np.argmin(np.abs(path[:, 0]))] for path in paths]
    arc = np.linspace(0, 1, 9)[:, None]
    bridge = inner[0] * (1 - arc) + inner[1] * arc
    bridge[:, 1] -= 5.0 + 4.0 * np.sin(np.pi * arc[:, 0])
    paths.append(bridge)
    for corner, ear in zip(corners, ear_tops, strict=True):
        start, end = corner + np.array([0, -6.0, 0]), ear + np.array([np.sign(ear[0]) * 3.0, -2.0, 4.0])
        share = np.linspace(0, 1, 13)[:, None]
        paths.append(start * (1 - share) + end * share)
    return paths


def draw_paths(paths: list[Floats], camera: Floats, depth: Floats, colour: Floats, thickness_px: int) -> Layer:
    """Posed lines in one colour, hidden where `depth` is nearer."""
    layers = [
        draw_strands(
            path[None], np.broadcast_to(colour, (1, len(path) - 1, 3)), camera, depth, thickness_px=thickness_px
        )
        for path in paths
    ]
    alpha = np.max([layer.alpha for layer in layers], axis=0)
    return Layer(np.broadcast_to(colour, (*alpha.shape, 3)), alpha)


def _encode(linear: Floats) -> Bytes:
    return np.asarray(np.rint(np.clip(linear, 0, 1) ** (1 / _GAMMA) * 255), dtype=np.uint8)
