"""A finished picture of a person, with what is true about it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from generators.sample.identity import Identity
from generators.sample.posing import SUPERSAMPLING
from generators.sample.rasteriser import Fragments, project
from generators.sample.scene import Scene
from generators.sample.shoot import Shoot
from generators.sample.studio import Studio

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Rgb = NDArray[np.uint8]


@dataclass(frozen=True)
class Portrait:
    """A finished picture and what is true about it.

    Attributes:
        rgb: uint8 (H, W, 3), before JPEG.
        head: (H, W), where the head with ears, neck and hair is.
        skin: (H, W), where bare skin, lips or eyes are to be seen.
        landmarks: (68, 3) in mm before the camera.
        landmarks_px: (68, 2), their projection.
        visible: (68,), which of them are not hidden behind the head.
    """

    rgb: Rgb
    head: Bools
    skin: Bools
    landmarks: Floats
    landmarks_px: Floats
    visible: Bools


def take_portrait(studio: Studio, identity: Identity, scene: Scene, rng: np.random.Generator) -> Portrait:
    """The picture of a person in a scene; `rng` feeds the background and the sensor's noise."""
    shoot = Shoot(studio, identity, scene, rng)
    picture, hair = shoot.paint()
    picture = hair.over(shoot.details(picture))
    strands = _closed(hair.alpha > 0.35)
    head = _reduced(shoot.hits.filled(~shoot.hits.cloth) | strands)
    skin = _reduced(shoot.hits.filled(~shoot.hits.cloth) & ~strands)
    points = studio.head.landmarks.on(shoot.posed)
    return Portrait(
        rgb=develop(picture, scene, rng),
        head=head,
        skin=skin & head,
        landmarks=points,
        landmarks_px=project(points, scene.camera),
        visible=_visible(points, shoot.camera, shoot.fragments),
    )


def develop(picture: Floats, scene: Scene, rng: np.random.Generator) -> Rgb:
    """The linear supersampled picture as the camera stores it: lens blur, sensor noise, tone curve, 8 bits."""
    if scene.blur_px:
        picture = cv2.GaussianBlur(picture, (0, 0), scene.blur_px * SUPERSAMPLING)
    small = cv2.resize(picture, (scene.width_px, scene.height_px), interpolation=cv2.INTER_AREA) * scene.exposure
    noise = rng.normal(0, 1, small.shape) * scene.noise
    small = np.clip(small + noise * np.sqrt(np.clip(small, 0.01, None)), 0, None)
    toned = small * (1 + small / 3.2) / (1 + small * 0.75)
    return np.asarray(np.rint(np.clip(toned, 0, 1) ** (1 / 2.2) * 255), dtype=np.uint8)


def _visible(points: Floats, camera: Floats, fragments: Fragments) -> Bools:
    """Which points (N,) are no more than 6 mm behind the nearest surface (the points lie on it)."""
    column, row = np.rint(project(points, camera)).astype(np.int64).T
    height, width = fragments.depth.shape
    inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
    depth = fragments.depth[np.clip(row, 0, height - 1), np.clip(column, 0, width - 1)]
    return np.asarray(inside & (points[:, 2] < depth + 6.0))


def _closed(mask: Bools) -> Bools:
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (7, 7))
    return np.asarray(cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_CLOSE, kernel) > 0)


def _reduced(mask: Bools) -> Bools:
    """A supersampled mask in output pixels, by majority."""
    height, width = mask.shape
    blocks = mask.reshape(height // SUPERSAMPLING, SUPERSAMPLING, width // SUPERSAMPLING, SUPERSAMPLING)
    return np.asarray(blocks.mean(axis=(1, 3)) >= 0.5)
