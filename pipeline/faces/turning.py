"""Squares cut out of a photo and turned, and the way back from their pixels to the photo's."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.core.arrays import Points, Rgb
from pipeline.faces.detectors import Box, shrink

_GREY = (128, 128, 128)
"""YuNet takes it for nothing: of faces that fill their photo one in twenty scores under 0.80 in a view with grey
around, under 0.27 with the photo's edge pixels repeated."""


@dataclass(frozen=True, slots=True)
class TurnedView:
    """A square view of a photo: `rgb (S, S, 3)`, and the affine map `(2, 3)` from its pixels to the photo's."""

    rgb: Rgb
    to_photo: NDArray[np.float64]

    def points(self, points: NDArray[np.floating]) -> Points:
        """Points `(K, 2)` of this view in pixels of the photo."""
        return np.asarray(points @ self.to_photo[:, :2].T + self.to_photo[:, 2], dtype=np.float32)

    def from_photo(self, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """Points `(K, 2)` of the photo in pixels of this view."""
        back = np.linalg.inv(self.to_photo[:, :2])
        return np.asarray((points - self.to_photo[:, 2]) @ back.T, dtype=np.float64)


def turned_view(rgb: Rgb, centre: tuple[float, float], side: float, side_px: int, turn_deg: float) -> TurnedView:
    """The square around `centre` that shows upright what the photo shows turned clockwise by `turn_deg`.

    `side` is in pixels of the photo, `side_px` in those of the view. Beyond the photo it is grey.
    A view that shrinks is taken from a photo that is shrunk by pixel area first, so that it has no jagged edges.
    """
    part, left, top = _around(rgb, centre, side)
    small, factor = shrink(part, max(1, round(max(part.shape[:2]) * min(1.0, side_px / side))))
    to_photo = _to_photo((centre[0] - left, centre[1] - top), side / side_px, side_px, turn_deg)
    to_small = to_photo.copy()
    to_small[:, :2] /= factor
    to_small[:, 2] = (to_photo[:, 2] + 0.5) / factor - 0.5
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    view = cv2.warpAffine(small, to_small, (side_px, side_px), flags=flags, borderValue=_GREY)
    to_photo[:, 2] += (left, top)
    return TurnedView(np.asarray(view, dtype=np.uint8), to_photo)


def _around(rgb: Rgb, centre: tuple[float, float], side: float) -> tuple[Rgb, int, int]:
    """The part of the photo that a square of that side reaches at any turn, and where it begins."""
    height, width = rgb.shape[:2]
    reach = side * 0.75
    left, right = (int(np.clip(centre[0] + way, 0, width)) for way in (-reach, reach + 1))
    top, bottom = (int(np.clip(centre[1] + way, 0, height)) for way in (-reach, reach + 1))
    left, top = min(left, width - 1), min(top, height - 1)
    return rgb[top : max(bottom, top + 1), left : max(right, left + 1)], left, top


def _to_photo(centre: tuple[float, float], scale: float, side_px: int, turn_deg: float) -> NDArray[np.float64]:
    angle, middle = np.radians(turn_deg), (side_px - 1) / 2
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    shift = np.array(centre) - turn @ (middle, middle)
    return np.hstack([turn, shift[:, None]])


def roll_deg(five: NDArray[np.floating]) -> float:
    """By how much a face with these five points `(5, 2)` is turned clockwise: from the way eyes to mouth, -180 to 180.

    >>> roll_deg(np.array([[10, 0], [10, 4], [6, 2], [2, 0], [2, 4]]))
    90.0
    """
    down = five[3:].mean(axis=0) - five[:2].mean(axis=0)
    return float(np.degrees(np.arctan2(-down[0], down[1])))


def upright_box(view: TurnedView, box: Box) -> Box:
    """A box of a view as the photo's box of the same centre and size, with its five points and no dlib square.

    Sides are swapped where the view is nearer to a quarter turn than to none.
    """
    scale = float(np.hypot(*view.to_photo[:, 0]))
    ((x, y),) = view.points(np.array([[(box.left + box.right) / 2, (box.top + box.bottom) / 2]])).tolist()
    width, height = box.width * scale, box.height * scale
    if abs(view.to_photo[0, 0]) < abs(view.to_photo[1, 0]):
        width, height = height, width
    five = None if box.five is None else tuple(view.points(np.reshape(box.five, (5, 2))).ravel().tolist())
    return Box(x - width / 2, y - height / 2, x + width / 2, y + height / 2, box.score, None, five)
