"""What each covering is made of, in the face's frame: mouth at 0, eyes at y = -0.9, chin at 0.55, ears at x = ±0.85.

Colours are linear RGB. A body is laid over those before it, so that a hand holds what it holds.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.core.arrays import FloatImage
from pipeline.masks.coverings.solids import Light, Plane, capsule, coverage, ellipse, lit, rounded_box, tapered

_SKIN_REACH = 0.09
"""Radius over which a finger rounds off."""


@dataclass(frozen=True, slots=True)
class Body:
    """One layer: linear RGB `(H, W, 3)`, alpha `(H, W)` in [0, 1], and how dark its shadow on what is under it is."""

    colour: FloatImage
    alpha: FloatImage
    shadow: float = 0.35


@dataclass(frozen=True, slots=True)
class Palette:
    """What bodies are coloured by: linear RGB of the face's skin and of the thing, and the light."""

    skin: NDArray[np.float32]
    thing: NDArray[np.float32]
    light: Light


def _solid(plane: Plane, distance: FloatImage, radius: float, colour: NDArray[np.float32], light: Light) -> Body:
    shaded = lit(distance, radius, light)[:, :, None] * colour
    return Body(np.asarray(shaded, dtype=np.float32), coverage(distance, plane.unit_px))


def hand(plane: Plane, palette: Palette, rng: np.random.Generator) -> list[Body]:
    """A palm from below and four fingers over the mouth, beside one another, with a thumb on one side."""
    side = float(rng.choice([-1.0, 1.0]))
    skin = palette.skin * np.float32(rng.uniform(0.8, 1.15))
    palm = rounded_box(plane.turned(0, 0.05 * side, 0.75), 0.42, 0.5, 0.25)
    bodies = [_solid(plane, palm, 0.2, skin, palette.light)]
    spread = float(rng.uniform(0.17, 0.23))
    for finger, reach in enumerate((0.75, 0.92, 0.95, 0.8)):
        x = (finger - 1.5) * spread
        tip = (x * float(rng.uniform(1.0, 1.35)), 0.45 - reach * float(rng.uniform(0.85, 1.1)))
        bodies.append(_finger(plane, (x, 0.5), tip, skin * np.float32(rng.uniform(0.93, 1.05)), palette.light))
    thumb = capsule(plane, (-0.4 * side, 0.85), (-0.75 * side, float(rng.uniform(0.0, 0.4))), 0.12)
    return [*bodies, _solid(plane, thumb, 0.11, skin, palette.light)]


def _finger(
    plane: Plane, start: tuple[float, float], end: tuple[float, float], skin: NDArray[np.float32], light: Light
) -> Body:
    return _solid(plane, capsule(plane, start, end, 0.1), _SKIN_REACH, skin, light)


def _grip(plane: Plane, half_width: float, palette: Palette, rng: np.random.Generator) -> list[Body]:
    """Fingers that reach around a thing from one side."""
    side = float(rng.choice([-1.0, 1.0]))
    skin = palette.skin * np.float32(rng.uniform(0.8, 1.15))
    top = float(rng.uniform(-0.1, 0.35))
    reach = half_width * float(rng.uniform(0.0, 0.7))
    return [
        _finger(
            plane,
            (side * (half_width + 0.35), top + k * 0.19),
            (side * reach, top + k * 0.19 - 0.03),
            skin,
            palette.light,
        )
        for k in range(4)
    ]


def phone(plane: Plane, palette: Palette, rng: np.random.Generator) -> list[Body]:
    """A slab with a lens or two, held by fingers."""
    half_width, half_height = float(rng.uniform(0.33, 0.45)), float(rng.uniform(0.68, 0.9))
    distance = rounded_box(plane, half_width, half_height, 0.08)
    sheen = 1 + 0.35 * np.clip(plane.x * 1.2 + plane.y * 0.6, -1, 1) * float(rng.choice([-1, 1]))
    slab = _solid(plane, distance, 0.05, palette.thing, palette.light)
    bodies = [Body(np.asarray(slab.colour * sheen[:, :, None], dtype=np.float32), slab.alpha)]
    for k in range(int(rng.integers(1, 4))):
        lens = ellipse(plane.turned(0, half_width - 0.14, -half_height + 0.15 + 0.17 * k), 0.07, 0.07)
        bodies.append(Body(np.full_like(slab.colour, 0.01), coverage(lens, plane.unit_px), 0.0))
    return bodies + _grip(plane, half_width, palette, rng)


def cup(plane: Plane, palette: Palette, rng: np.random.Generator) -> list[Body]:
    """A cup at the lips, with a lid or a band on some, held by fingers."""
    top, half_height = float(rng.uniform(0.3, 0.48)), float(rng.uniform(0.45, 0.7))
    lower = plane.turned(0, 0, half_height * 0.75)
    distance = tapered(lower, top, top * float(rng.uniform(0.7, 1.0)), half_height)
    turned = 1 - 0.75 * np.clip(np.abs(lower.x) / top, 0, 1) ** 2
    body = _solid(plane, distance, 0.03, palette.thing, palette.light)
    bodies = [Body(np.asarray(body.colour * (0.35 + 0.7 * turned)[:, :, None], dtype=np.float32), body.alpha)]
    if rng.random() < 0.5:
        other = np.asarray(rng.uniform(0.02, 0.9, 3), dtype=np.float32)
        edge = lower.turned(0, 0, float(rng.choice([-half_height, 0.0])))
        band = rounded_box(edge, top * 1.06, float(rng.uniform(0.06, 0.25)), 0.03)
        bodies.append(_solid(plane, band, 0.05, other, palette.light))
    return bodies + (_grip(lower, top, palette, rng) if rng.random() < 0.8 else [])


def microphone(plane: Plane, palette: Palette, rng: np.random.Generator) -> list[Body]:
    """A ball of mesh or foam on a stick, mostly dark."""
    radius = float(rng.uniform(0.25, 0.42))
    dark = palette.thing * np.float32(rng.choice([0.15, 1.0], p=[0.8, 0.2]))
    stick = capsule(plane, (0, 0.3), (0, 2.2), radius * 0.55)
    ball = ellipse(plane, radius, radius * float(rng.uniform(1.0, 1.25)))
    mesh = 1 + 0.5 * np.sin(plane.x * 70) * np.sin(plane.y * 70) * float(plane.unit_px > 40)
    head = _solid(plane, ball, radius, dark, palette.light)
    bodies = [
        _solid(plane, stick, 0.15, dark * np.float32(0.6), palette.light),
        Body(np.asarray(head.colour * mesh[:, :, None], dtype=np.float32), head.alpha),
    ]
    return bodies + (_grip(plane.turned(0, 0, 0.6), radius, palette, rng) if rng.random() < 0.6 else [])


def scarf(plane: Plane, palette: Palette, rng: np.random.Generator) -> list[Body]:
    """Cloth wound around neck and mouth, wider than the head, in thick folds."""
    across = np.clip(np.abs(plane.x) / 1.3, 0, 1.4)
    rim = float(rng.uniform(-0.5, -0.2)) + 0.3 * across**2 + 0.05 * _waves(plane, rng, 2.5)
    sides = np.abs(plane.x) - (1.15 + 0.25 * np.clip(plane.y, 0, 1))
    distance = np.maximum(rim - plane.y, sides).astype(np.float32)
    folds = _waves(plane.turned(float(rng.uniform(-25, 25)), 0, 0), rng, 1.0)
    knit = 0.12 * np.sin(plane.x * float(rng.uniform(25, 60))) * np.sin(plane.y * float(rng.uniform(25, 60)))
    value = np.clip(0.8 + 0.4 * folds + knit, 0.2, 1.6).astype(np.float32)
    checks = _checks(plane, rng) if rng.random() < 0.4 else None
    colour = palette.thing if checks is None else palette.thing * checks[:, :, None] + (1 - checks[:, :, None]) * 0.2
    shaded = lit(distance, 0.25, palette.light)[:, :, None] * value[:, :, None] * colour
    return [Body(np.asarray(shaded, dtype=np.float32), coverage(distance, plane.unit_px, 2.5))]


def _waves(plane: Plane, rng: np.random.Generator, frequency: float) -> FloatImage:
    """Folds that run across, a sum of three waves; about in [-1, 1]."""
    total = np.zeros_like(plane.x)
    for _ in range(3):
        kx, ky = rng.normal(0, 0.6) * frequency, rng.uniform(2, 7) / max(frequency, 1)
        total += np.sin(kx * plane.x + ky * plane.y + rng.uniform(0, 6.3)).astype(np.float32)
    return np.asarray(total / 2, dtype=np.float32)


def _checks(plane: Plane, rng: np.random.Generator) -> FloatImage:
    period = float(rng.uniform(0.2, 0.6))
    stripes = (np.sin(plane.x * 6.28 / period) > 0.2).astype(np.float32) + (np.sin(plane.y * 6.28 / period) > 0.2)
    return np.asarray(stripes / 2, dtype=np.float32)


def visor(plane: Plane, palette: Palette, rng: np.random.Generator) -> list[Body]:
    """A clear pane before the whole face: reflections, a lower edge, and a band on the forehead."""
    bottom = float(rng.uniform(0.6, 1.1))
    pane = rounded_box(plane.turned(0, 0, (bottom - 1.7) / 2), 1.15, (bottom + 1.7) / 2, 0.4)
    inside = coverage(pane, plane.unit_px)
    glare = sum(
        np.exp(
            -(((plane.x - float(rng.uniform(-1, 1))) * np.cos(a) + plane.y * np.sin(a)) ** 2) / rng.uniform(0.002, 0.06)
        )
        for a in rng.uniform(-0.6, 0.6, 2)
    )
    veil = (float(rng.uniform(0.03, 0.15)) + 0.35 * np.clip(np.asarray(glare, dtype=np.float32), 0, 1)) * inside
    edge = np.exp(-((pane * 25) ** 2)).astype(np.float32) * 0.5
    band = rounded_box(plane.turned(0, 0, -1.65), 1.1, float(rng.uniform(0.1, 0.2)), 0.08)
    white = np.full((*plane.x.shape, 3), 0.75, dtype=np.float32)
    return [
        Body(white, np.maximum(veil, edge).astype(np.float32), 0.0),
        _solid(plane, band, 0.1, palette.thing, palette.light),
    ]


def chin_bar(plane: Plane, palette: Palette, rng: np.random.Generator) -> list[Body]:
    """The lower half of a closed helmet: a hard shell around mouth and cheeks, with vents on some."""
    top = float(rng.uniform(-0.45, -0.15))
    opening = rounded_box(plane.turned(0, 0, top - 0.75), 0.95, 0.75, 0.3)
    shell = ellipse(plane.turned(0, 0, -0.5), 1.45, 1.75)
    distance = np.maximum(shell, -opening).astype(np.float32)
    gloss = 1 + 0.6 * np.exp(-(((plane.x - 0.4) ** 2 + (plane.y - 0.2) ** 2) / 0.05))
    body = _solid(plane, distance, 0.3, palette.thing, palette.light)
    bodies = [Body(np.asarray(body.colour * gloss[:, :, None], dtype=np.float32), body.alpha)]
    if rng.random() < 0.6:
        vent = rounded_box(plane.turned(0, 0, 0.3), float(rng.uniform(0.2, 0.4)), 0.1, 0.08)
        bodies.append(Body(np.full_like(body.colour, 0.01), coverage(vent, plane.unit_px), 0.0))
    return bodies
