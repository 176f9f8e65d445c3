from collections.abc import Callable

import numpy as np
import pytest

from pipeline.arrays import Points, Rgb
from pipeline.masks import MaskSynthesizer, load_templates
from pipeline.masks.head import canonical_head

Posed = Callable[..., Points]


def rotation_matrix(yaw_deg: float, pitch_deg: float, roll_deg: float) -> np.ndarray:
    """Canonical to camera axes: yaw to the viewer's right, then pitch down, then roll clockwise."""
    yaw, pitch, roll = np.radians([-yaw_deg, pitch_deg, roll_deg])
    about_y = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]])
    about_z = np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    return about_z @ about_x @ about_y


@pytest.fixture(scope="session")
def posed_landmarks() -> Posed:
    """Landmarks of the canonical head under a pose, on a 300 x 300 photo."""

    def make(yaw_deg: float = 0, pitch_deg: float = 0, roll_deg: float = 0, scale: float = 1.2) -> Points:
        camera = canonical_head().landmarks @ rotation_matrix(yaw_deg, pitch_deg, roll_deg).T
        return (camera[:, :2] * scale + (150, 110)).astype(np.float32)

    return make


@pytest.fixture(scope="session")
def skin_photo() -> Rgb:
    """A photo of nothing but evenly lit skin with a little grain."""
    grain = np.random.default_rng(0).normal(0, 2, (300, 300, 1))
    return np.clip(np.array([205, 160, 135]) + grain, 0, 255).astype(np.uint8)


@pytest.fixture(scope="session")
def synthesizer() -> MaskSynthesizer:
    return MaskSynthesizer(load_templates())
