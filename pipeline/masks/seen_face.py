"""A face as its photo shows it: what all masks on it have in common, found once."""

import math
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from pipeline.core.arrays import Points, Rgb
from pipeline.masks.head.canonical import CanonicalHead, HeadFit
from pipeline.masks.imaging.compositing import blur_sigma, noise_sigma
from pipeline.masks.imaging.light import Light, estimate_light
from pipeline.masks.occluders.occluders import Occluders, find_occluders

_EYES = slice(17, 48)
_LEAST_PX = 8
_UNKNOWN_BLUR_PX, _UNKNOWN_NOISE = 0.6, 1.5
"""What photos commonly have, for faces too small to tell."""


@dataclass(frozen=True, slots=True)
class Fineness:
    """How a photo shows fine detail: its blur in pixels, and its noise in sRGB codes."""

    blur_px: float
    noise: float


@dataclass(frozen=True, eq=False)
class SeenFace:
    """A face with 68 landmarks `(68, 2)` in a photo `(H, W, 3)`, and the head that was fitted to them.

    Light, occluders and fineness are measured when they are first asked for: over a third of what a mask costs.
    """

    rgb: Rgb
    landmarks: Points
    fit: HeadFit
    head: CanonicalHead

    @cached_property
    def light(self) -> Light:
        """What falls on it."""
        return estimate_light(self.rgb, self.fit, self.head)

    @cached_property
    def occluders(self) -> Occluders:
        """What stands before it."""
        return find_occluders(self.rgb, self.fit, self.head)

    @cached_property
    def _own_fineness(self) -> Fineness:
        return self._measured(1.0)

    def fineness(self, factor: float) -> Fineness:
        """That of the photo, shrunk by the factor, at the eyes, where faces are sharpest."""
        return self._own_fineness if factor <= 1 else self._measured(factor)

    def _measured(self, factor: float) -> Fineness:
        eyes = self.landmarks[_EYES]
        left, top = (max(math.floor(edge), 0) for edge in eyes.min(axis=0).tolist())
        right, bottom = (math.ceil(edge) for edge in eyes.max(axis=0).tolist())
        part = self.rgb[top:bottom, left:right]
        if min(part.shape[:2]) < _LEAST_PX:
            return Fineness(_UNKNOWN_BLUR_PX, _UNKNOWN_NOISE)
        if factor > 1:
            part = cv2.resize(part, None, fx=1 / factor, fy=1 / factor, interpolation=cv2.INTER_AREA)
        grey = cv2.cvtColor(part, cv2.COLOR_RGB2GRAY).astype(np.float32)
        return Fineness(blur_sigma(grey), noise_sigma(grey))
