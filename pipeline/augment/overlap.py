"""Who stands before whom: where a nearer head hides the mask of a face behind it.

The nearer face is the one that the camera shows larger: heads differ by a few per cent, distances by far more.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.core.arrays import Points, Rgb
from pipeline.core.errors import SampleRejected
from pipeline.masks import MaskedFace
from pipeline.masks.head.canonical import AXIS_Z_MM, HeadSpots, canonical_head, fit_head

_LOWEST_MM = 118.0
"""What of the canonical head lies lower is neck, and no bar to a mask behind it."""

_HAIR_FROM_MM, _HAIR = -15.0, 1.12
"""Above the brows hair makes a head this much larger than its skin, as seen on street photos."""

_LEAST_SEEN = 0.3
"""Of a mask behind a head. Of less nobody could say what it is, nor whether the face is bare."""

_SUBPIXEL_BITS = 4


@dataclass(frozen=True, slots=True)
class Head:
    """Where a head is in the photo.

    Attributes:
        scale: Pixels a millimetre; a larger one is nearer.
        outline: `float32 (N, 2)` in pixels, convex.
        landmarks: The 68 points that it was fitted to.
    """

    scale: float
    outline: Points
    landmarks: Points

    @classmethod
    def at(cls, landmarks: Points) -> "Head":
        """The head that has these 68 points `(68, 2)`, whatever its size and pose."""
        head = canonical_head()
        fit = fit_head(landmarks, head)
        xy, _ = fit.project_spots(_outermost())
        hull: NDArray[np.float32] = cv2.convexHull(xy)[:, 0]
        return cls(fit.scale, hull, landmarks)

    @property
    def nearness(self) -> tuple[float, bytes]:
        """Sorts heads from the farthest to the nearest, in one way whatever their order was."""
        return self.scale, self.landmarks.tobytes()


@lru_cache(maxsize=1)
def _outermost() -> HeadSpots:
    """The canonical head `(V, 3)` in mm with hair and without a neck."""
    head = canonical_head()
    points = head.vertices[head.vertices[:, 1] < _LOWEST_MM].copy()
    above, centre = points[:, 1] < _HAIR_FROM_MM, np.array([0, _HAIR_FROM_MM, AXIS_Z_MM], dtype=np.float32)
    points[above] = centre + (points[above] - centre) * np.float32(_HAIR)
    return head.spot(points)


def nearer_than(head: Head, heads: Sequence[Head]) -> list[Head]:
    """Those of the heads that stand before this one."""
    return [other for other in heads if other.nearness > head.nearness]


def seen_behind(masked: MaskedFace, before: Rgb, nearer: Sequence[Head]) -> MaskedFace:
    """The mask as far as these heads leave it to be seen; `before` is the photo `(H, W, 3)` that it was put on.

    Its polygon is the outline of what is seen of the body.

    Raises:
        SampleRejected: `mask_hidden`.
    """
    rgb, alpha = masked.rgb, masked.alpha
    hiding = [window for head in nearer if (window := _window(head.outline, rgb.shape, masked)) is not None]
    if not hiding:
        return masked
    rgb, alpha = rgb.copy(), alpha.copy()
    for part, cover in hiding:
        rgb[part] = np.rint(rgb[part] * (1 - cover) + before[part] * cover).astype(np.uint8)
        alpha[part] *= 1 - cover
    polygon = _seen_outline(masked.polygon, [head.outline for head in nearer], (rgb.shape[0], rgb.shape[1]))
    box = (*polygon.min(axis=0).tolist(), *polygon.max(axis=0).tolist())
    return replace(masked, rgb=rgb, alpha=alpha, polygon=polygon, box=box)


_Part = tuple[slice, slice]


def _window(outline: Points, shape: tuple[int, ...], masked: MaskedFace) -> tuple[_Part, NDArray[np.float32]] | None:
    """The part of the photo where the outline reaches something of the mask, and its cover `(h, w, 1)` in [0, 1]."""
    left, top = np.clip(np.floor(outline.min(axis=0)).astype(int), 0, (shape[1], shape[0])).tolist()
    right, bottom = np.clip(np.ceil(outline.max(axis=0)).astype(int) + 1, 0, (shape[1], shape[0])).tolist()
    part = slice(top, bottom), slice(left, right)
    if right <= left or bottom <= top or not masked.alpha[part].any():
        return None
    inside = _filled(outline - (left, top), (bottom - top, right - left))
    return part, (inside / np.float32(255)).astype(np.float32)[:, :, None]


def _filled(outline: NDArray[np.floating], size: tuple[int, int]) -> NDArray[np.uint8]:
    """255 inside the outline, less along its edge, in `(h, w)`."""
    image = np.zeros(size, dtype=np.uint8)
    points = np.rint(outline * (1 << _SUBPIXEL_BITS)).astype(np.int32)
    cv2.fillPoly(image, [points], 255, cv2.LINE_AA, _SUBPIXEL_BITS)
    return image


def _seen_outline(polygon: Points, hiding: Sequence[Points], size: tuple[int, int]) -> Points:
    """The largest piece of the polygon that no outline covers, `(N, 2)` in pixels of a photo `(H, W)`.

    Raises:
        SampleRejected: `mask_hidden`.
    """
    corner = np.maximum(np.floor(polygon.min(axis=0)).astype(int) - 1, 0)
    width, height = np.minimum(np.ceil(polygon.max(axis=0)).astype(int) + 2, (size[1], size[0])) - corner
    body = _filled(polygon - corner, (int(height), int(width))) > 127
    seen = body.copy()
    for outline in hiding:
        seen &= _filled(outline - corner, seen.shape) <= 127
    share = float(seen.sum() / max(body.sum(), 1))
    if share < _LEAST_SEEN:
        raise SampleRejected("mask_hidden", f"a nearer head leaves {share:.0%} of the mask to be seen")
    if np.array_equal(seen, body):
        return polygon
    contours, _ = cv2.findContours(seen.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    largest = max(contours, key=cv2.contourArea)[:, 0]
    return np.asarray(largest + corner, dtype=np.float32)
