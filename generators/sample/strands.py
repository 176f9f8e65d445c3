"""Hair, brows, lashes and beards as single strands: where they grow and how they fall."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from generators.sample.identity import HairStyle, Identity
from generators.sample.noise import NoiseField, smoothstep
from generators.sample.skin import beard_cover, brow_cover, hair_cover

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_DOWN = np.array([0.0, 1.0, 0.0])
# Where tied hair is gathered, mm from the sellion.
_BUN = np.array([0.0, -12.0, 200.0])
_UPPER_LID = (13363, 13364, 13369, 13371, 13359, 13352, 13353, 13358, 13357, 13356, 13355, 13354)
_LOWER_LID = (13361, 13362, 13378, 13367, 13368, 13370, 13372, 13373, 13374, 13366)


@dataclass(frozen=True)
class Strands:
    """Polylines (N, K, 3) on the unposed head, with a colour (N, 3) each, linear RGB."""

    points: Floats
    colour: Floats


@dataclass(frozen=True)
class Scalp:
    """The skin that strands grow from: vertices (V, 3), normals, places on the neutral head, triangles (T, 3)."""

    vertices: Floats
    normals: Floats
    rest: Floats
    triangles: Ints


@dataclass(frozen=True)
class Roots:
    """Where strands leave the skin (all (N, 3))."""

    place: Floats
    normal: Floats
    rest: Floats


@dataclass(frozen=True)
class Cut:
    """A hair cut: number of strands and of their steps, length on top and at the sides in mm, and how they behave."""

    count: int
    steps: int
    top_mm: float
    side_mm: float
    lift: float
    gravity: float
    curl: float
    gathered: bool = False


_CUTS: dict[HairStyle, Cut] = {
    "buzz": Cut(12000, 2, 4.0, 3.0, 0.7, 0.0, 0.1),
    "short": Cut(10000, 5, 19.0, 7.0, 0.40, 0.10, 0.12),
    "swept": Cut(9000, 8, 55.0, 11.0, 0.42, 0.12, 0.10),
    "curly": Cut(9000, 9, 44.0, 30.0, 0.7, 0.10, 1.2),
    "tied": Cut(8000, 11, 125.0, 110.0, 0.10, 0.0, 0.04, gathered=True),
    "bob": Cut(8000, 18, 205.0, 150.0, 0.08, 0.55, 0.04),
    "long": Cut(8500, 26, 340.0, 290.0, 0.08, 0.55, 0.04),
}


def scatter_roots(scalp: Scalp, density: Callable[[Floats], Floats], count: int, rng: np.random.Generator) -> Roots:
    """`count` roots at random, as dense as `density` of places (T, 3) on the neutral head says."""
    corners = scalp.vertices[scalp.triangles]
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    share = area * np.clip(density(scalp.rest[scalp.triangles].mean(axis=1)), 0, None)
    # Triangles are larger than the finest outline: draw more than needed, then keep by the density at the root itself.
    chosen = rng.choice(len(share), size=count * 3, p=share / share.sum())
    weights = rng.dirichlet(np.ones(3), size=count * 3)[:, :, None]
    rest = (scalp.rest[scalp.triangles[chosen]] * weights).sum(axis=1)
    kept = np.flatnonzero(rng.random(count * 3) < density(rest))[:count]
    own, weights = scalp.triangles[chosen[kept]], weights[kept]
    normal = (scalp.normals[own] * weights).sum(axis=1)
    return Roots((scalp.vertices[own] * weights).sum(axis=1), _unit(normal), rest[kept])


def grow_hair(identity: Identity, scalp: Scalp, field: NoiseField, rng: np.random.Generator) -> Strands | None:
    """The hair of the head, or None for a bald one."""
    if identity.hair_style == "bald":
        return None
    cut = _CUTS[identity.hair_style]
    lift = identity.hairline_lift_mm
    roots = scatter_roots(scalp, lambda rest: smoothstep(-2.0, 6.0, hair_cover(rest, lift)), cut.count, rng)
    clump = field.at(roots.rest, 7.0)
    top = smoothstep(-35, -85, roots.place[:, 1])
    length = (
        (cut.side_mm + (cut.top_mm - cut.side_mm) * top) * rng.uniform(0.75, 1.1, len(top)) * (1 + 0.1 * clump[:, 0])
    )
    wild = 0.4 if cut.top_mm > 100 else 1.0
    flow = _flow(identity, roots) + wild * (0.22 * clump + 0.10 * rng.normal(0, 1, clump.shape))
    direction = _unit(cut.lift * roots.normal * (0.6 + 0.8 * top[:, None]) + flow)
    points = _fall(cut, roots, direction, length, skull=_skull(scalp), rng=rng)
    return Strands(points, _strand_colours(identity.hair_colour, clump[:, 1], rng))


def grow_brows(identity: Identity, scalp: Scalp, rng: np.random.Generator) -> Strands:
    """Both brows."""
    count = int(900 * identity.brow_density * identity.brow_width_mm / 3.5)
    roots = scatter_roots(scalp, lambda rest: brow_cover(rest, identity.brow_width_mm), count, rng)
    x = np.abs(roots.rest[:, 0])
    upwards = -np.interp(x, [9, 18, 40, 60], [0.9, 0.45, 0.0, -0.45])
    along = np.stack([np.sign(roots.rest[:, 0]), upwards, np.full(len(x), 0.15)], axis=1)
    along = along + 0.18 * rng.normal(0, 1, along.shape)
    direction = _unit(_tangent(along, roots.normal) + 0.12 * roots.normal)
    length = rng.uniform(4.5, 8.5, len(x))
    points = _straight(roots.place + 0.2 * roots.normal, direction, length, 3)
    return Strands(points, _strand_colours(_brow_colour(identity), rng.normal(0, 0.5, len(x)), rng))


def grow_beard(identity: Identity, scalp: Scalp, rng: np.random.Generator) -> Strands | None:
    """A short full beard, or None."""
    if identity.beard_mm <= 0:
        return None
    roots = scatter_roots(scalp, beard_cover, 6500, rng)
    sideways = np.stack([0.35 * np.sign(roots.rest[:, 0]), np.ones(len(roots.rest)), np.zeros(len(roots.rest))], axis=1)
    wild = 0.35 * rng.normal(0, 1, roots.place.shape)
    direction = _unit(_tangent(sideways + wild, roots.normal) + 0.45 * roots.normal)
    length = identity.beard_mm * rng.uniform(0.6, 1.1, len(roots.rest))
    points = _straight(roots.place, direction, length, 3)
    return Strands(points, _strand_colours(identity.hair_colour, rng.normal(0, 0.6, len(length)), rng))


def grow_lashes(identity: Identity, vertices: Floats, twin: Ints, rng: np.random.Generator) -> Strands:
    """Lashes of both eyes along the lid margins."""
    parts = []
    for lid, upwards, count in ((_UPPER_LID, -1.0, 90), (_LOWER_LID, 0.8, 40)):
        for side in (np.array(lid), twin[np.array(lid)]):
            parts.append(_lash_row(vertices[side], upwards, count, identity.male, rng))
    points = np.concatenate(parts)
    colour = np.tile(np.minimum(np.array(identity.hair_colour) * 0.3, 0.012), (len(points), 1))
    return Strands(points, colour)


def _lash_row(margin: Floats, upwards: float, count: int, male: float, rng: np.random.Generator) -> Floats:
    place = np.sort(rng.uniform(0.06, 0.99, count)) * (len(margin) - 1)
    root = np.stack([np.interp(place, np.arange(len(margin)), margin[:, axis]) for axis in range(3)], axis=1)
    splay = (root[:, 0] - margin[:, 0].mean()) / 22.0
    long = (5.0 - 1.3 * male) if upwards < 0 else 2.0
    length = long * rng.uniform(0.7, 1.1, count) * (0.75 + 0.4 * place / len(margin))
    direction = np.stack(
        [splay + rng.normal(0, 0.12, count), np.full(count, upwards * 0.35), np.full(count, -1.0)], axis=1
    )
    steps = np.linspace(0, 1, 4)[None, :, None]
    curve = root[:, None, :] + _unit(direction)[:, None, :] * length[:, None, None] * steps
    curve[:, :, 1] += upwards * length[:, None] * 0.5 * steps[:, :, 0] ** 2
    return curve


def _flow(identity: Identity, roots: Roots) -> Floats:
    """The way hair is combed at each root, before gravity."""
    x, z = roots.place[:, 0], roots.place[:, 2]
    count = len(x)
    part = np.tanh((x - identity.hair_parting_mm) / 6.0)
    top = smoothstep(-30, -80, roots.place[:, 1])
    ones = np.ones(count)
    if identity.hair_style in ("bob", "long"):
        flow = np.stack([part, 0.25 * ones, 0.55 * ones * smoothstep(110, 10, z)], axis=1)
    elif identity.hair_style == "swept":
        flow = np.stack([0.7 * part * top, 0.5 * (1 - top) - 0.2 * top, 0.75 * ones], axis=1)
    elif identity.hair_style == "tied":
        flow = _unit(_BUN - roots.place)
    elif identity.hair_style == "curly":
        flow = np.zeros((count, 3))
    else:
        forward = -0.55 * top
        flow = np.stack([0.3 * part * top, 0.75 * (1 - top), forward + 0.35 * (1 - top)], axis=1)
    return _tangent(flow, roots.normal)


def _fall(
    cut: Cut, roots: Roots, direction: Floats, length: Floats, *, skull: Floats, rng: np.random.Generator
) -> Floats:
    """Strands (N, steps + 1, 3) step by step: stiffness, gravity, curl, and never into the skull."""
    height = rng.uniform(1.0, 3.0 + 9.0 * cut.lift, len(length)) if cut.steps > 6 else np.full(len(length), 1.0)
    step = (length / cut.steps)[:, None]
    place, points = roots.place + 0.3 * roots.normal, [roots.place]
    phase = rng.uniform(0, 2 * np.pi, len(length))
    for number in range(cut.steps):
        if cut.gathered:
            direction = _unit(direction + 0.6 * _unit(_BUN - place))
        turn = phase + 1.9 * number
        swirl = np.stack([np.cos(turn), 0.4 * np.sin(1.7 * turn), np.sin(turn)], axis=1)
        direction = _unit(direction + cut.gravity * _DOWN + cut.curl * swirl + 0.03 * rng.normal(0, 1, place.shape))
        place = _outside(place + step * direction, skull, height * min(1.0, (number + 1) / 3))
        place = _off_the_face(place) if cut.top_mm > 100 else place
        points.append(place)
    return np.stack(points, axis=1)


def _off_the_face(place: Floats) -> Floats:
    """Long hair falls beside the face: below the brow it is brought behind the cheek."""
    limit = np.interp(place[:, 1], [-60, -25, 20, 110, 170], [-30, 18, 50, 62, 30])
    lack = np.clip(limit - place[:, 2], 0, None)
    moved = place.copy()
    moved[:, 2] += 0.7 * lack
    return moved


def _skull(scalp: Scalp) -> Floats:
    """Centre and radii (2, 3) of the ellipsoid around the hairy part of the head."""
    hairy = scalp.vertices[np.unique(scalp.triangles)]
    hairy = hairy[(hairy[:, 1] < 15) & (np.abs(hairy[:, 0]) < 84) & (hairy[:, 1] < -12)]
    low, high = hairy.min(axis=0), hairy.max(axis=0)
    centre = np.array([0.0, low[1] + 105.0, (low[2] + high[2]) / 2])
    return np.stack([centre, np.array([high[0] * 0.985, 105.0, (high[2] - low[2]) / 2])])


def _outside(place: Floats, skull: Floats, height: Floats) -> Floats:
    offset = place - skull[0]
    distance = np.linalg.norm(offset / skull[1], axis=1)
    wanted = 1 + height / 95.0
    factor = np.where((distance < wanted) & (place[:, 1] < skull[0][1] + 40), wanted / np.maximum(distance, 1e-6), 1.0)
    return np.asarray(skull[0] + offset * factor[:, None])


def _straight(root: Floats, direction: Floats, length: Floats, steps: int) -> Floats:
    along = np.linspace(0, 1, steps)[None, :, None] * length[:, None, None]
    curve = root[:, None, :] + direction[:, None, :] * along
    curve[:, :, 1] += 0.10 * length[:, None] * np.linspace(0, 1, steps)[None, :] ** 2
    return np.asarray(curve)


def _strand_colours(colour: tuple[float, float, float], clump: Floats, rng: np.random.Generator) -> Floats:
    shade = np.exp(0.22 * rng.normal(0, 1, len(clump)) + 0.30 * clump)
    return np.asarray(np.array(colour) * shade[:, None])


def _brow_colour(identity: Identity) -> tuple[float, float, float]:
    share = min(0.75, 0.13 / max(identity.hair_colour))
    red, green, blue = (share * value for value in identity.hair_colour)
    return red, green, blue


def _tangent(vectors: Floats, normals: Floats) -> Floats:
    return np.asarray(vectors - (vectors * normals).sum(axis=1, keepdims=True) * normals)


def _unit(vectors: Floats) -> Floats:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9))
