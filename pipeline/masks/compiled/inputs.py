"""What kernels are given together."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.core.arrays import FloatImage, Points3d

Gradient = tuple[FloatImage, FloatImage]
"""How much brighter each pixel of a picture is to the right, and down, `(H, W)` each."""


@dataclass(frozen=True, eq=False)
class RepeatingTile:
    """A tile `float32 (N, N)` that repeats in both directions; N is a power of 2."""

    values: FloatImage
    times = 4

    @cached_property
    def repeated(self) -> FloatImage:
        """It so many times each way: OpenCV samples inside an image twice as fast as it wraps round one."""
        return np.tile(self.values, (self.times, self.times))


class LightTables(NamedTuple):
    """From sRGB to linear light and back: `linear float32 (256,)`, and `codes uint8` of `steps` steps and the rest."""

    linear: NDArray[np.float32]
    codes: NDArray[np.uint8]
    steps: int


class Texels(NamedTuple):
    """What the light of each texel follows from: planes `float32 (H, W)`, and an image `(H, W, 3)`.

    Attributes:
        smooth: How much light the sheet gets there.
        by_x, by_y: How much more for each mm that it rises to the right and down.
        slope_x, slope_y: How much the relief rises there.
        soft_mm: The relief, softened.
        height_mm, albedo, alpha: As of `Material`.
    """

    smooth: FloatImage
    by_x: FloatImage
    by_y: FloatImage
    slope_x: FloatImage
    slope_y: FloatImage
    soft_mm: FloatImage
    height_mm: FloatImage
    albedo: FloatImage
    alpha: FloatImage


class Tones(NamedTuple):
    """The numbers by which a whole mask is shaded; `least` light is always there, and `most` is never passed."""

    ambient: float
    occlusion: float
    warmth: float
    shade_tint: float
    white: float
    least: float
    most: float


class PleatedRows(NamedTuple):
    """Where pleats lie: how far noise moves them `(H, W)`, columns `u (W,)`, rows `v (H,)`, and `bend (H,)`."""

    sway: FloatImage
    u: NDArray[np.float32]
    v: NDArray[np.float32]
    bend: NDArray[np.float32]


class PleatNumbers(NamedTuple):
    """The numbers of `Pleats`; `span` is how much of the mask's height they take, `flat` what of each one is no lip."""

    bow: float
    sway: float
    start_v: float
    stop_v: float
    span: float
    number: int
    flat: float
    lip: float
    fade: float
    depth_mm: float


class SkinPoints(NamedTuple):
    """Points of the skin: where they are in the photo, `xy (N, 2)`, and their `normals (N, 3)` in the head's axes.

    `facing` is the greatest z of a turned normal (towards the viewer is -z) at which a point is looked at.
    """

    xy: NDArray[np.float32]
    normals: NDArray[np.float64]
    facing: float


class Outline(NamedTuple):
    """Of a `Shape` what says where its edges run; `turn` is that of their waves, in radians."""

    top_centre_mm: float
    top_side_mm: float
    top_curve: float
    bottom_centre_mm: float
    bottom_side_mm: float
    bottom_curve: float
    side_top_deg: float
    side_bottom_deg: float
    side_bulge_deg: float
    shift_deg: float
    tilt_mm: float
    wave_mm: float
    wave_deg: float
    turn: float


class Tent(NamedTuple):
    """Of a `Shape` what says how it lies on a head; `steps` are those of the membrane that its tautness asks for.

    `axis_z_mm` is where the axis of the cylindrical coordinates lies. From `jaw_mm` down, a sheet leads back by no more
    than `throat_slope` for each mm.
    """

    axis_z_mm: float
    jaw_mm: float
    throat_slope: float
    clearance_mm: float
    steps: int
    edge_gap_mm: float
    protrusion_mm: float
    across_power: float
    across_round: float
    peak_start: float
    peak_end: float
    profile_power: float


class Grid(NamedTuple):
    """The columns `u (C,)` in [-1, 1] and rows `v (R,)` in [0, 1] of a sheet's points."""

    u: NDArray[np.float64]
    v: NDArray[np.float64]


class SoftPlanes(NamedTuple):
    """What changes slowly over a mask: soft noise, patches and a glow along the edge, `(H, W)` each.

    `u (W,)` and `v (H,)` are its columns and rows.
    """

    soft: FloatImage
    patches: FloatImage
    glow: FloatImage
    u: NDArray[np.float32]
    v: NDArray[np.float32]


class ToneNumbers(NamedTuple):
    """How much of each goes into the light: of the noise, of the gradients across and down, of patches and glow."""

    mottle: float
    down: float
    across: float
    red_across: float
    red_down: float
    blue_across: float
    blue_down: float
    blotch: float
    bounce: float


class HeadModel(NamedTuple):
    """What of the canonical head a fit asks for; see `CanonicalHead` for each.

    Attributes:
        landmarks: `float32 (68, 3)`.
        jaw_paths: `(17, N, 3)`.
        jaw_points: The same, `float32`.
        pose_solver: `(4, 68)`.
        warp_weights: `(68, 68)`.
    """

    landmarks: Points3d
    jaw_paths: NDArray[np.float64]
    jaw_points: NDArray[np.float32]
    pose_solver: NDArray[np.float64]
    warp_weights: NDArray[np.float64]


class FitNumbers(NamedTuple):
    """Where one face's head is: a scaled-orthographic camera, and what is left at the landmarks.

    Attributes:
        rotation: `(3, 3)`, canonical to camera axes.
        scale: Pixels per millimetre.
        stretch: `(3,)`, this face's width, height and depth over the mean face's.
        origin: `(2,)`, pixels of the sellion before the warp.
        coefficients: `(68, 2)`, smooth residual warp in pixels.
    """

    rotation: NDArray[np.float64]
    scale: float
    stretch: NDArray[np.float64]
    origin: NDArray[np.float64]
    coefficients: NDArray[np.float64]
