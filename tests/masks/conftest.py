from collections.abc import Callable

import cv2
import numpy as np
import pytest

from pipeline.core.arrays import Points, Rgb
from pipeline.masks import MaskSynthesizer, load_templates
from pipeline.masks.head.canonical import canonical_head, fit_head, from_cylinder, sample_field

Posed = Callable[..., Points]


def rotation_matrix(yaw_deg: float, pitch_deg: float, roll_deg: float) -> np.ndarray:
    """Canonical to camera axes: yaw to the viewer's right, then pitch down, then roll clockwise."""
    yaw, pitch, roll = np.radians([-yaw_deg, pitch_deg, roll_deg])
    about_y = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]])
    about_z = np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    return np.asarray(about_z @ about_x @ about_y)


def painted(
    photo: Rgb,
    landmarks: Points,
    azimuth_deg: tuple[float, float],
    y_mm: tuple[float, float],
    colour: tuple[int, int, int],
) -> Rgb:
    """The photo with a patch of the head, over these ranges, in one colour."""
    head = canonical_head()
    fit, canvas = fit_head(landmarks, head), photo.copy()
    azimuth, y = np.meshgrid(np.linspace(*azimuth_deg, 30), np.linspace(*y_mm, 60))
    xy, _ = fit.project(from_cylinder(azimuth, y, sample_field(head.radius, azimuth, y)).reshape(-1, 3), head)
    grid = xy.reshape(60, 30, 2)
    for rows in range(59):
        for columns in range(29):
            corners = grid[[rows, rows, rows + 1, rows + 1], [columns, columns + 1, columns + 1, columns]]
            cv2.fillConvexPoly(canvas, np.rint(corners).astype(np.int32), colour)
    return canvas


@pytest.fixture(scope="session")
def posed_landmarks() -> Posed:
    """Landmarks of the canonical head under a pose, on a 300 x 300 photo."""

    def make(yaw_deg: float = 0, pitch_deg: float = 0, roll_deg: float = 0, scale: float = 1.2) -> Points:
        camera = canonical_head().landmarks @ rotation_matrix(yaw_deg, pitch_deg, roll_deg).T
        return np.asarray(camera[:, :2] * scale + (150, 110), dtype=np.float32)

    return make


@pytest.fixture
def face(posed_landmarks: Posed) -> Points:
    """Landmarks of a face seen from the front."""
    return posed_landmarks()


@pytest.fixture(scope="session")
def skin_photo() -> Rgb:
    """A photo of nothing but evenly lit skin with a little grain."""
    grain = np.random.default_rng(0).normal(0, 2, (300, 300, 1))
    return np.clip(np.array([205, 160, 135]) + grain, 0, 255).astype(np.uint8)


@pytest.fixture(scope="session")
def synthesizer() -> MaskSynthesizer:
    return MaskSynthesizer(load_templates())
