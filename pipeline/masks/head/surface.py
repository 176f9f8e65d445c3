"""The shape of a mask: a grid of points in canonical head coordinates, tented over the head."""

import math
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.core.arrays import FloatImage
from pipeline.masks.compiled import head_calls
from pipeline.masks.compiled.inputs import Grid, Outline, Tent
from pipeline.masks.compiled.library import or_compiled
from pipeline.masks.head.canonical import AXIS_Z_MM, CanonicalHead, HeadFit, from_cylinder, sample_field, to_cylinder
from pipeline.masks.head.fitting import picture_axes
from pipeline.masks.limits import Degrees, Factor, Millimetres, OpenShare, Power

ROWS, COLUMNS = 15, 17
_FULL_TAUTNESS_STEPS = 40

_JAW_Y_MM, _THROAT_SLOPE = 102.0, 1.2
"""From where on, and by how much for each mm down, a sheet may lead back under the jaw."""

_FREE_MM = 5.0
"""How far a mask may stand beyond the outline of a turned head. In the sample 3 % of a mask or more lies outside the
head in 4.4 % of cases at 8 mm, in 3.4 % at 5 and in 2.3 % at 3; less than 5 would flatten the beaks of respirators."""

_TURN_DEG = (10.0, 20.0)
"""Yaw from which that holds, and from which it holds fully."""

_SKIN_GAP_MM = 1.0
_LEAST_SLOPE = 0.3
"""Where the radius runs this much along the line of sight or more, it is no use to shorten it further."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A mask's outline and its height above the face. Millimetres and degrees in canonical head coordinates.

    The top edge runs from `top_centre_mm` on the nose ridge to `top_side_mm` at the sides as |u|^`top_curve`, the
    bottom edge likewise; y grows downwards (nose tip 36, mouth 70, chin 108). The sides stand at `side_top_deg` and
    `side_bottom_deg` of azimuth (ear 100), pushed out between the corners by `side_bulge_deg`.

    `tautness` 0 lets the sheet lie on the skin, 1 stretches it from ridge to ridge like a membrane. On it stands
    `protrusion_mm` x (1 - |u|^`across_power`)^`across_round` x profile(v)^`profile_power`, where the profile rises to 1
    at `peak_start` and falls from `peak_end`: equal values make a beak, distant ones a flat front. Rows
    written before edges were waved have no `wave_mm`, `wave_deg` and `wave_turn`.
    """

    top_centre_mm: Millimetres
    top_side_mm: Millimetres
    top_curve: Power
    bottom_centre_mm: Millimetres
    bottom_side_mm: Millimetres
    bottom_curve: Power
    side_top_deg: Degrees
    side_bottom_deg: Degrees
    side_bulge_deg: Degrees
    clearance_mm: Millimetres
    tautness: Power
    edge_gap_mm: Millimetres
    protrusion_mm: Millimetres
    across_power: Power
    across_round: Power
    peak_start: OpenShare
    peak_end: OpenShare
    profile_power: Power
    shift_deg: Degrees = 0.0
    tilt_mm: Millimetres = 0.0
    wave_mm: Millimetres | None = None
    wave_deg: Degrees | None = None
    wave_turn: Factor | None = None


GRID = Grid(np.linspace(-1, 1, COLUMNS), np.linspace(0, 1, ROWS))
"""From the viewer's left to right, and from top to bottom."""


def build_surface(
    shape: Shape, head: CanonicalHead, placed: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None
) -> NDArray[np.float64]:
    """Points `(ROWS, COLUMNS, 3)` of the mask in canonical head coordinates.

    `placed` is the azimuth and y of each grid point where something else than `place_outline` says so.
    """
    azimuth, y = placed or place_outline(shape)
    return tented(sample_field(head.radius, azimuth, y), azimuth, y, _tent(shape), GRID)


@or_compiled(head_calls.evenly_spaced)
def evenly_spaced(surface: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same sheet with its points at equal ways down each column, then across each half row; the middle stays.

    A texture is as wide everywhere as it is on flat cloth only on such a grid. One that is even in y and azimuth draws
    what lies before mouth and nose a third too wide, because the sheet is long where it leads back under the chin.
    """
    across = _evened(surface).swapaxes(0, 1)
    middle = len(across) // 2
    left, right = np.split(_evened(np.concatenate([across[: middle + 1], across[middle:]], axis=1)), 2, axis=1)
    return np.concatenate([left, right[1:]]).swapaxes(0, 1)


def _evened(lines: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points `(N, M, 3)` of M lines, moved along them to N equal ways by linear interpolation."""
    count = len(lines)
    way = np.zeros(lines.shape[:2])
    steps = lines[1:] - lines[:-1]
    steps *= steps
    np.cumsum(np.sqrt(steps[..., 0] + steps[..., 2] + steps[..., 1]), axis=0, out=way[1:])
    wanted = _shares(count) * way[-1]
    passed = (way[None] <= wanted[:, None]).sum(axis=1, dtype=np.uint8)  # of a grid's rows or columns: below 256
    after = np.clip(passed, 1, count - 1).astype(np.intp)
    line = np.arange(lines.shape[1])
    start, end = way[after - 1, line], way[after, line]
    share = ((wanted - start) / np.maximum(end - start, 1e-9))[..., None]
    return np.asarray(lines[after - 1, line] * (1 - share) + lines[after, line] * share)


@lru_cache(maxsize=4)
def _shares(count: int) -> NDArray[np.float64]:
    """From 0 to 1 in equal steps, `(count, 1)`."""
    return np.linspace(0, 1, count)[:, None]


def place_outline(shape: Shape) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Azimuth in degrees and y in mm of each grid point."""
    waves = shape.wave_mm or 0.0, shape.wave_deg or 0.0, 2 * np.pi * (shape.wave_turn or 0.0)
    outline = Outline(
        shape.top_centre_mm, shape.top_side_mm, shape.top_curve,
        shape.bottom_centre_mm, shape.bottom_side_mm, shape.bottom_curve,
        shape.side_top_deg, shape.side_bottom_deg, shape.side_bulge_deg,
        shape.shift_deg, shape.tilt_mm, *waves,
    )  # fmt: skip
    return outlined(outline, GRID)


@or_compiled(head_calls.outlined)
def outlined(outline: Outline, grid: Grid) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Azimuth in degrees and y in mm of each point `(R, C)` of a grid.

    Each edge is bent by a slow wave of its own: no worn mask is quite symmetric or smooth.
    """
    o, u, v, across = outline, grid.u, grid.v[:, None], np.abs(grid.u)
    top = o.top_centre_mm + (o.top_side_mm - o.top_centre_mm) * _powers(across, o.top_curve)
    bottom = o.bottom_centre_mm + (o.bottom_side_mm - o.bottom_centre_mm) * _powers(across, o.bottom_curve)
    side = o.side_top_deg + (o.side_bottom_deg - o.side_top_deg) * v + o.side_bulge_deg * 4 * v * (1 - v)
    outwards = across * np.cos(4 * v + np.where(u < 0, 5, 7) * o.turn)
    down = np.cos(3 * u + o.turn) * (1 - v) + np.cos(2.5 * u + 3 * o.turn) * v
    azimuth = u * side + o.shift_deg + o.wave_deg * outwards
    return azimuth, top + (bottom - top) * v + o.tilt_mm * u + o.wave_mm * down


def _powers(values: NDArray[np.float64], exponent: float) -> NDArray[np.float64]:
    """Each to the power, as C's library computes it: numpy has its own way, which gives other last digits."""
    return np.array([math.pow(value, exponent) for value in values.tolist()])


def _tent(shape: Shape) -> Tent:
    return Tent(
        AXIS_Z_MM, _JAW_Y_MM, _THROAT_SLOPE, shape.clearance_mm, round(_FULL_TAUTNESS_STEPS * shape.tautness),
        shape.edge_gap_mm, shape.protrusion_mm, shape.across_power, shape.across_round,
        shape.peak_start, shape.peak_end, shape.profile_power,
    )  # fmt: skip


@or_compiled(head_calls.tented)
def tented(
    skin: FloatImage, azimuth: NDArray[np.float64], y: NDArray[np.float64], tent: Tent, grid: Grid
) -> NDArray[np.float64]:
    """Points `(R, C, 3)` of a sheet over skin of these distances from the head's axis, at these places, all `(R, C)`.

    The rim stays on the skin, the sides off it by the gap.
    """
    rest = _spanning_throat(skin, y, tent) + np.float32(tent.clearance_mm)
    rest[:, [0, -1]] += np.float32(tent.edge_gap_mm)
    across = _powers(np.maximum(1 - _powers(np.abs(grid.u), tent.across_power), 0), tent.across_round)
    rise = np.minimum(grid.v / tent.peak_start, (1 - grid.v) / (1 - tent.peak_end))
    profile = _powers(np.clip(rise, 0, 1), tent.profile_power)
    radius = _stretched(rest, tent.steps).astype(np.float64) + tent.protrusion_mm * across * profile[:, None]
    return from_cylinder(azimuth, y, radius)


def _spanning_throat(skin: FloatImage, y: NDArray[np.float64], tent: Tent) -> FloatImage:
    """The radius `(R, C)` on which a sheet rests: the skin, but under the jaw it leads back less steeply.

    The skin there runs back almost level. A sheet that followed it would reach 50 mm behind the chin, and the lower
    edge of a mask would hang down beside the chin of a turned head as a curl.
    """
    lead = (tent.throat_slope * np.maximum(y - tent.jaw_mm, 0)).astype(np.float32)
    spanned = np.maximum.accumulate(np.where(y > tent.jaw_mm, skin + lead, np.float32(0)), axis=0) - lead
    return np.asarray(np.maximum(skin, spanned), dtype=np.float32)


def _stretched(rest: FloatImage, steps: int) -> FloatImage:
    """A membrane over `rest (H, W)` by projected Jacobi steps: inner points go to the mean around them, none below."""
    sheet, mean = rest.copy(), rest.copy()
    free, held, pulled = (grid[1:-1, 1:-1] for grid in (sheet, rest, mean))
    for _ in range(steps):
        cv2.blur(sheet, (3, 3), mean)
        np.maximum(held, pulled, out=free)
    return sheet


def held_to_cheek(surface: NDArray[np.float64], fit: HeadFit, head: CanonicalHead) -> NDArray[np.float64]:
    """The surface with what would stand out beyond the far cheek of a turned head drawn in towards the skin.

    A sheet that bridges nose and cheek stands free of both; seen from the front it lies before the face, from the side
    it would hang in the air beside it. Beyond the head's outline it keeps _FREE_MM at most, more and more strictly over
    _TURN_DEG of yaw, and never comes closer to the skin than _SKIN_GAP_MM.
    """
    yaw = fit.pose.yaw_deg
    strictness = min(max((abs(yaw) - _TURN_DEG[0]) / (_TURN_DEG[1] - _TURN_DEG[0]), 0.0), 1.0)
    if strictness == 0:
        return surface
    across, down = fit.stretch * picture_axes(fit.rotation)
    across = across * np.sign(yaw)
    outline_down, outline_across = _far_outline(across, down, np.sign(yaw), head)
    beyond = np.maximum(surface @ across - np.interp(surface @ down, outline_down, outline_across), 0)
    surplus = strictness * (beyond - _FREE_MM * np.tanh(beyond / _FREE_MM))
    azimuth, y, radius = (part.reshape(surface.shape[:2]) for part in to_cylinder(surface.reshape(-1, 3)))
    angle = np.radians(azimuth)
    slope = across[0] * np.sin(angle) - across[2] * np.cos(angle)
    drawn_in = radius - surplus / np.maximum(slope, _LEAST_SLOPE)
    lowest = np.minimum(radius, sample_field(head.radius, azimuth, y) + _SKIN_GAP_MM)
    return from_cylinder(azimuth, y, np.maximum(drawn_in, lowest))


def _far_outline(
    across: NDArray[np.float64], down: NDArray[np.float64], side: float, head: CanonicalHead
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How far down, growing, and how far across the outline of the head's side lies (1 is the viewer's right)."""
    points = head.profiles * (side, 1, 1)
    reach = points @ across
    outermost = reach.argmax(axis=1)
    rows = np.arange(len(points))
    return np.maximum.accumulate(points[rows, outermost] @ down), reach[rows, outermost]
