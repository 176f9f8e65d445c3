"""Colours as sRGB, whatever the file's profile says that its numbers mean."""

import io
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
from PIL import Image as PillowImage
from PIL import ImageCms
from PIL.PngImagePlugin import PngInfo

SRGB_PROFILE = Path(__file__).with_name("srgb.icc").read_bytes()
"""What our JPEGs carry; `generators/srgb_profile.py` made it."""
_MODES = {b"RGB ": "RGB", b"GRAY": "L", b"CMYK": "CMYK"}
"""Pillow's mode by the colour space in a profile's header (ICC.1:2022, 7.2.6)."""
_PIXELS_OF = {
    "RGB": frozenset({"RGB", "RGBA", "RGBX", "P", "L", "YCbCr"}),
    "L": frozenset({"L", "LA"}),
    "CMYK": frozenset({"CMYK"}),
}
"""The modes of stored pixels that a profile of a mode can be meant for; other profiles are mistakes."""
_PROFILE_BYTES = 4 * 2**20
_STEPS = 17
_ROUNDING = 2
"""What sRGB profiles of different makers differ by, of 255."""


def in_srgb(pixels: PillowImage.Image, stored_mode: str, profile: object) -> PillowImage.Image:
    """The pixels, which the file stores in a mode, by their profile as sRGB.

    Where there is no profile, or none that can be read, or one that was meant for other pixels, they are taken as sRGB.
    """
    transform = foreign(stored_mode, profile)
    if transform is None:
        return pixels
    mode = transform.input_mode
    converted = ImageCms.applyTransform(pixels if pixels.mode == mode else pixels.convert(mode), transform)
    return pixels if converted is None else converted


def foreign(stored_mode: str, profile: object) -> ImageCms.ImageCmsTransform | None:
    """What makes sRGB of the pixels; None where they are sRGB, or must be taken for it."""
    if not isinstance(profile, bytes) or not 128 < len(profile) <= _PROFILE_BYTES:
        return None
    mode = _MODES.get(profile[16:20])
    if mode is None or stored_mode not in _PIXELS_OF[mode]:
        return None
    return _transform(profile, mode)


@lru_cache(maxsize=16)
def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """By what the profile does to a few colours, not by its name, a profile of sRGB is known.

    A press can't print every colour, so its profile holds a table that says what stands for what: `perceptual`. Other
    profiles keep colours as they are, and black as black.
    """
    press = mode == "CMYK"
    intent = ImageCms.Intent.PERCEPTUAL if press else ImageCms.Intent.RELATIVE_COLORIMETRIC
    flags = ImageCms.Flags.NONE if press else ImageCms.Flags.BLACKPOINTCOMPENSATION
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        transform = ImageCms.buildTransform(source, _srgb(), mode, "RGB", intent, flags)
        return transform if press or _changes(transform, mode) else None
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None


@cache
def srgb_chunk() -> PngInfo:
    """As `new_srgb_chunk`, for all pictures that say nothing else."""
    return new_srgb_chunk()


def new_srgb_chunk() -> PngInfo:
    """PNG's own way to say sRGB (PNG 1.2, 4.2.2.3), with the intent `perceptual`; more can be added."""
    chunks = PngInfo()
    chunks.add(b"sRGB", b"\0")
    return chunks


@cache
def _srgb() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


def _changes(transform: ImageCms.ImageCmsTransform, mode: str) -> bool:
    steps = np.linspace(0, 255, _STEPS if mode == "RGB" else 256).round().astype(np.uint8)
    colours = (
        np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(-1, _STEPS, 3) if mode == "RGB" else steps[None]
    )
    before = PillowImage.fromarray(colours)
    after = ImageCms.applyTransform(before, transform)
    difference = np.asarray(after).astype(np.int16) - np.asarray(before.convert("RGB"))
    return bool(np.abs(difference).max() > _ROUNDING)
