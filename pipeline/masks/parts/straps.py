"""Ear loops, head straps and ties: lines over the head from the mask's sides, hidden where the head hides them."""

from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.core.arrays import FloatImage
from pipeline.masks.head.canonical import CanonicalHead, HeadFit, from_cylinder, sample_field, to_cylinder
from pipeline.masks.limits import MillimetreRange, Millimetres, Probability, Share, ShareRange, Width, WidthRange
from pipeline.masks.parts.chance import uniform
from pipeline.masks.parts.colours import Colour, Srgb, draw_colour
from pipeline.masks.parts.part import Ground, Ranges

_STEPS, _SHORTEST = 14, 2
_WAY = np.linspace(0, 1, _STEPS)
_SAG = np.sin(np.pi * _WAY)
_TURNED_AWAY = -0.05
_ABOVE_SKIN_MM = 1.5
_ZOOM = 2
_THINNEST = 1.3

StrapKind = Literal["ear_loops", "head_straps", "ties"]

_ENDS: dict[StrapKind, tuple[str, str]] = {
    "ear_loops": ("ear_top", "ear_bottom"),
    "head_straps": ("strap_upper", "strap_lower"),
    "ties": ("strap_upper", "strap_lower"),
}


class StrapRanges(Ranges):
    """How the mask is held; `top_v` and `bottom_v` say where the straps leave its sides.

    `hidden` is the probability, for each side, that hair hides them whole; otherwise hair may hide their far part.
    """

    kind: Literal[StrapKind, "none"]
    top_v: ShareRange = (0.03, 0.03)
    bottom_v: ShareRange = (0.97, 0.97)
    width_mm: WidthRange = (2.5, 4)
    sag_mm: MillimetreRange = (0, 4)
    hidden: Probability = 0.45
    colours: tuple[Colour, ...] = ()
    like_mask: Probability = 0


@dataclass(frozen=True, slots=True)
class Straps:
    """Drawn straps; `seen` is how much of them stands before the hair on the viewer's left and right."""

    kind: StrapKind
    top_v: Share
    bottom_v: Share
    width_mm: Width
    sag_mm: Millimetres
    seen: tuple[Share, Share]
    colour: Srgb


def draw_straps(ranges: StrapRanges, ground: Ground, rng: np.random.Generator) -> Straps | None:
    """Straps of one of their colours or of the mask's, or none."""
    if ranges.kind == "none":
        return None
    like_mask = rng.random() < ranges.like_mask or not ranges.colours
    return Straps(
        kind=ranges.kind,
        top_v=uniform(ranges.top_v, rng),
        bottom_v=uniform(ranges.bottom_v, rng),
        width_mm=uniform(ranges.width_mm, rng),
        sag_mm=uniform(ranges.sag_mm, rng),
        seen=(_seen_share(ranges.hidden, rng), _seen_share(ranges.hidden, rng)),
        colour=ground.colour if like_mask else draw_colour(ranges.colours, 6, rng),
    )


def _seen_share(hidden: float, rng: np.random.Generator) -> float:
    """How much of one side's straps stands before the hair, from the mask on."""
    share = uniform((0.4, 0.95), rng)  # whole straps would reach beyond the ears of heads narrower than the mean
    return 0.0 if rng.random() < hidden else share


@dataclass(frozen=True, slots=True)
class StrapLine:
    """One visible run of strap: `xy (N, 2)` in pixels and the unit normals `(N, 3)` of the head under it."""

    xy: NDArray[np.float32]
    normals: NDArray[np.float64]


def strap_lines(
    straps: Straps,
    edges: tuple[NDArray[np.float64], NDArray[np.float64]],
    fit: HeadFit,
    head: CanonicalHead,
) -> list[StrapLine]:
    """The runs that are seen of all four straps of a mask whose left and right edge are `(N, 3)` from top to bottom."""
    starts, ends, steps = [], [], []
    for side, edge, seen in zip(("left", "right"), edges, straps.seen, strict=True):
        if seen == 0:
            continue
        for end, v in zip(_ENDS[straps.kind], (straps.top_v, straps.bottom_v), strict=True):
            starts.append(_on_edge(edge, v))
            ends.append(head.anchors[f"{end}_{side}"])
            steps.append(round(seen * _STEPS))
    if not starts:
        return []
    azimuth, y, radius = _paths(np.array(starts), np.array(ends, dtype=np.float64), straps.sag_mm, head)
    normals = _normals(azimuth, fit)
    xy, _ = fit.project(from_cylinder(azimuth, y, radius), head)
    runs = _runs((normals[:, 2] < _TURNED_AWAY).tolist(), steps)
    return [StrapLine(xy[run], normals[run]) for run in runs]


def _normals(azimuth_deg: NDArray[np.float64], fit: HeadFit) -> NDArray[np.float64]:
    """Unit normals `(N, 3)` in camera axes of an upright cylinder in the head's axis."""
    angle = np.radians(azimuth_deg)[:, None]
    return np.asarray(np.sin(angle) * fit.rotation[:, 0] - np.cos(angle) * fit.rotation[:, 2])


def _on_edge(edge: NDArray[np.float64], v: float) -> NDArray[np.float64]:
    at = v * (len(edge) - 1)
    low = min(int(at), len(edge) - 2)
    return np.asarray(edge[low] + (edge[low + 1] - edge[low]) * (at - low))


def _paths(
    starts: NDArray[np.float64], ends: NDArray[np.float64], sag_mm: float, head: CanonicalHead
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Taut lines from each start to its end that rest on the head where it stands in their way.

    In cylindrical coordinates `(K * _STEPS,)`.
    """
    chords = starts[:, None] + (ends - starts)[:, None] * _WAY[:, None]
    azimuth, y, radius = to_cylinder(chords.reshape(-1, 3))
    y += np.tile(sag_mm * _SAG, len(starts))
    shape = chords.shape[:2]  # OpenCV rounds otherwise at the end of a row: a row a strap, as ever
    skin = sample_field(head.radius, azimuth.reshape(shape), y.reshape(shape)).ravel()
    return azimuth, y, np.maximum(radius, skin + _ABOVE_SKIN_MM)


def _runs(visible: list[bool], steps: list[int]) -> list[slice]:
    """The runs of two visible points and more among the first steps of each path."""
    runs = []
    for path, count in enumerate(steps):
        start = first = path * _STEPS
        for at in range(first, first + count + 1):
            if at < first + count and visible[at]:
                continue
            if at - start >= _SHORTEST:
                runs.append(slice(start, at))
            start = at + 1
    return runs


def paint_straps(xy: NDArray[np.float32], lengths: list[int], width_px: float, width: int, height: int) -> FloatImage:
    """Opacity `(height, width)` of straps along points `(N, 2)`, so many of which make each of them.

    They are painted twice as large, so that thin ones keep their width.
    """
    canvas = np.zeros((height * _ZOOM, width * _ZOOM), dtype=np.uint8)
    thickness, painted_px = _thickness(width_px)
    points = np.rint((xy + 0.5) * _ZOOM * 8 - 4).astype(np.int32)
    ends = list(accumulate(lengths, initial=0))
    lines = [points[first:end] for first, end in pairwise(ends)]
    cv2.polylines(canvas, lines, False, 255, thickness, cv2.LINE_AA, 3)
    small = cv2.resize(canvas, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    return np.asarray(small * min(1.0, width_px / painted_px), dtype=np.float32)


def _thickness(width_px: float) -> tuple[int, float]:
    """The thickness to ask of OpenCV for a line this wide, and how wide, in pixels, the line then is.

    Its antialiased lines are 1.3 canvas pixels wide for a thickness of 1, and 2k + 1.3 for one of 2k.
    """
    steps = max(0, round((width_px * _ZOOM - _THINNEST) / 2))
    return max(1, 2 * steps), (2 * steps + _THINNEST) / _ZOOM
