"""Backgrounds out of focus."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def paint_background(kind: str, hue: float, width: int, height: int, rng: np.random.Generator) -> Floats:
    """A linear RGB picture (height, width, 3) for a `Backdrop`; `hue` in [0, 1) sets its main colour."""
    painters = {"studio": _studio, "bokeh": _bokeh, "room": _room, "outdoors": _outdoors, "wall": _wall}
    picture = painters[kind](hue, width, height, rng)
    return np.asarray(np.clip(picture, 0.004, 2.0))


def tint(hue: float, saturation: float, value: float) -> Floats:
    """A colour (3,) by hue, saturation and value, as linear RGB."""
    turn = (hue * 6 + np.array([0.0, 4.0, 2.0])) % 6
    colour = value * (1 - saturation * (1 - np.clip(np.abs(turn - 3) - 1, 0, 1)))
    return np.asarray(colour**2.2)


def _gradient(top: Floats, bottom: Floats, width: int, height: int) -> Floats:
    share = np.linspace(0, 1, height)[:, None, None]
    return np.asarray(np.broadcast_to(top * (1 - share) + bottom * share, (height, width, 3)).copy())


def _studio(hue: float, width: int, height: int, rng: np.random.Generator) -> Floats:
    saturation, value = float(rng.uniform(0, 0.35)), float(rng.uniform(0.25, 0.9))
    y, x = np.mgrid[0:height, 0:width]
    centre = rng.uniform(0.3, 0.7, 2)
    far = np.hypot(x / width - centre[0], y / height - centre[1])
    picture = tint(hue, saturation, value) * (1.15 - 0.75 * far)[:, :, None]
    return np.asarray(picture)


def _bokeh(hue: float, width: int, height: int, rng: np.random.Generator) -> Floats:
    picture = _gradient(tint(hue, 0.5, 0.25), tint(hue + 0.1, 0.4, 0.12), width, height)
    scale = min(width, height)
    for _ in range(int(rng.integers(14, 34))):
        spot = np.zeros((height, width))
        centre = (int(rng.integers(0, width)), int(rng.integers(0, height)))
        cv2.circle(spot, centre, int(scale * rng.uniform(0.02, 0.09)), 1.0, -1, cv2.LINE_AA)
        colour = tint(hue + float(rng.normal(0, 0.12)), float(rng.uniform(0.2, 0.7)), float(rng.uniform(0.3, 0.9)))
        picture += cv2.GaussianBlur(spot, (0, 0), scale * 0.006)[:, :, None] * colour * float(rng.uniform(0.2, 0.7))
    return np.asarray(picture)


def _room(hue: float, width: int, height: int, rng: np.random.Generator) -> Floats:
    picture = _gradient(tint(hue, 0.12, 0.75), tint(hue, 0.2, 0.5), width, height)
    for _ in range(int(rng.integers(5, 12))):
        left, top = int(rng.uniform(-0.2, 0.9) * width), int(rng.uniform(-0.2, 0.9) * height)
        right, bottom = left + int(rng.uniform(0.08, 0.5) * width), top + int(rng.uniform(0.08, 0.6) * height)
        colour = tint(float(rng.random()), float(rng.uniform(0.05, 0.6)), float(rng.uniform(0.15, 0.95)))
        cv2.rectangle(picture, (left, top), (right, bottom), colour.tolist(), -1)
    if rng.random() < 0.6:
        left, span = int(rng.uniform(0, 0.7) * width), int(0.3 * width)
        cv2.rectangle(picture, (left, -5), (left + span, int(0.6 * height)), [1.1, 1.2, 1.3], -1)
        cv2.line(picture, (left + span // 2, 0), (left + span // 2, int(0.6 * height)), [0.3, 0.3, 0.3], width // 60)
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), min(width, height) * float(rng.uniform(0.012, 0.045))))


def _outdoors(hue: float, width: int, height: int, rng: np.random.Generator) -> Floats:
    sky = _gradient(tint(0.58, 0.35, 0.95), tint(0.56, 0.1, 1.0), width, height)
    leaves = _clouds(width, height, min(width, height) * 0.05, rng)
    ridge = height * (0.35 + 0.15 * _clouds(width, 1, width * 0.12, rng)[0])
    below = np.clip((np.arange(height)[:, None] - ridge[None, :]) / (0.05 * height), 0, 1)[:, :, None]
    green = tint(0.22 + 0.16 * hue, 0.6, 0.42) * np.clip(0.7 + 0.35 * leaves, 0.15, None)[:, :, None]
    picture = sky * (1 - below) + green * below
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), min(width, height) * 0.012))


def _wall(hue: float, width: int, height: int, rng: np.random.Generator) -> Floats:
    picture = np.broadcast_to(
        tint(hue, float(rng.uniform(0.05, 0.4)), float(rng.uniform(0.4, 0.85))), (height, width, 3)
    )
    picture = picture * (1 + 0.12 * _clouds(width, height, width * 0.1, rng))[:, :, None]
    if rng.random() < 0.5:
        step = max(6, int(height * rng.uniform(0.05, 0.12)))
        rows = (np.arange(height) % step < max(1, step // 12)).astype(float)
        picture = picture * (1 - 0.25 * rows)[:, None, None]
    slope = 1 + 0.5 * np.linspace(-1, 1, width) * float(rng.uniform(-1, 1))
    return np.asarray(cv2.GaussianBlur(picture * slope[None, :, None], (0, 0), min(width, height) * 0.004))


def _clouds(width: int, height: int, scale: float, rng: np.random.Generator) -> Floats:
    """Smooth noise (height, width), mean 0 and spread 1."""
    noise = cv2.GaussianBlur(rng.normal(0, 1, (height, width)), (0, 0), scale, borderType=cv2.BORDER_REFLECT)
    noise = noise + 0.4 * cv2.GaussianBlur(rng.normal(0, 1, (height, width)), (0, 0), scale / 3) / 3
    return np.asarray((noise - noise.mean()) / max(float(noise.std()), 1e-9))
