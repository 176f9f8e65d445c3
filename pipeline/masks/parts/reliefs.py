"""What stands out of a mask's surface: pleats, seams, rims, wrinkles, weave. Heights in millimetres over a texture."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pipeline.core.arrays import FloatImage
from pipeline.masks.imaging.noise import NoiseKind, NoiseTurn, sample_noise

_COARSE_MM = 4.0


@dataclass(frozen=True)
class TextureSpace:
    """A texture of `height` x `width` texels that covers `height_mm` x `width_mm` of mask."""

    width: int
    height: int
    width_mm: float
    height_mm: float

    @cached_property
    def u(self) -> FloatImage:
        """Columns in [-1, 1], `(1, width)`."""
        return np.linspace(-1, 1, self.width, dtype=np.float32)[None, :]

    @cached_property
    def v(self) -> FloatImage:
        """Rows in [0, 1], `(height, 1)`."""
        return np.linspace(0, 1, self.height, dtype=np.float32)[:, None]

    @cached_property
    def x_mm(self) -> FloatImage:
        """Millimetres from the middle, `(1, width)`."""
        return np.asarray(self.u * np.float32(self.width_mm / 2))

    @cached_property
    def y_mm(self) -> FloatImage:
        """Millimetres from the top edge, `(height, 1)`."""
        return np.asarray(self.v * np.float32(self.height_mm))

    @cached_property
    def edge_mm(self) -> FloatImage:
        """Distance from the nearest edge, full size."""
        return np.minimum(self.side_mm, self.end_mm)

    @cached_property
    def side_mm(self) -> FloatImage:
        """Distance from the nearer side, `(1, width)`."""
        return np.asarray(self.width_mm / 2 - np.abs(self.x_mm), dtype=np.float32)

    @cached_property
    def end_mm(self) -> FloatImage:
        """Distance from the top or bottom edge, `(height, 1)`."""
        return np.asarray(np.minimum(self.y_mm, self.height_mm - self.y_mm), dtype=np.float32)

    @cached_property
    def coarse(self) -> "TextureSpace":
        """The same mask in texels of some _COARSE_MM, for what changes slowly over it."""
        width, height = (max(2, math.ceil(mm / _COARSE_MM)) for mm in (self.width_mm, self.height_mm))
        return TextureSpace(min(width, self.width), min(height, self.height), self.width_mm, self.height_mm)

    def noise(self, kind: NoiseKind, turn: NoiseTurn) -> FloatImage:
        """Noise over the texture."""
        texel = (self.width_mm / self.width, self.height_mm / self.height)
        return sample_noise(kind, (self.width, self.height), texel, turn)

    @property
    def texel_mm(self) -> float:
        """Millimetres a texel, the finer of both directions."""
        return min(self.width_mm / self.width, self.height_mm / self.height)


def _bump(distance_mm: NDArray[np.floating], width_mm: float) -> FloatImage:
    """A round ridge of height 1 around distance 0; never thinner than the texture can hold."""
    return np.asarray(np.exp(-((distance_mm / width_mm) ** 2)), dtype=np.float32)


def pleats(space: TextureSpace, p: dict[str, float]) -> FloatImage:
    """Horizontal folds that overlap downwards; `bow` bends them where they open over the nose and mouth."""
    middle = 1 - space.u**2
    sway = space.noise("smooth", NoiseTurn(300, 160, 0, p["bow"] * 5 % 1))
    v = space.v - p["bow"] * middle * np.sin(np.pi * space.v) - p["sway"] * sway
    start, stop, count = p["start_v"], p["stop_v"], int(p["count"])
    phase = np.clip((v - start) / (stop - start), 0, 1) * count
    within = phase - np.floor(phase)
    drop = 1 - np.clip((within - (1 - p["lip"])) / p["lip"], 0, 1)
    inside = (v > start) & (v < stop)
    fade = 1 - p["fade"] * middle
    return np.asarray(p["depth_mm"] * within * drop * inside * fade, dtype=np.float32)


def vertical_seam(space: TextureSpace, p: dict[str, float]) -> FloatImage:
    """A ridge or, with a negative height, a groove down the middle; `curve` bends it to one side."""
    x = space.x_mm - p["at_mm"] - p["curve"] * np.sin(np.pi * space.v)
    return p["height_mm"] * _bump(x, max(p["width_mm"], space.texel_mm))


def horizontal_seam(space: TextureSpace, p: dict[str, float]) -> FloatImage:
    """A ridge across; `sag` lowers its ends, in parts of the mask's height."""
    y = (space.v - p["at_v"] - p["sag"] * space.u**2) * space.height_mm
    return p["height_mm"] * _bump(y, max(p["width_mm"], space.texel_mm))


def slanted_seam(space: TextureSpace, p: dict[str, float]) -> FloatImage:
    """Two mirrored straight ridges from `centre_v` in the middle to `side_v` at the sides."""
    y = (space.v - p["centre_v"] - (p["side_v"] - p["centre_v"]) * np.abs(space.u)) * space.height_mm
    return p["height_mm"] * _bump(y, max(p["width_mm"], space.texel_mm))


def rim(space: TextureSpace, p: dict[str, float]) -> FloatImage:
    """A welded line along the edge with the flange outside it pressed flat."""
    line = p["height_mm"] * _bump(space.edge_mm - p["distance_mm"], max(p["width_mm"], space.texel_mm))
    return line - p["flange_mm"] * (space.edge_mm < p["distance_mm"])


def weld_dots(space: TextureSpace, p: dict[str, float]) -> FloatImage:
    """Ultrasonic weld points along the edge."""
    turn = np.float32(2 * np.pi / max(p["spacing_mm"], 3 * space.texel_mm))
    dots = 0.5 + 0.5 * np.where(space.side_mm < space.end_mm, np.cos(space.y_mm * turn), np.cos(space.x_mm * turn))
    line = _bump(space.edge_mm - p["distance_mm"], max(p["width_mm"], space.texel_mm))
    return np.asarray(-p["depth_mm"] * dots * line, dtype=np.float32)


def wrinkles(space: TextureSpace, p: dict[str, float]) -> FloatImage:
    """Soft wrinkles of one main direction, from smooth noise stretched along `angle_deg`."""
    return p["height_mm"] * _turned_noise(space, "smooth", p)


def creases(space: TextureSpace, p: dict[str, float]) -> FloatImage:
    """Sharp crests as in crumpled or once-folded material."""
    return p["height_mm"] * _turned_noise(space, "creased", p)


def _turned_noise(space: TextureSpace, kind: NoiseKind, p: dict[str, float]) -> FloatImage:
    return space.noise(kind, NoiseTurn(p["period_mm"] * p["stretch"], p["period_mm"], p["angle_deg"], p["offset"]))


def weave(space: TextureSpace, p: dict[str, float]) -> FloatImage:
    """Threads crossing at right angles; fades where the photo is too coarse to show them."""
    period = max(p["period_mm"], 2.5 * space.texel_mm)
    x, y = (np.sin(mm * np.float32(2 * np.pi / period)) for mm in (space.x_mm, space.y_mm))
    return np.asarray(p["height_mm"] * min(1.0, p["period_mm"] / period) * x * y, dtype=np.float32)


def emboss(space: TextureSpace, p: dict[str, float]) -> FloatImage:
    """A quilted grid of pressed points, as thermally bonded fleece shows."""
    period = max(p["period_mm"], 3 * space.texel_mm)
    x, y = (np.cos(mm * np.float32(2 * np.pi / period)) for mm in (space.x_mm, space.y_mm))
    pressed = np.maximum(0.5 * (x + y), 0)  # the product of two waves along the diagonals
    return np.asarray(-p["height_mm"] * pressed * pressed, dtype=np.float32)


def knit(space: TextureSpace, p: dict[str, float]) -> FloatImage:
    """Rows of V-shaped stitches."""
    period = max(p["period_mm"], 3 * space.texel_mm)
    x = np.abs((space.x_mm / period) % 1 - 0.5) * 2
    y = (space.y_mm / period + 0.5 * x) * (2 * np.pi)
    return np.asarray(p["height_mm"] * np.sin(y) * np.sqrt(np.clip(1 - x, 0, 1)), dtype=np.float32)


def nose_wire(space: TextureSpace, p: dict[str, float]) -> FloatImage:
    """The flat bump of a wire under the top edge."""
    y = (space.v - p["at_v"]) * space.height_mm
    x = np.maximum((np.abs(space.x_mm) - p["half_width_mm"]) / 2, 0)
    return p["height_mm"] * _bump(y, max(p["width_mm"], space.texel_mm)) * _bump(x, 1.0)


def folds(space: TextureSpace, p: dict[str, float]) -> FloatImage:
    """Hanging folds that fan out downwards from the nose, deeper towards the bottom."""
    spread = space.x_mm / (0.35 + 0.65 * space.v + p["gather"])
    sway = space.noise("smooth", NoiseTurn(260, 200, 0, p["offset"]))
    wave = np.sin(spread * (2 * np.pi / p["period_mm"]) + 1.6 * sway)
    return np.asarray(p["height_mm"] * wave * (0.15 + space.v), dtype=np.float32)


def smile_folds(space: TextureSpace, p: dict[str, float]) -> FloatImage:
    """Drape lines that hang between the cheeks as a scarf's do."""
    sag = space.v - p["sag"] * (1 - space.u**2)
    sway = space.noise("smooth", NoiseTurn(240, 240, 0, p["offset"]))
    wave = np.sin(sag * space.height_mm * (2 * np.pi / p["period_mm"]) + 1.4 * sway)
    return np.asarray(p["height_mm"] * wave, dtype=np.float32)


def side_folds(space: TextureSpace, p: dict[str, float]) -> FloatImage:
    """Folds that fan out from both gathered sides and fade towards the middle."""
    across = 1 - np.abs(space.u)
    fade = np.clip(1 - across / p["reach"], 0, 1)
    sway = space.noise("smooth", NoiseTurn(220, 180, 0, p["offset"]))
    mirrored = np.where(space.u < 0, np.float32(p["offset"]), np.float32(0.37 - p["offset"]))
    spread = np.float32(p["count"]) / (1 + np.float32(0.8) * across)
    wave = np.cos(2 * np.pi * ((space.v - 0.5) * spread + mirrored + 0.15 * sway))
    return np.asarray(wave * (p["height_mm"] * fade), dtype=np.float32)


ReliefFunction = Callable[[TextureSpace, dict[str, float]], FloatImage]

RELIEFS: dict[str, ReliefFunction] = {
    function.__name__: function
    for function in (
        pleats,
        vertical_seam,
        horizontal_seam,
        slanted_seam,
        rim,
        weld_dots,
        wrinkles,
        creases,
        weave,
        emboss,
        knit,
        nose_wire,
        folds,
        side_folds,
        smile_folds,
    )
}
"""Every relief a template may name."""

RELIEF_PARAMETERS: dict[str, frozenset[str]] = {
    "pleats": frozenset({"bow", "sway", "start_v", "stop_v", "count", "lip", "fade", "depth_mm"}),
    "vertical_seam": frozenset({"at_mm", "curve", "height_mm", "width_mm"}),
    "horizontal_seam": frozenset({"at_v", "sag", "height_mm", "width_mm"}),
    "slanted_seam": frozenset({"centre_v", "side_v", "height_mm", "width_mm"}),
    "rim": frozenset({"height_mm", "distance_mm", "width_mm", "flange_mm"}),
    "weld_dots": frozenset({"spacing_mm", "depth_mm", "distance_mm", "width_mm"}),
    "wrinkles": frozenset({"height_mm", "angle_deg", "period_mm", "stretch", "offset"}),
    "creases": frozenset({"height_mm", "angle_deg", "period_mm", "stretch", "offset"}),
    "weave": frozenset({"period_mm", "height_mm"}),
    "emboss": frozenset({"period_mm", "height_mm"}),
    "knit": frozenset({"period_mm", "height_mm"}),
    "nose_wire": frozenset({"at_v", "half_width_mm", "height_mm", "width_mm"}),
    "folds": frozenset({"gather", "period_mm", "height_mm", "offset"}),
    "side_folds": frozenset({"count", "height_mm", "reach", "offset"}),
    "smile_folds": frozenset({"sag", "period_mm", "height_mm", "offset"}),
}
"""What each relief must be told; a template gives a value or a range for each."""
