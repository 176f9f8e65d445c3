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
from pipeline.masks import PaintedMask
from pipeline.masks.head.canonical import AXIS_Z_MM, HeadSpots, canonical_head, fit_head
from pipeline.masks.posed_mask import Window

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


def seen_behind(mask: PaintedMask, before: Rgb, nearer: Sequence[Head]) -> PaintedMask:
    """The mask as far as these heads leave it to be seen; `before` is the photo `(H, W, 3)` that it is painted for.

    Its polygon is the outline of what is seen of the body.

    Raises:
        SampleRejected: `mask_hidden`.
    """
    size = before.shape[0], before.shape[1]
    frames = [(head, frame) for head in nearer if (frame := _frame(head.outline, size)).meets(mask.window)]
    if not frames:
        return mask
    opacity = np.concatenate([cover for _, cover in mask.covered()])
    hiding = [(frame, head) for head, frame in frames if opacity[frame.within(mask.window)].any()]
    if not hiding:
        return mask
    part, under = mask.part.copy(), before[mask.window.part]
    for frame, head in hiding:
        place, cover = frame.within(mask.window), frame.filled(head.outline, mask.window)
        part[place] = np.rint(part[place] * (1 - cover) + under[place] * cover).astype(np.uint8)
        opacity[place] *= 1 - cover[:, :, 0]
    polygon = _seen_outline(mask.polygon, [head.outline for head in nearer], size)
    box = (*polygon.min(axis=0).tolist(), *polygon.max(axis=0).tolist())
    return replace(mask, part=part, opacity=opacity, polygon=polygon, box=box)


_Part = tuple[slice, slice]


@dataclass(frozen=True, slots=True)
class _Frame:
    """The rectangle of the photo around an outline, in whole pixels; empty where it lies beside the photo."""

    left: int
    top: int
    right: int
    bottom: int

    def meets(self, window: Window) -> bool:
        across = min(self.right, window.right) > max(self.left, window.left)
        return across and min(self.bottom, window.bottom) > max(self.top, window.top)

    def within(self, window: Window) -> _Part:
        """What both have in common, of a window that it meets, in the window's pixels."""
        rows = slice(max(self.top, window.top) - window.top, min(self.bottom, window.bottom) - window.top)
        return rows, slice(max(self.left, window.left) - window.left, min(self.right, window.right) - window.left)

    def filled(self, outline: Points, window: Window) -> NDArray[np.float32]:
        """How much of each pixel that both have the outline covers, `(h, w, 1)` in [0, 1]."""
        whole = _filled(outline - (self.left, self.top), (self.bottom - self.top, self.right - self.left))
        rows = slice(max(window.top - self.top, 0), min(self.bottom, window.bottom) - self.top)
        columns = slice(max(window.left - self.left, 0), min(self.right, window.right) - self.left)
        return (whole[rows, columns] / np.float32(255)).astype(np.float32)[:, :, None]


def _frame(outline: Points, size: tuple[int, int]) -> _Frame:
    left, top = np.clip(np.floor(outline.min(axis=0)).astype(int), 0, size[::-1]).tolist()
    right, bottom = np.clip(np.ceil(outline.max(axis=0)).astype(int) + 1, 0, size[::-1]).tolist()
    return _Frame(left, top, right, bottom)


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
