"""The one way to read and write pixels."""

import io
import stat
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage
from PIL import ImageOps, UnidentifiedImageError

from pipeline.core.arrays import Alpha, Rgb
from pipeline.core.errors import SampleRejected
from pipeline.core.locations import Location, Place
from pipeline.core.step_times import timed
from pipeline.storage.stores import read_bytes
from pipeline.storage.whole_files import write_bytes

# fmt: off
EXTENSIONS = frozenset({
    ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".apng", ".webp", ".avif", ".avifs", ".gif", ".bmp", ".dib", ".tif",
    ".tiff", ".jp2", ".j2k", ".jpc", ".jpf", ".jpx", ".j2c", ".ppm", ".pgm", ".pbm", ".pnm", ".pfm", ".tga", ".icb",
    ".vda", ".vst", ".ico", ".icns", ".cur", ".psd", ".qoi", ".pcx", ".dcx", ".dds", ".sgi", ".rgb", ".rgba", ".bw",
    ".ras", ".msp", ".xbm", ".xpm", ".im", ".blp", ".fit", ".fits", ".fli", ".flc", ".ftc", ".ftu", ".gbr", ".iim",
    ".pcd", ".pxr",
})
# fmt: on
"""File name endings that are offered to the decoder when a folder is listed; the content decides what they are."""

Taken = TypeVar("Taken")

_REFUSED_FORMATS = frozenset({"EPS", "WMF", "BUFR", "GRIB", "HDF5", "MPEG"})
"""What Pillow names but doesn't decode itself: EPS would start Ghostscript on a stranger's program."""


@dataclass(frozen=True, slots=True)
class ImageLimits:
    """What an image file may ask of the machine.

    Attributes:
        max_file_bytes: Larger files are rejected unread.
        max_pixels: Larger images are rejected before they are decoded.
        min_side_px: Smaller images hold no usable face.
    """

    max_file_bytes: int = 64 * 1024 * 1024
    max_pixels: int = 64_000_000
    min_side_px: int = 32


@dataclass(frozen=True, slots=True)
class Decoded:
    """An upright image with what its file said about itself.

    Attributes:
        rgb: `uint8 (H, W, 3)`, EXIF orientation applied, transparency laid on white, first frame of an animation.
        format: Pillow's name of the file format, such as `JPEG`.
        mode: Pillow's mode of the stored pixels; `L` and `1` are grey.
        quantization: The luminance quantization table of a JPEG, else None; it tells how strongly it was compressed.
    """

    rgb: Rgb
    format: str
    mode: str
    quantization: tuple[int, ...] | None


@dataclass(frozen=True, slots=True)
class DecodedGrey:
    """An upright image without its colours.

    Attributes:
        grey: `uint8 (H, W)`, otherwise as `Decoded.rgb`; of a JPEG the brightness that it stores.
        quantization: As in `Decoded`.
    """

    grey: NDArray[np.uint8]
    quantization: tuple[int, ...] | None


DEFAULT_LIMITS = ImageLimits()


def read_image(place: Place, limits: ImageLimits = DEFAULT_LIMITS, draft_side_px: int | None = None) -> Decoded:
    """Read and decode one file; `draft_side_px` is that of `decode_image`.

    Raises:
        SampleRejected: any reason of `read_file` or `decode_image`.
    """
    return decode_image(read_file(place, limits), limits, draft_side_px)


def read_grey(place: Place, limits: ImageLimits = DEFAULT_LIMITS, draft_side_px: int | None = None) -> DecodedGrey:
    """Read and decode one file without its colours; `draft_side_px` is that of `decode_image`.

    Raises:
        SampleRejected: any reason of `read_file` or `decode_grey`.
    """
    return decode_grey(read_file(place, limits), limits, draft_side_px)


@timed("read")
def read_file(place: Place, limits: ImageLimits = DEFAULT_LIMITS) -> bytes:
    """The bytes of one image file.

    Raises:
        SampleRejected: `unreadable_file` or `file_too_large`.
        StorageError: the object store of an address can't be used at all.
    """
    try:
        if isinstance(place, Path):
            _check_file(place, limits)
        data = read_bytes(place, limits.max_file_bytes + 1)
    except OSError as error:
        raise SampleRejected("unreadable_file", error.strerror or str(error)) from error
    if len(data) > limits.max_file_bytes:
        raise SampleRejected("file_too_large", f"at most {limits.max_file_bytes} bytes are read")
    return data


def _check_file(path: Path, limits: ImageLimits) -> None:
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):  # reading a pipe would wait for ever
        raise SampleRejected("unreadable_file", "not a regular file")
    if status.st_size > limits.max_file_bytes:
        raise SampleRejected("file_too_large", f"{status.st_size} bytes, at most {limits.max_file_bytes} are read")


@timed("decode")
def decode_image(data: bytes, limits: ImageLimits = DEFAULT_LIMITS, draft_side_px: int | None = None) -> Decoded:
    """Decode the bytes of one image file, whatever its name says it is.

    With `draft_side_px` a larger JPEG is decoded at 1/2, 1/4 or 1/8 of its size, as long as both sides keep that
    length: several times faster where only a small version is needed.

    Raises:
        SampleRejected: `empty_file`, `not_an_image`, `too_many_pixels`, `too_small` or `damaged_image`.
    """
    return _decode(data, limits, None, draft_side_px, _as_decoded)


@timed("decode")
def decode_grey(data: bytes, limits: ImageLimits = DEFAULT_LIMITS, draft_side_px: int | None = None) -> DecodedGrey:
    """Decode the bytes of one image file without its colours; of a JPEG they aren't even unpacked.

    Grey values differ from those of the colours by rounding. Arguments and errors are those of `decode_image`.
    """
    return _decode(data, limits, "L", draft_side_px, _as_decoded_grey)


def _decode(
    data: bytes,
    limits: ImageLimits,
    draft_mode: str | None,
    draft_side_px: int | None,
    take: Callable[[PillowImage.Image], Taken],
) -> Taken:
    if not data:
        raise SampleRejected("empty_file", "0 bytes")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of odd metadata; what matters here is whether pixels come out
        return _opened(data, limits, draft_mode, draft_side_px, take)


def _opened(
    data: bytes,
    limits: ImageLimits,
    draft_mode: str | None,
    draft_side_px: int | None,
    take: Callable[[PillowImage.Image], Taken],
) -> Taken:
    try:
        with PillowImage.open(io.BytesIO(data)) as image:
            if image.format in _REFUSED_FORMATS:
                raise SampleRejected("not_an_image", f"{image.format} files are not read")
            _check_size(image, limits)
            if draft_mode is not None or draft_side_px is not None:
                image.draft(draft_mode, None if draft_side_px is None else (draft_side_px, draft_side_px))
            return take(image)
    except UnidentifiedImageError as error:
        raise SampleRejected("not_an_image", f"no image format begins with {data[:12]!r}") from error
    except PillowImage.DecompressionBombError as error:
        raise SampleRejected("too_many_pixels", str(error)) from error
    # Pillow's decoders raise any of these on damaged data
    except (OSError, ValueError, SyntaxError, EOFError, IndexError, TypeError, KeyError, OverflowError) as error:
        raise SampleRejected("damaged_image", f"{type(error).__name__}: {error}") from error


def _check_size(image: PillowImage.Image, limits: ImageLimits) -> None:
    width, height = image.size
    if width * height > limits.max_pixels:
        raise SampleRejected("too_many_pixels", f"{width}x{height}, at most {limits.max_pixels} pixels are decoded")
    if min(width, height) < limits.min_side_px:
        raise SampleRejected("too_small", f"{width}x{height}, the shorter side must be {limits.min_side_px} px")


def _as_decoded(image: PillowImage.Image) -> Decoded:
    return Decoded(
        rgb=_upright_rgb(image),
        format=image.format or "unknown",
        mode=image.mode,
        quantization=_quantization(image),
    )


def _as_decoded_grey(image: PillowImage.Image) -> DecodedGrey:
    return DecodedGrey(_upright_grey(image), _quantization(image))


def _quantization(image: PillowImage.Image) -> tuple[int, ...] | None:
    tables = getattr(image, "quantization", None)
    return tuple(tables[min(tables)]) if tables else None


def _upright_rgb(image: PillowImage.Image) -> Rgb:
    upright = _upright(image)
    if upright.mode.startswith(("I", "F")):
        return np.repeat(_stretched_grey(upright)[:, :, None], 3, axis=2)
    return np.asarray(upright if upright.mode == "RGB" else upright.convert("RGB"))


def _upright_grey(image: PillowImage.Image) -> NDArray[np.uint8]:
    upright = _upright(image)
    if upright.mode.startswith(("I", "F")):
        return _stretched_grey(upright)
    # by way of RGB: Pillow has no direct way from every mode to grey
    return np.asarray(upright if upright.mode == "L" else upright.convert("RGB").convert("L"))


def _upright(image: PillowImage.Image) -> PillowImage.Image:
    """The image turned as its EXIF says, and without transparency."""
    image.load()
    ImageOps.exif_transpose(image, in_place=True)  # a copy of a large photo takes 100 MB
    if image.mode.startswith(("I", "F")) or not image.has_transparency_data:
        return image
    rgba = image.convert("RGBA")
    return PillowImage.alpha_composite(PillowImage.new("RGBA", rgba.size, "white"), rgba)


def _stretched_grey(image: PillowImage.Image) -> NDArray[np.uint8]:
    """16-bit and float images as grey `uint8 (H, W)`: 16-bit by its full scale, others by their own range."""
    values = np.asarray(image).astype(np.float64)
    low, high = (0.0, 65535.0) if image.mode.startswith("I;16") else (float(values.min()), float(values.max()))
    if image.mode == "I" and 255 < high <= 65535:  # 16-bit PNGs come as 32-bit integers
        low, high = 0.0, 65535.0
    return np.clip((values - low) / max(high - low, 1e-9) * 255 + 0.5, 0, 255).astype(np.uint8)


@timed("encode")
def encode_image(rgb: Rgb, kind: Literal["jpeg", "png"] = "jpeg", quality: int = 95) -> bytes:
    """The bytes of an image file; JPEG without chroma subsampling above quality 90, as cameras' best setting does."""
    buffer = io.BytesIO()
    image = PillowImage.fromarray(rgb)
    if kind == "jpeg":
        image.save(buffer, "JPEG", quality=quality, subsampling=0 if quality > 90 else 2)
    else:
        image.save(buffer, "PNG", compress_level=3)
    return buffer.getvalue()


def write_image(place: Location, rgb: Rgb, quality: int = 95) -> None:
    """Write an image, whole or not at all; the ending of its name chooses PNG or JPEG."""
    write_bytes(place, encode_image(rgb, "png" if place.suffix.lower() == ".png" else "jpeg", quality), synced=False)


def encode_alpha(alpha: Alpha) -> bytes:
    """An alpha `(H, W, 1)` in [0, 1] as the bytes of an 8-bit grey PNG."""
    return encode_image(np.rint(alpha[:, :, 0] * 255).astype(np.uint8), "png")
