"""How a picture is taken: pose, expression, light, background and camera."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from generators.sample.head import rotation

Floats = NDArray[np.float64]

Backdrop = Literal["studio", "bokeh", "room", "outdoors", "wall"]

_SIZES = ((288, 288), (320, 320), (256, 256), (256, 320), (320, 256))  # width, height
_EXPRESSIONS: tuple[dict[str, float], ...] = (
    {},
    {"mouth-corner-puller": 0.45, "eye-left-slit": 0.15, "eye-right-slit": 0.15},
    {"mouth-corner-puller": 0.8, "eye-left-slit": 0.3, "eye-right-slit": 0.3},
    {"eyebrows-left-up": 0.4, "eyebrows-right-up": 0.4},
    {"mouth-compression": 0.4, "eyebrows-left-down": 0.3, "eyebrows-right-down": 0.3},
    {"mouth-corner-puller": 0.3, "eyebrows-left-up": 0.2, "eyebrows-right-up": 0.2},
)


@dataclass(frozen=True)
class Scene:
    """One picture; directions are unit vectors from the head towards the light, in camera axes."""

    width_px: int
    height_px: int
    yaw_deg: float
    pitch_deg: float
    roll_deg: float
    distance_mm: float
    px_per_mm: float
    centre_px: tuple[float, float]
    expression: dict[str, float]
    gaze_deg: tuple[float, float]
    key_direction: tuple[float, float, float]
    key_colour: tuple[float, float, float]
    key_softness: float
    ambient_colour: tuple[float, float, float]
    rim: float
    exposure: float
    backdrop: Backdrop
    backdrop_hue: float
    clothing_colour: tuple[float, float, float]
    clothing_collar: Literal["crew", "v", "shirt"]
    blur_px: float
    noise: float
    jpeg_quality: int

    @property
    def turn(self) -> Floats:
        """Rotation (3, 3) of the head."""
        return rotation(self.yaw_deg, self.pitch_deg, self.roll_deg)

    @property
    def camera(self) -> Floats:
        """Pin-hole matrix (3, 3) in output pixels; the head's sellion lies at (0, 0, distance) before it."""
        focal = self.px_per_mm * self.distance_mm
        x, y = self.centre_px
        return np.array([[focal, 0.0, x], [0.0, focal, y], [0.0, 0.0, 1.0]])


def draw_scene(rng: np.random.Generator) -> Scene:
    """A picture within 35 degrees of yaw, 15 of pitch and 20 of roll."""
    width, height = _SIZES[int(rng.choice(len(_SIZES), p=[0.4, 0.2, 0.15, 0.15, 0.1]))]
    pose = rng.normal(0, [17.0, 6.0, 7.0])
    yaw, pitch, roll = (float(v) for v in np.clip(pose, [-34, -14, -19], [34, 14, 19]))
    distance, px_per_mm = float(rng.uniform(700, 2000)), min(width, height) / float(rng.uniform(275, 360))
    expression = _EXPRESSIONS[int(rng.integers(len(_EXPRESSIONS)))]
    warmth = float(rng.normal(0, 0.10))
    bright = float(rng.uniform(0.9, 1.7))
    ambient = float(rng.uniform(0.2, 0.5))
    return Scene(
        width_px=width,
        height_px=height,
        yaw_deg=yaw,
        pitch_deg=pitch,
        roll_deg=roll,
        distance_mm=distance,
        px_per_mm=px_per_mm,
        centre_px=_draw_centre(rng, width, height, px_per_mm),
        expression={f"expression/units/caucasian/{name}": weight for name, weight in expression.items()},
        gaze_deg=(float(rng.normal(0, 4)), float(rng.normal(0, 3))),
        key_direction=_draw_direction(rng),
        key_colour=(bright * (1 + warmth), bright, bright * (1 - warmth)),
        key_softness=float(rng.uniform(0.15, 1.0)),
        ambient_colour=(ambient * (1 - warmth * 0.6), ambient, ambient * (1 + warmth * 0.8)),
        rim=float(rng.uniform(0, 0.5) if rng.random() < 0.5 else 0.0),
        exposure=float(rng.uniform(0.85, 1.2)),
        backdrop=("studio", "bokeh", "room", "outdoors", "wall")[int(rng.integers(5))],
        backdrop_hue=float(rng.random()),
        clothing_colour=_draw_cloth(rng),
        clothing_collar=("crew", "v", "shirt")[int(rng.integers(3))],
        blur_px=float(rng.choice([0.0, 0.35, 0.5, 0.8], p=[0.35, 0.3, 0.25, 0.1])),
        noise=float(rng.uniform(0.002, 0.014)),
        jpeg_quality=int(rng.integers(88, 97)),
    )


def _draw_centre(rng: np.random.Generator, width: int, height: int, px_per_mm: float) -> tuple[float, float]:
    """Where the sellion goes: the middle of the face (40 mm below it) near the middle of the picture."""
    x = width / 2 + float(rng.normal(0, 0.03)) * width
    return x, height * (0.535 + float(rng.normal(0, 0.02))) - 38.0 * px_per_mm


def _draw_direction(rng: np.random.Generator) -> tuple[float, float, float]:
    side, up = np.deg2rad(rng.uniform(-65, 65)), np.deg2rad(rng.uniform(5, 50))
    return float(np.sin(side) * np.cos(up)), float(-np.sin(up)), float(-np.cos(side) * np.cos(up))


def _draw_cloth(rng: np.random.Generator) -> tuple[float, float, float]:
    value, tint = float(rng.choice([0.02, 0.06, 0.2, 0.5, 0.75])), rng.uniform(-1, 1, 3)
    red, green, blue = np.clip(value * (1 + 0.45 * tint), 0.01, 0.85)
    return float(red), float(green), float(blue)
