"""The canonical head, and its fit to the landmarks of one face.

Frame: OpenCV camera axes (x to the viewer's right, y down, z away from the viewer), millimetres, origin at the sellion.
`generators/canonical_head.py` derives the head from CC0 MakeHuman data.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.resources import files

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.core.arrays import FloatImage, Points, Points3d
from pipeline.faces.landmarks import JAW
from pipeline.faces.pose import HeadPose, check_landmarks, pose_of
from pipeline.masks.compiled.inputs import FitNumbers, HeadModel
from pipeline.masks.head.fitting import fit_numbers, projected

AXIS_Z_MM = 75.0
"""Depth of the vertical axis of the cylindrical coordinates: about the middle of the jaw."""

AZIMUTH_LIMIT_DEG = 120.0
Y_RANGE_MM = (-60.0, 190.0)

_JAW_WEIGHT = 0.35
"""Of a jaw point in the pose fit: dlib's contour slides along the cheek when the head turns."""

_PATH_END, _PATH_STEPS = 0.4, 25
"""How far towards the middle the outline may wander, as a share of the jaw point's azimuth, and in how many steps."""

_PROFILE_Y_MM = (-30.0, 108.0)
"""Below, under the chin, what stands beside the mask is neck, and no outline to hold it to."""

_KERNEL_MM = 38.0
_KERNEL_NOISE = 0.25


@dataclass(frozen=True, eq=False)
class CanonicalHead:
    """Mean head: the 68 landmarks `(68, 3)`, the skin `vertices` `(V, 3)` and `triangles` `(F, 3)`, named `anchors`.

    `radius` is the distance of the skin from the axis in mm, `(126, 121)` over y in Y_RANGE_MM and azimuth within the
    limit.
    """

    landmarks: Points3d
    vertices: Points3d
    triangles: NDArray[np.int32]
    anchors: dict[str, Points3d]
    radius: FloatImage

    @cached_property
    def warp_weights(self) -> NDArray[np.float64]:
        """`(68, 68)`: from landmark residuals to the coefficients of their smooth interpolant (kernel ridge)."""
        kernel = self.nearness(self.landmarks) + _KERNEL_NOISE * np.eye(68)
        return np.asarray(np.linalg.inv(kernel))

    @cached_property
    def kernel_centres(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """The landmarks in widths of the kernel, `(68, 3)`, and half the square of each one's length, `(68,)`."""
        return _in_kernel_widths(self.landmarks)

    @cached_property
    def jaw_paths(self) -> NDArray[np.float64]:
        """`(17, N, 3)`: from each jaw point along the skin towards the middle of the face, at one height."""
        azimuth, y, _ = to_cylinder(self.landmarks[JAW])
        azimuths = azimuth[:, None] * np.linspace(1, _PATH_END, _PATH_STEPS)
        heights = np.broadcast_to(y[:, None], azimuths.shape)
        skin = from_cylinder(azimuths, heights, sample_field(self.radius, azimuths, heights))
        return np.asarray(skin + (self.landmarks[JAW] - skin[:, 0])[:, None])

    @cached_property
    def profiles(self) -> NDArray[np.float64]:
        """`(N, M, 3)`: the skin's viewer-right half at N heights from the brows to the jaw, each from front to back."""
        y, azimuth = np.mgrid[_PROFILE_Y_MM[0] : _PROFILE_Y_MM[1] : 24j, 0:AZIMUTH_LIMIT_DEG:31j]
        return from_cylinder(azimuth, y, sample_field(self.radius, azimuth, y))

    @cached_property
    def pose_solver(self) -> NDArray[np.float64]:
        """`(4, 68)`: weighted pseudo-inverse that gives the affine camera of 68 image points."""
        weight = np.ones(68)
        weight[JAW] = _JAW_WEIGHT
        design = np.concatenate([self.landmarks, np.ones((68, 1))], axis=1) * weight[:, None]
        return np.asarray(np.linalg.pinv(design) * weight[None, :])

    @cached_property
    def model(self) -> HeadModel:
        """What a fit asks for."""
        return HeadModel(
            self.landmarks, self.jaw_paths, self.jaw_paths.astype(np.float32), self.pose_solver, self.warp_weights
        )

    def nearness(self, points: NDArray[np.floating]) -> NDArray[np.float32]:
        """`(N, 68)`: Gaussian of the distance between each of the points `(N, 3)` and each landmark."""
        (a, a_half), (b, b_half) = _in_kernel_widths(points), self.kernel_centres
        exponent = a @ b.T
        exponent -= a_half[:, None]
        exponent -= b_half[None, :]
        return np.asarray(np.exp(exponent, out=exponent))

    def spot(self, points: NDArray[np.floating]) -> "HeadSpots":
        """The points `(N, 3)` for whoever projects the same ones for every face."""
        return HeadSpots(np.asarray(points, dtype=np.float64), self.nearness(points))


@dataclass(frozen=True, eq=False, slots=True)
class HeadSpots:
    """Points `(N, 3)` of the canonical head, and how near each lies to each landmark, `(N, 68)`."""

    points: NDArray[np.float64]
    nearness: NDArray[np.float32]


class HeadFit(FitNumbers):
    """Where one face's head is."""

    @cached_property
    def pose(self) -> HeadPose:
        """The head's angles."""
        return pose_of(self.rotation)

    def project(self, points: NDArray[np.floating], head: CanonicalHead) -> tuple[Points, NDArray[np.float64]]:
        """Pixels `(N, 2)` and places in camera axes `(N, 3)`, in mm, of canonical points `(N, 3)`."""
        return self.project_spots(head.spot(points))

    def project_spots(self, spots: HeadSpots) -> tuple[Points, NDArray[np.float64]]:
        """As `project`."""
        return projected(spots.points, spots.nearness, self)


def fit_head(landmarks: Points, head: CanonicalHead) -> HeadFit:
    """Fit the canonical head to 68 points `(68, 2)` in pixels.

    Raises:
        ShapeError: not 68 points.
    """
    check_landmarks(landmarks)
    return HeadFit(*fit_numbers(landmarks, head.model))


def _in_kernel_widths(points: NDArray[np.floating]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    scaled = np.asarray(points / _KERNEL_MM, dtype=np.float32)
    return scaled, np.asarray(0.5 * np.einsum("nk,nk->n", scaled, scaled), dtype=np.float32)


def to_cylinder(points: NDArray[np.floating]) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Azimuth in degrees (0 faces the viewer, > 0 to the viewer's right), y and radius in mm of `(N, 3)` points."""
    x, depth = points[:, 0].astype(np.float64), AXIS_Z_MM - points[:, 2].astype(np.float64)
    return np.degrees(np.arctan2(x, depth)), points[:, 1].astype(np.float64), np.hypot(x, depth)


def from_cylinder(
    azimuth_deg: NDArray[np.floating], y: NDArray[np.floating], radius: NDArray[np.floating]
) -> NDArray[np.float64]:
    """The inverse of `to_cylinder`: points `(..., 3)`."""
    angle = np.radians(azimuth_deg)
    return np.stack([radius * np.sin(angle), y, AXIS_Z_MM - radius * np.cos(angle)], axis=-1)


def field_places(
    azimuth_deg: NDArray[np.floating], y: NDArray[np.floating], shape: tuple[int, ...]
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Row and column, with fractions, in a field of this shape that is laid out like `CanonicalHead.radius`."""
    column = (azimuth_deg / AZIMUTH_LIMIT_DEG + 1) / 2 * (shape[1] - 1)
    row = (y - Y_RANGE_MM[0]) / (Y_RANGE_MM[1] - Y_RANGE_MM[0]) * (shape[0] - 1)
    return row, column


def sample_field(field: FloatImage, azimuth_deg: NDArray[np.floating], y: NDArray[np.floating]) -> FloatImage:
    """Bilinear look-up in a field laid out like `CanonicalHead.radius`; beyond its range the edge goes on."""
    row, column = field_places(azimuth_deg, y, field.shape)
    return np.asarray(
        cv2.remap(
            field,
            column.astype(np.float32),
            row.astype(np.float32),
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        ),
        dtype=np.float32,
    )


@lru_cache(maxsize=1)
def canonical_head() -> CanonicalHead:
    """The head that ships with the package."""
    with (files("pipeline.faces") / "canonical_head.npz").open("rb") as file:
        data = np.load(file)
        anchors = dict(zip(data["anchor_names"].tolist(), data["anchor_points"], strict=True))
        return CanonicalHead(data["landmarks"], data["vertices"], data["faces"], anchors, data["radius"])
