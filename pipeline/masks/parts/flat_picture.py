"""A flat RGBA picture of a mask, read from its file, checked, and cut to what is visible of it."""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.core.arrays import FloatImage
from pipeline.core.errors import TemplateError
from pipeline.masks.imaging.light import to_linear

CORNERS = ("left_top_corner", "right_top_corner", "left_bottom_corner", "right_bottom_corner")
ANCHORS = ("nose_bridge", *CORNERS, "chin")
"""Points of a picture that a template names; left and right are the viewer's, the corners are needed."""

_MIN_SIDE_PX, _MAX_SIDE_PX = 48, 6000
_VISIBLE = 8
_OPAQUE = 128

Anchors = dict[str, tuple[float, float]]


@dataclass(frozen=True, slots=True, eq=False)
class FlatPicture:
    """The visible part of a picture.

    Attributes:
        rgba: Linear RGB times alpha, and alpha: `float32 (H, W, 4)` in [0, 1].
        anchors: Named points as x, y in [0, 1] of this part; they may lie a little outside.
        digest: Of the file's bytes, so that a picture that has changed since is noticed.
    """

    rgba: FloatImage
    anchors: Anchors
    digest: str


@lru_cache(maxsize=64)
def _read(file: Path) -> tuple[NDArray[np.uint8], str]:
    try:
        data = file.read_bytes()
    except OSError as error:
        raise TemplateError(f"picture.file: {file.name!r} cannot be read ({error.strerror}); expected a PNG") from error
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED) if data else None
    if image is None:
        raise TemplateError(f"picture.file: {file.name!r} is not an image; expected a PNG")
    if image.ndim != 3 or image.shape[2] != 4 or image.dtype != np.uint8:
        raise TemplateError(
            f"picture.file: {file.name!r} has no transparency; expected 8-bit RGBA, clear round the mask"
        )
    if not _MIN_SIDE_PX <= min(image.shape[:2]) <= max(image.shape[:2]) <= _MAX_SIDE_PX:
        size = f"{image.shape[1]}x{image.shape[0]} px"
        raise TemplateError(f"picture.file: {size}; expected sides of {_MIN_SIDE_PX} to {_MAX_SIDE_PX} px")
    if image[:, :, 3].min() > _VISIBLE or image[:, :, 3].max() < _OPAQUE:
        raise TemplateError("picture.file: alpha is the same everywhere; expected the mask opaque and the rest clear")
    return cv2.cvtColor(image, cv2.COLOR_BGRA2RGBA), hashlib.sha256(data).hexdigest()[:16]


def check_picture(file: Path, anchors: Anchors) -> None:
    """Pass if the picture can be used with these anchors.

    Raises:
        TemplateError: names the field and what was expected.
    """
    unknown = sorted(set(anchors) - set(ANCHORS))
    if unknown:
        raise TemplateError(f"picture.anchors.{unknown[0]}: unknown; expected {', '.join(ANCHORS)}")
    missing = [name for name in CORNERS if name not in anchors]
    if missing:
        raise TemplateError(f"picture.anchors.{missing[0]}: missing; the four corners are needed")
    rgba, _ = _read(file)
    for name, (x, y) in anchors.items():
        if not (0 <= x <= rgba.shape[1] and 0 <= y <= rgba.shape[0]):
            size = f"{rgba.shape[1]}x{rgba.shape[0]} px"
            raise TemplateError(f"picture.anchors.{name}: [{x:g}, {y:g}] lies outside the picture of {size}")
    for left, right in (CORNERS[:2], CORNERS[2:]):
        if anchors[left][0] >= anchors[right][0]:
            raise TemplateError(f"picture.anchors.{left}: expected left of {right}, as the viewer sees the mask")
    for top, bottom in ((CORNERS[0], CORNERS[2]), (CORNERS[1], CORNERS[3]), ("nose_bridge", "chin")):
        if top in anchors and bottom in anchors and anchors[top][1] >= anchors[bottom][1]:
            raise TemplateError(f"picture.anchors.{top}: expected above {bottom}; y grows downwards")


@lru_cache(maxsize=16)
def _flat_picture(file: Path, anchors: tuple[tuple[str, tuple[float, float]], ...]) -> FlatPicture:
    rgba, digest = _read(file)
    rows, columns = (np.flatnonzero((rgba[:, :, 3] > _VISIBLE).any(axis=axis)) for axis in (1, 0))
    top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    part = rgba[top:bottom, left:right]
    alpha = part[:, :, 3].astype(np.float32)[:, :, None] / 255
    light = to_linear(np.ascontiguousarray(part[:, :, :3])) * alpha
    named = _with_middles(dict(anchors))
    placed = {
        name: (float((x - left) / (right - left)), float((y - top) / (bottom - top))) for name, (x, y) in named.items()
    }
    return FlatPicture(np.concatenate([light, alpha], axis=2), placed, digest)


def _with_middles(anchors: Anchors) -> Anchors:
    """With nose and chin point on the straight line between the corners where they aren't named."""
    corners = np.array([anchors[name] for name in CORNERS])
    nose, chin = corners[:2].mean(axis=0).tolist(), corners[2:].mean(axis=0).tolist()
    return {"nose_bridge": (nose[0], nose[1]), "chin": (chin[0], chin[1])} | anchors


def flat_picture(file: Path, anchors: Anchors) -> FlatPicture:
    """A checked picture, cut to what is visible of it; kept for the next mask of its kind."""
    return _flat_picture(file, tuple(sorted(anchors.items())))


def texture_of(picture: FlatPicture, width: int, height: int) -> tuple[FloatImage, FloatImage]:
    """Linear albedo `(H, W, 3)` and alpha `(H, W)` of the picture at a texture's size."""
    shrinks = width < picture.rgba.shape[1]
    small = cv2.resize(picture.rgba, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    alpha = np.ascontiguousarray(small[:, :, 3])
    return small[:, :, :3] / np.maximum(alpha, 1e-3)[:, :, None], alpha
