"""Pictures as programs hold them, brought to the one convention: arrays, Pillow images and files."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage

from pipeline.core.arrays import Rgb
from pipeline.core.errors import ShapeError
from pipeline.storage.images import read_image
from pipeline.storage.orientation import turn_of
from pipeline.storage.pixels import upright_rgb

Picture = NDArray[np.generic] | PillowImage.Image | Path | str
"""A photo: an array of RGB, a Pillow image of any mode, or the path of a file.

An array is `(H, W, 3)`, or `(H, W)` and `(H, W, 1)` for grey, `(H, W, 4)` with alpha: `uint8`, `uint16` in its full
range, or floats in [0, 1].
"""

_EXPECTED = "a photo is an array (H, W, 3) of RGB, a Pillow image or a path"
VALUES = "a photo's values are uint8, uint16 or floats in [0, 1]"
_ROUNDING = 1e-3
"""Floats that a resize left so little outside of [0, 1] are taken for its ends."""


def as_rgb(picture: Picture) -> Rgb:
    """The picture's pixels `uint8 (H, W, 3)`: upright where it says how it is turned, transparency laid on white.

    Raises:
        SampleRejected: a file that can't be read as a photo.
        ShapeError: the array is no picture; the message says what was found and what was expected.
    """
    if isinstance(picture, Path | str):
        return read_image(Path(picture)).rgb
    if isinstance(picture, PillowImage.Image):
        return rgb_of_pillow(picture, turned=True)
    if not isinstance(picture, np.ndarray):
        raise ShapeError(f"{_EXPECTED}, not {type(picture).__name__}{_hint(picture)}")
    return rgb_of_array(picture)


def _hint(picture: object) -> str:
    tensor = hasattr(picture, "detach") and hasattr(picture, "permute")
    return "; of a tensor (3, H, W) give tensor.permute(1, 2, 0).numpy()" if tensor else ""


def rgb_of_pillow(image: PillowImage.Image, *, turned: bool) -> Rgb:
    """The pixels of a Pillow image, which stays as it is; `turned` says whether its EXIF's orientation counts.

    Raises:
        ShapeError: it has no pixels.
    """
    if 0 in image.size:
        raise ShapeError(f"a photo without pixels: {image.size[0]} x {image.size[1]}")
    image.load()
    turn = turn_of(image) if turned else None
    return upright_rgb(image if turn is None else image.copy(), turn)  # what is turned is closed on the way


def rgb_of_array(array: NDArray[np.generic]) -> Rgb:
    """The pixels of an array, as `as_rgb`.

    Raises:
        ShapeError: as `as_rgb`.
    """
    require_picture(array)
    channels = 1 if array.ndim == 2 else array.shape[2]
    pixels = _eight_bits(np.asarray(array).reshape(*array.shape[:2], channels))
    if channels == 4:
        return rgb_of_pillow(PillowImage.fromarray(pixels, "RGBA"), turned=False)
    return np.ascontiguousarray(np.repeat(pixels, 3, axis=2) if channels == 1 else pixels)


def require_picture(array: NDArray[np.generic]) -> None:
    """Stop at an array that is no picture by its shape or kind of values; the values aren't looked at.

    Raises:
        ShapeError: the message says what was found and what was expected.
    """
    shown = f"{array.dtype} {array.shape}"
    channels = 1 if array.ndim == 2 else array.shape[2] if array.ndim == 3 else 0
    if channels not in {1, 3, 4}:
        first = array.ndim == 3 and array.shape[0] in {1, 3, 4}
        raise ShapeError(f"{_EXPECTED}, not {shown}" + ("; its channels stand first" if first else ""))
    if not array.size:
        raise ShapeError(f"a photo without pixels: {shown}")
    if array.dtype.kind != "f" and not (array.dtype.kind == "u" and array.dtype.itemsize <= 2):
        raise ShapeError(f"{VALUES}, not {shown}")


def _eight_bits(array: NDArray[np.generic]) -> NDArray[np.uint8]:
    """The values as `uint8`, by the full range of their kind."""
    if array.dtype == np.uint8:
        return np.ascontiguousarray(array, dtype=np.uint8)
    if array.dtype.kind == "u":
        return ((array.astype(np.uint32) + 128) // 257).astype(np.uint8)
    values = array.astype(np.float64)
    low, high = float(values.min()), float(values.max())
    if not (low >= -_ROUNDING and high <= 1 + _ROUNDING):  # NaN fails both
        raise ShapeError(f"a photo's floats lie in [0, 1], not in [{low:g}, {high:g}]: {array.dtype} {array.shape}")
    return (np.clip(values, 0, 1) * 255 + 0.5).astype(np.uint8)
