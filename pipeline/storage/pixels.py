"""From what a file stores to upright sRGB or grey pixels."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage

from pipeline.core.arrays import Rgb
from pipeline.storage.colour import foreign, in_srgb
from pipeline.storage.orientation import Turn

_STRIP_ROWS = 512


def upright_rgb(image: PillowImage.Image, turn: Turn | None) -> Rgb:
    """The loaded image as sRGB `uint8 (H, W, 3)`, turned, transparency laid on white."""
    profile, mode = image.info.get("icc_profile"), image.mode
    upright = _upright(image, turn)
    if upright.mode.startswith(("I", "F")):
        return np.repeat(_stretched_grey(upright)[:, :, None], 3, axis=2)
    shown = in_srgb(upright, mode, profile)
    return _array_of(shown if shown.mode == "RGB" else shown.convert("RGB"))


def _array_of(image: PillowImage.Image) -> Rgb:
    """The pixels of an image in RGB, a strip at a time: of a large one Pillow would hold them twice on the way."""
    if image.height <= _STRIP_ROWS:
        return np.asarray(image)
    pixels = np.empty((image.height, image.width, 3), dtype=np.uint8)
    for top in range(0, image.height, _STRIP_ROWS):
        bottom = min(top + _STRIP_ROWS, image.height)
        pixels[top:bottom] = np.asarray(image.crop((0, top, image.width, bottom)))
    return pixels


def upright_grey(image: PillowImage.Image, turn: Turn | None) -> NDArray[np.uint8]:
    """As `upright_rgb`, the brightness alone: `uint8 (H, W)`."""
    profile, mode = image.info.get("icc_profile"), image.mode
    upright = _upright(image, turn)
    if upright.mode.startswith(("I", "F")):
        return _stretched_grey(upright)
    shown = in_srgb(upright, mode, profile)
    # by way of RGB: Pillow has no direct way from every mode to grey
    return np.asarray(shown if shown.mode == "L" else shown.convert("RGB").convert("L"))


def means_other_colours(image: PillowImage.Image) -> bool:
    """Whether the image's profile says that its numbers aren't sRGB's; known as soon as it is opened."""
    return foreign(image.mode, image.info.get("icc_profile")) is not None


def _upright(image: PillowImage.Image, turn: Turn | None) -> PillowImage.Image:
    """The image turned, and without transparency."""
    turned = image if turn is None else image.transpose(turn)
    if turn is not None:
        image.close()  # the pixels as stored: of a large photo 100 MB
    if turned.mode.startswith(("I", "F")) or not turned.has_transparency_data:
        return turned
    rgba = turned.convert("RGBA")
    return PillowImage.alpha_composite(PillowImage.new("RGBA", rgba.size, "white"), rgba)


def _stretched_grey(image: PillowImage.Image) -> NDArray[np.uint8]:
    """16-bit and float images as grey `uint8 (H, W)`: 16-bit by its full scale, others by their own range."""
    values = np.asarray(image).astype(np.float64)
    low, high = (0.0, 65535.0) if image.mode.startswith("I;16") else (float(values.min()), float(values.max()))
    if image.mode == "I" and 255 < high <= 65535:  # 16-bit PNGs come as 32-bit integers
        low, high = 0.0, 65535.0
    return np.clip((values - low) / max(high - low, 1e-9) * 255 + 0.5, 0, 255).astype(np.uint8)
