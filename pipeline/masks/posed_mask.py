"""A mask's surface in front of the camera, and the window of the photo that it reaches."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.core.arrays import Rgb
from pipeline.core.errors import SampleRejected
from pipeline.masks.head.canonical import CanonicalHead, HeadFit
from pipeline.masks.head.surface import build_surface, evenly_spaced, held_to_cheek
from pipeline.masks.imaging.texture_space import TextureSpace
from pipeline.masks.parts.flat_picture import FlatPicture
from pipeline.masks.parts.picture import place_picture, strap_edges
from pipeline.masks.parts.straps import StrapLine, strap_lines
from pipeline.masks.recipe import MaskValues

_MARGIN_MM = 10.0
_MAX_WINDOW_PX = 640
_MAX_TEXTURE_PX = 640
_TEXELS_A_PX = 0.93
"""Where the mask faces the viewer. At 1 painting takes some 5 % longer; at 0.85 masks teach 0.4 points less."""


@dataclass(frozen=True, slots=True)
class Window:
    """A rectangle of the photo, and the factor by which it is shrunk while the mask is painted."""

    left: int
    top: int
    right: int
    bottom: int
    factor: float

    @property
    def size(self) -> tuple[int, int]:
        """Width and height at which the mask is painted."""
        return (
            max(1, round((self.right - self.left) / self.factor)),
            max(1, round((self.bottom - self.top) / self.factor)),
        )

    @property
    def part(self) -> tuple[slice, slice]:
        """Its rows and columns of the photo."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    def inside(self, xy: NDArray[np.float32]) -> NDArray[np.float32]:
        """Photo pixels to pixels of the painting."""
        return ((xy - (self.left, self.top) + 0.5) / self.factor - 0.5).astype(np.float32)


class PosedMask:
    """A surface in front of the camera, with its straps."""

    def __init__(
        self, fit: HeadFit, surface: NDArray[np.float64], straps: list[StrapLine], head: CanonicalHead
    ) -> None:
        rows, columns = surface.shape[:2]
        xy, camera = fit.project(surface.reshape(-1, 3), head)
        self.fit, self.straps, self.head = fit, straps, head
        self.xy = xy.reshape(rows, columns, 2)
        self.camera = camera.reshape(rows, columns, 3)
        self.depth = self.camera[..., 2].astype(np.float32)
        self.width_mm, self.height_mm = _length(surface[rows // 2]), _length(surface[:, columns // 2])

    def texture_space(self, factor: float) -> TextureSpace:
        """A texture nearly as fine as the painting: where the mask turns away, and most of it does, it is finer."""
        per_mm = self.fit.scale * _TEXELS_A_PX / factor
        width, height = (int(min(max(mm * per_mm, 24), _MAX_TEXTURE_PX)) for mm in (self.width_mm, self.height_mm))
        return TextureSpace(width, height, self.width_mm, self.height_mm)

    def window(self, photo: Rgb) -> Window:
        """The part of the photo that the mask, its straps and its shadow can reach.

        Raises:
            SampleRejected: `mask_outside_photo`, there is none.
        """
        points = np.concatenate([self.xy.reshape(-1, 2), *(line.xy for line in self.straps)])
        margin = _MARGIN_MM * self.fit.scale + 3
        low, high = (points.min(axis=0) - margin).tolist(), (points.max(axis=0) + margin).tolist()
        size = photo.shape[1], photo.shape[0]
        left, top = (min(max(math.floor(edge), 0), end) for edge, end in zip(low, size, strict=True))
        right, bottom = (min(max(math.ceil(edge), 0), end) for edge, end in zip(high, size, strict=True))
        if right - left < 4 or bottom - top < 4:
            raise SampleRejected("mask_outside_photo", "the face's lower half lies outside the photo")
        return Window(left, top, right, bottom, max(1.0, max(right - left, bottom - top) / _MAX_WINDOW_PX))


def _length(line: NDArray[np.float64]) -> float:
    """The way along points `(N, 3)`."""
    steps = line[1:] - line[:-1]
    return float(np.sqrt((steps * steps).sum(axis=1)).sum())


def pose_mask(values: MaskValues, picture: FlatPicture | None, fit: HeadFit, head: CanonicalHead) -> PosedMask:
    """The mask of these values on the head that was fitted."""
    surface = build_surface(values.shape, head, place_picture(picture.anchors, values.shape) if picture else None)
    surface = held_to_cheek(surface, fit, head)
    if not picture:  # its own points say where a picture lies
        surface = evenly_spaced(surface)
    edges = strap_edges(picture.anchors, surface) if picture else (surface[:, 0], surface[:, -1])
    straps = strap_lines(values.straps, edges, fit, head) if values.straps else []
    return PosedMask(fit, surface, straps, head)
