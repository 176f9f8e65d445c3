"""The look of skin, lips, stubble and clothing at a place on the neutral head."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from generators.sample.identity import Identity
from generators.sample.noise import NoiseField, bump, smoothstep

Floats = NDArray[np.float64]

# Hairline seen from the side: height (mm, down) over depth z, on the neutral head.
_HAIRLINE_Z = np.array([-5.0, 12.0, 30.0, 46.0, 62.0, 70.0, 82.0, 100.0, 112.0, 124.0, 150.0, 230.0])
_HAIRLINE_Y = np.array([-66.0, -66.0, -62.0, -44.0, -28.0, 8.0, 12.0, -12.0, -6.0, 42.0, 66.0, 82.0])
# Brow line on the right half: height over x.
_BROW_X = np.array([9.0, 14.0, 24.0, 36.0, 47.0, 57.0, 62.0])
_BROW_Y = np.array([-11.5, -13.0, -15.5, -17.5, -16.0, -9.5, -5.5])


@dataclass(frozen=True)
class Surface:
    """How places look before light: reflectance (N, 3) linear RGB, gloss (N,), a bump (N, 3) to add to normals."""

    colour: Floats
    gloss: Floats
    bump: Floats


def hair_cover(rest: Floats, lift_mm: float) -> Floats:
    """How far (mm) places (N, 3) lie inside the hairline; negative is bare skin. `lift_mm` raises the front."""
    front = smoothstep(75, 35, rest[:, 2])
    line = np.interp(rest[:, 2], _HAIRLINE_Z, _HAIRLINE_Y) - lift_mm * front
    temple = 10.0 * bump(np.abs(rest[:, 0]), 46, 12) * smoothstep(60, 30, rest[:, 2])
    return np.asarray(line - temple - rest[:, 1])


def brow_cover(rest: Floats, width_mm: float) -> Floats:
    """Density in [0, 1] of brow hair at places (N, 3)."""
    x = np.abs(rest[:, 0])
    gap = np.abs(rest[:, 1] - np.interp(x, _BROW_X, _BROW_Y))
    taper = width_mm * np.interp(x, [8, 12, 30, 50, 62], [0.7, 1.05, 1.0, 0.6, 0.15])
    along = smoothstep(7.5, 13.0, x) * smoothstep(63.0, 57.0, x)
    return np.asarray(smoothstep(1.0, 0.45, gap / np.maximum(taper, 0.1)) * along * (rest[:, 2] < 40))


def beard_cover(rest: Floats) -> Floats:
    """Density in [0, 1] of beard hair at places (N, 3): jaw, chin, upper lip and sideburns."""
    x, y, z = np.abs(rest[:, 0]), rest[:, 1], rest[:, 2]
    cheek_line = np.interp(x, [0, 22, 35, 50, 62, 70], [56, 58, 66, 60, 42, 5])
    inside = smoothstep(-3, 5, y - cheek_line) * smoothstep(142, 124, y + 0.2 * z) * smoothstep(92, 76, z)
    mouth = smoothstep(1.0, 1.25, np.hypot(x / 27, (y - 78) / 9.5))
    under_lip = 1 - 0.75 * bump(x, 0, 9) * bump(y, 93, 3) - 0.6 * bump(x, 16, 6) * bump(y, 92, 4)
    philtrum = 1 - 0.5 * bump(x, 0, 3) * bump(y, 61, 5)
    return np.asarray(np.clip(inside * mouth * under_lip * philtrum, 0, 1))


def skin_surface(identity: Identity, rest: Floats, lips: Floats, field: NoiseField) -> Surface:
    """Skin at places (N, 3) of the neutral head; `lips` (N,) is the share of lip."""
    mottle, pores = field.fractal(rest, 16.0), field.fractal(rest, 1.7, 2)
    blotch = field.at(rest, 38.0)
    colour = identity.skin_colour * (1 + 0.05 * blotch[:, :1] + 0.05 * mottle[:, :1] + 0.035 * pores[:, :1])
    colour = _flush(identity, rest, colour, mottle[:, 1])
    colour = _eye_region(identity, rest, colour)
    colour = _spots(identity, rest, colour, field)
    colour = _beard_shadow(identity, rest, colour, field)
    colour = _folds(identity, rest, colour)
    colour = _scalp(identity, rest, colour, mottle[:, 2])
    colour = _lips(identity, colour, lips, pores[:, 1])
    oily = 0.45 + 0.55 * (
        bump(rest[:, 0], 0, 16) * smoothstep(60, 20, rest[:, 1])
        + bump(np.abs(rest[:, 0]), 36, 12) * bump(rest[:, 1], 26, 14)
    )
    gloss = identity.gloss * oily * (1 + 0.5 * pores[:, 2]) + 0.6 * lips
    return Surface(np.clip(colour, 0.002, 0.95), np.clip(gloss, 0, 2), _wrinkles(identity, rest, pores, lips))


def cloth_cover(rest: Floats, collar: str) -> Floats:
    """How far (mm) places (N, 3) lie below the neckline; negative is bare skin."""
    x, y, z = np.abs(rest[:, 0]), rest[:, 1], rest[:, 2]
    if collar == "v":
        line = 182 + 42 * bump(x, 0, 24) * (z < 110) - 0.30 * (z - 60)
    elif collar == "shirt":
        line = 150 + 26 * bump(x, 0, 16) * (z < 110) - 0.36 * (z - 60)
    else:
        line = 172 - 0.36 * (z - 60)
    return np.asarray(y - line)


def cloth_surface(colour: Floats, rest: Floats, cover: Floats, field: NoiseField) -> Surface:
    """Cloth `cover` mm (N,) below its neckline, with folds, a weave and a sewn collar."""
    folds, weave = field.fractal(rest * np.array([1.0, 0.35, 1.0]), 40.0), field.at(rest, 0.9)
    seam = 1 - 0.35 * bump(cover, 9.0, 0.9) - 0.25 * smoothstep(1.2, 0.0, cover)
    shade = seam * (1 + 0.10 * weave[:, 0] + 0.06 * folds[:, 0])
    return Surface(np.clip(colour * shade[:, None], 0.003, 0.95), np.full(len(rest), 0.05), 0.30 * folds + 0.05 * weave)


def _flush(identity: Identity, rest: Floats, colour: Floats, mottle: Floats) -> Floats:
    x, y, z = np.abs(rest[:, 0]), rest[:, 1], rest[:, 2]
    cheeks = bump(x, 40, 15) * bump(y, 36, 15) * (z < 70)
    nose = bump(x, 0, 11) * bump(y, 41, 11) * (z < 10)
    ears = smoothstep(72, 78, x) * bump(z, 100, 22) * bump(y, 25, 30)
    chin = 0.5 * bump(x, 0, 14) * bump(y, 102, 9) * (z < 40)
    amount = np.clip(cheeks + nose + 0.9 * ears + chin, 0, 1.3) * (1 + 0.5 * mottle) * identity.redness
    tint = np.array([0.03, -0.24, -0.22]) * (1 - 0.45 * identity.skin_tone)
    return np.asarray(colour * (1 + amount[:, None] * tint))


def _eye_region(identity: Identity, rest: Floats, colour: Floats) -> Floats:
    x, y, front = np.abs(rest[:, 0]), rest[:, 1], rest[:, 2] < 45
    socket = (0.5 * bump(x, 30, 16) * bump(y, 3, 9) + bump(x, 24, 11) * bump(y, 15, 4.5)) * front
    depth = 0.12 + 0.22 * identity.old
    lids = bump(x, 32, 14) * bump(y, -5, 4) * front * (0.10 + 0.16 * (1 - identity.male))
    shade = np.clip(socket * depth + lids, 0, 0.6)[:, None] * np.array([0.75, 1.0, 0.8])
    return np.asarray(colour * (1 - shade))


def _spots(identity: Identity, rest: Floats, colour: Floats, field: NoiseField) -> Floats:
    freckle = smoothstep(0.28, 0.62, field.at(rest, 2.6)[:, 0] + 0.25 * field.at(rest, 9.0)[:, 1])
    where = bump(np.abs(rest[:, 0]), 24, 22) * bump(rest[:, 1], 30, 20) * (rest[:, 2] < 60)
    age_spots = 0.3 * identity.old * smoothstep(0.5, 0.8, field.at(rest, 5.0)[:, 2])
    amount = np.clip(freckle * where * identity.freckles + age_spots, 0, 1)[:, None]
    colour = colour * (1 - amount * np.array([0.28, 0.42, 0.50]))
    rng = np.random.default_rng(identity.seed)
    for _ in range(int(rng.integers(0, 5))):
        x, y = rng.uniform(-58, 58), rng.uniform(-45, 108)
        near = bump(np.hypot(rest[:, 0] - x, rest[:, 1] - y), 0, rng.uniform(0.7, 1.3)) * (rest[:, 2] < 60)
        colour = colour * (1 - near[:, None] * np.array([0.55, 0.68, 0.72]))
    return np.asarray(colour)


def _beard_shadow(identity: Identity, rest: Floats, colour: Floats, field: NoiseField) -> Floats:
    amount = beard_cover(rest) * identity.stubble
    dots = smoothstep(0.0, 0.5, field.at(rest, 0.8)[:, 1] + 0.1)
    shade = np.clip(amount * (0.28 + 0.30 * dots), 0, 0.8)[:, None]
    dark = np.array(identity.hair_colour) * 0.7 + 0.25 * identity.skin_colour * np.array([0.8, 0.95, 1.1])
    return np.asarray(colour * (1 - shade) + dark * shade)


def _folds(identity: Identity, rest: Floats, colour: Floats) -> Floats:
    """Lines that deepen with age: nose to mouth corner, mouth corner down, under the eye, across the forehead."""
    x, y, front = np.abs(rest[:, 0]), rest[:, 1], rest[:, 2] < 50
    smile = _near_line(x, y, (17.0, 46.0), (33.0, 74.0), 1.6)
    mouth = 0.7 * _near_line(x, y, (30.0, 82.0), (33.0, 97.0), 1.8)
    bag = 0.6 * _near_line(x, y, (17.0, 12.0), (32.0, 18.0), 1.4)
    crow = 0.5 * (_near_line(x, y, (51.0, 0.0), (60.0, -4.0), 0.8) + _near_line(x, y, (51.0, 4.0), (60.0, 6.0), 0.8))
    shade = np.clip(smile + mouth + bag + crow, 0, 1) * front * (0.06 + 0.30 * identity.old)
    corner = _near_line(x, y, (19.0, 74.6), (26.8, 75.0), 0.9) + 0.35 * bump(np.hypot(x - 27.5, y - 75.5), 0, 2.5)
    shade = np.clip(shade + 0.62 * corner * front, 0, 0.8)
    return np.asarray(colour * (1 - shade[:, None] * np.array([0.8, 1.0, 1.0])))


def _near_line(x: Floats, y: Floats, start: tuple[float, float], end: tuple[float, float], width: float) -> Floats:
    direction = np.subtract(end, start)
    along = np.clip(((x - start[0]) * direction[0] + (y - start[1]) * direction[1]) / (direction @ direction), 0, 1)
    gap = np.hypot(x - start[0] - along * direction[0], y - start[1] - along * direction[1])
    return np.asarray(bump(gap, 0, width) * np.minimum(1.0, 4 * along * (1 - along) + 0.3))


def _scalp(identity: Identity, rest: Floats, colour: Floats, mottle: Floats) -> Floats:
    strength = 0.12 if identity.hair_style == "bald" else 0.85
    edge = smoothstep(-3.0, 7.0, hair_cover(rest, identity.hairline_lift_mm) + 4 * mottle) * strength
    brows = 0.42 * identity.brow_density * brow_cover(rest, identity.brow_width_mm)
    share = np.clip(edge + brows, 0, 0.95)[:, None]
    root = np.array(identity.hair_colour) * 0.4 + 0.08 * identity.skin_colour
    return np.asarray(colour * (1 - share) + root * share)


def _lips(identity: Identity, colour: Floats, lips: Floats, pores: Floats) -> Floats:
    tint = np.array([0.84, 0.50, 0.50]) ** (0.35 + 0.9 * identity.lip_colour)
    lip = identity.skin_colour * tint * (1 + 0.10 * pores[:, None])
    return np.asarray(colour * (1 - lips[:, None]) + lip * lips[:, None])


def _wrinkles(identity: Identity, rest: Floats, pores: Floats, lips: Floats) -> Floats:
    wave = np.sin(rest[:, 1] * 2 * np.pi / 9.5 + 0.06 * rest[:, 0] + 1.5 * pores[:, 2])
    forehead = bump(rest[:, 1], -42, 14) * bump(rest[:, 0], 0, 34) * (rest[:, 2] < 40)
    bumps = pores * (0.045 + 0.03 * identity.old)
    bumps[:, 1] += 0.22 * identity.old * forehead * wave
    bumps[:, 0] += 0.18 * lips * np.sin(rest[:, 0] * 2 * np.pi / 1.9)
    return bumps
