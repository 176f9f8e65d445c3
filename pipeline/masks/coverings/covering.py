"""One covering: drawn as data, then laid over the face by a pure function."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, get_args

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.core.arrays import Points, Rgb
from pipeline.faces.landmarks import as_landmarks
from pipeline.masks.coverings import bodies
from pipeline.masks.coverings.bodies import Body, Palette
from pipeline.masks.coverings.solids import Light, Plane, face_plane
from pipeline.masks.imaging.compositing import Layer, blend, blur_sigma, noise_sigma
from pipeline.masks.imaging.light import LUMA, to_linear

CoveringKind = Literal["hand", "phone", "cup", "microphone", "scarf", "visor", "chin_bar"]
KINDS: tuple[CoveringKind, ...] = get_args(CoveringKind)

_WEIGHTS = {"hand": 3.0, "phone": 1.5, "cup": 1.5, "microphone": 1.5, "scarf": 2.0, "visor": 1.0, "chin_bar": 1.0}
_BODIES: dict[CoveringKind, Callable[[Plane, Palette, np.random.Generator], list[Body]]] = {
    "hand": bodies.hand,
    "phone": bodies.phone,
    "cup": bodies.cup,
    "microphone": bodies.microphone,
    "scarf": bodies.scarf,
    "visor": bodies.visor,
    "chin_bar": bodies.chin_bar,
}
_UPRIGHT: frozenset[CoveringKind] = frozenset({"scarf", "visor", "chin_bar"})
"""They sit on the head and turn with it."""

_PARTIAL_KINDS: tuple[CoveringKind, ...] = ("hand", "microphone", "phone", "visor", "cup")
_PARTIAL_WEIGHTS = (0.5, 0.15, 0.15, 0.1, 0.1)
_PARTIAL_SIZE = 0.7
"""What is held beside a mask, how often, and how large."""


@dataclass(frozen=True, slots=True)
class _Patch:
    """A piece of a face, in its own frame."""

    half_width: float
    top: float
    bottom: float


_CHEEKS = _Patch(0.5, -0.75, -0.25)
_BETWEEN_EYES = _Patch(0.14, -1.06, -0.84)
"""Where skin is seen: cheeks and nose; where a mask hides these, the root of the nose, which no fringe reaches."""

_SKIN_ALBEDO = 0.35
"""Luminance of skin that counts as middling: what white would be follows from it."""


@dataclass(frozen=True, slots=True)
class Covering:
    """What covers a face. Lengths in units of the distance between the eyes' outer corners.

    Attributes:
        kind: What it is.
        x, y: Where it is, from the mouth.
        angle_deg: How far it is turned.
        size: By how much it is larger than usual.
        colour: Its own sRGB colour in [0, 1]; a hand has the face's.
        light: How it is lit.
        seed: Of its texture and the places of its fingers.
    """

    kind: CoveringKind
    x: float
    y: float
    angle_deg: float
    size: float
    colour: tuple[float, float, float]
    light: Light
    seed: int


def draw_covering(rng: np.random.Generator, kind: CoveringKind | None = None) -> Covering:
    """Draw one; `kind` None draws that too, hands most often."""
    weights = np.array([_WEIGHTS[name] for name in KINDS])
    chosen = KINDS[int(rng.choice(len(KINDS), p=weights / weights.sum()))] if kind is None else kind
    return Covering(
        kind=chosen,
        x=float(rng.normal(0, 0.12)),
        y=float(rng.normal(0, 0.12)),
        angle_deg=float(rng.normal(0, 22)),
        size=float(rng.uniform(0.8, 1.25)),
        colour=_colour(rng),
        light=Light(float(rng.uniform(-90, 90)), float(rng.uniform(0.2, 0.8))),
        seed=int(rng.integers(2**31)),
    )


def draw_partial_covering(rng: np.random.Generator) -> Covering:
    """Draw one that leaves most of a mask to be seen: small, at one side of the mouth; a visor stays where it is."""
    kind = _PARTIAL_KINDS[int(rng.choice(len(_PARTIAL_KINDS), p=_PARTIAL_WEIGHTS))]
    covering = draw_covering(rng, kind)
    if kind == "visor":
        return covering
    side = float(rng.choice([-1.0, 1.0]))
    x, y = side * float(rng.uniform(0.35, 0.75)), float(rng.uniform(-0.3, 0.5))
    return replace(covering, x=x, y=y, size=_PARTIAL_SIZE * covering.size)


def _colour(rng: np.random.Generator) -> tuple[float, float, float]:
    """Half of the things are black, white or grey."""
    grey = float(rng.beta(0.6, 0.6))
    strength = float(rng.choice([0.0, rng.uniform(0.2, 1.0)]))
    tint = rng.uniform(0, 1, 3)
    red, green, blue = (grey * (1 - strength) + strength * float(value) for value in tint)
    return (red, green, blue)


def cover_face(rgb: Rgb, landmarks: Points, covering: Covering, *, masked: bool = False) -> Rgb:
    """A copy of a photo `(H, W, 3)` with the covering over the face of those 68 landmarks.

    The covering takes the photo's brightness from the face's skin, and its blur and noise from the photo. `masked` says
    that cheeks and nose are hidden: the skin is then looked at between the eyes.

    Raises:
        ShapeError: these are no 68 landmarks of a picture.
    """
    face = face_plane(as_landmarks(landmarks), *rgb.shape[:2])
    skin = _skin(rgb, face, _BETWEEN_EYES if masked else _CHEEKS)
    white = float(np.clip(skin @ LUMA / _SKIN_ALBEDO, 0.25, 1.6))
    thing = np.asarray(covering.colour, dtype=np.float32) ** np.float32(2.2) * np.float32(white)
    palette = Palette(skin, np.clip(thing, 0.004, 1).astype(np.float32), covering.light)
    rng = np.random.default_rng(covering.seed)
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32)
    soft_px, noise = blur_sigma(grey), noise_sigma(grey)
    result = rgb
    for body in _BODIES[covering.kind](_placed(face, covering), palette, rng):
        result = blend(result, _layer(body, soft_px, noise / 255, face.unit_px, rng))
    return result


def _placed(face: Plane, covering: Covering) -> Plane:
    angle = 0.15 * covering.angle_deg if covering.kind in _UPRIGHT else covering.angle_deg
    turned = face.turned(angle, covering.x, covering.y)
    return Plane(turned.x / covering.size, turned.y / covering.size, turned.unit_px * covering.size)


def _skin(rgb: Rgb, face: Plane, where: _Patch) -> NDArray[np.float32]:
    """Median linear RGB of the skin there, `(3,)`; of the whole photo where none of it is inside."""
    near = (np.abs(face.x) < where.half_width) & (face.y > where.top) & (face.y < where.bottom)
    pixels = to_linear(rgb)[near] if near.any() else to_linear(rgb).reshape(-1, 3)
    return np.asarray(np.median(pixels, axis=0), dtype=np.float32)


def _layer(body: Body, soft_px: float, noise: float, unit_px: float, rng: np.random.Generator) -> Layer:
    """The body as it would be in this photo: as soft, as noisy, with its shadow beside it."""
    blur = (0, 0), max(soft_px, 0.4)
    alpha = cv2.GaussianBlur(body.alpha, *blur)
    colour = np.clip(body.colour, 0, 1)
    grain = rng.normal(0, noise, colour.shape[:2]).astype(np.float32)[:, :, None] * 2 * np.sqrt(colour + 0.01)
    light = cv2.GaussianBlur(colour, *blur) + grain
    shade = cv2.GaussianBlur(body.alpha, (0, 0), max(1.0, 0.06 * unit_px)) * np.float32(body.shadow)
    return Layer(
        np.asarray(np.clip(light, 0, 1) * alpha[:, :, None], dtype=np.float32),
        np.asarray(alpha, dtype=np.float32),
        np.asarray(np.clip(shade, 0, 1), dtype=np.float32),
    )
