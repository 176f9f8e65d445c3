"""The one way to read and write pixels."""

import io
import stat
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage
from PIL.PngImagePlugin import PngInfo

from pipeline.core.arrays import Alpha, FloatImage, Rgb
from pipeline.core.errors import SampleRejected
from pipeline.core.locations import Location, Place
from pipeline.core.step_times import timed
from pipeline.storage import signatures
from pipeline.storage.colour import SRGB_PROFILE, new_srgb_chunk, srgb_chunk
from pipeline.storage.jpeg import encode_jpeg
from pipeline.storage.mapped_files import leave_room
from pipeline.storage.opening import take_picture
from pipeline.storage.orientation import Turn
from pipeline.storage.pixels import means_other_colours, upright_grey, upright_rgb
from pipeline.storage.stores import read_bytes
from pipeline.storage.synthetic_mark import SourceType, SyntheticMark, says_mask_drawn, source_type_in
from pipeline.storage.whole_files import write_bytes

EXTENSIONS = signatures.EXTENSIONS
_LARGE_PIXELS = 8_000_000
"""Such an image takes 7 bytes a pixel while it is decoded."""
_STRIP_ROWS = 256


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
        rgb: sRGB `uint8 (H, W, 3)`, EXIF orientation applied, transparency laid on white, first frame of an animation.
        format: Pillow's name of the file format, such as `JPEG`.
        mode: Pillow's mode of the stored pixels; `L` and `1` are grey.
        quantization: The luminance quantization table of a JPEG, else None; it tells how strongly it was compressed.
        synthetic: What its XMP says that it is, where no camera took it as it is.
        mask_drawn: Its XMP says that Maskwright drew a mask into it.
    """

    rgb: Rgb
    format: str
    mode: str
    quantization: tuple[int, ...] | None
    synthetic: SourceType | None = None
    mask_drawn: bool = False

    def mark(
        self, identifier: str | None = None, licence: str | None = None, author: str | None = None
    ) -> SyntheticMark | None:
        """What a picture that is made of this one says of itself: the same, under its own id."""
        return SyntheticMark(identifier, licence, author, self.synthetic) if self.synthetic else None


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
    except ValueError as error:  # a NUL in its name, or a letter that the locale lacks
        raise SampleRejected("unreadable_file", str(error)) from error
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
        SampleRejected: `empty_file`, `not_an_image`, `unsupported_format`, `too_many_pixels`, `too_small` or
            `damaged_image`.
    """
    return take_picture(data, partial(_begin, limits, None, draft_side_px), partial(_as_decoded, limits))


@timed("decode")
def decode_grey(data: bytes, limits: ImageLimits = DEFAULT_LIMITS, draft_side_px: int | None = None) -> DecodedGrey:
    """Decode the bytes of one image file without its colours; of a JPEG they aren't even unpacked.

    Grey values differ from those of the colours by rounding. Arguments and errors are those of `decode_image`.
    """
    return take_picture(data, partial(_begin, limits, "L", draft_side_px), partial(_as_decoded_grey, limits))


def _begin(limits: ImageLimits, draft_mode: str | None, draft_side_px: int | None, image: PillowImage.Image) -> None:
    """Refuse what is too large or small, make room for a large one, and ask a JPEG for no more than is needed."""
    _check_size(image, limits)
    if image.width * image.height >= _LARGE_PIXELS:
        leave_room()
    mode = None if draft_mode is None or means_other_colours(image) else draft_mode
    if mode is not None or draft_side_px is not None:
        image.draft(mode, None if draft_side_px is None else (draft_side_px, draft_side_px))


def _check_size(image: PillowImage.Image, limits: ImageLimits) -> None:
    width, height = image.size
    if width * height > limits.max_pixels:
        raise SampleRejected("too_many_pixels", f"{width}x{height}, at most {limits.max_pixels} pixels are decoded")
    if min(width, height) < limits.min_side_px:
        raise SampleRejected("too_small", f"{width}x{height}, the shorter side must be {limits.min_side_px} px")


def _check_pixels(image: PillowImage.Image, limits: ImageLimits) -> None:
    """Once more when it is loaded: an icon's parts may be larger than its table says."""
    if image.width * image.height > limits.max_pixels:
        _check_size(image, limits)


def _as_decoded(limits: ImageLimits, image: PillowImage.Image, turn: Turn | None) -> Decoded:
    _check_pixels(image, limits)
    kind, mode, xmp = image.format or "unknown", image.mode, image.info.get("xmp")
    told = source_type_in(xmp), says_mask_drawn(xmp)
    return Decoded(upright_rgb(image, turn), kind, mode, _quantization(image), *told)


def _as_decoded_grey(limits: ImageLimits, image: PillowImage.Image, turn: Turn | None) -> DecodedGrey:
    _check_pixels(image, limits)
    return DecodedGrey(upright_grey(image, turn), _quantization(image))


def _quantization(image: PillowImage.Image) -> tuple[int, ...] | None:
    tables = getattr(image, "quantization", None)
    return tuple(tables[min(tables)]) if tables else None


@timed("encode")
def encode_image(
    rgb: Rgb, kind: Literal["jpeg", "png"] = "jpeg", quality: int = 95, mark: SyntheticMark | None = None
) -> bytes:
    """The bytes of an image file that says its colours are sRGB, as a profile of 424 bytes or PNG's own 13.

    JPEG is written without chroma subsampling above quality 90, as cameras' best setting does. A `mark` is the file's
    XMP, an APP1 segment or PNG's text `XML:com.adobe.xmp`; it changes no pixel.
    """
    coloured = rgb.ndim == 3
    if kind == "jpeg":
        profile, xmp = SRGB_PROFILE if coloured else None, None if mark is None else mark.packet()
        return encode_jpeg(rgb, quality, profile, xmp)
    buffer = io.BytesIO()
    PillowImage.fromarray(rgb).save(buffer, "PNG", compress_level=3, pnginfo=_png_chunks(coloured, mark))
    return buffer.getvalue()


def _png_chunks(coloured: bool, mark: SyntheticMark | None) -> PngInfo | None:
    if mark is None:
        return srgb_chunk() if coloured else None
    chunks = new_srgb_chunk() if coloured else PngInfo()
    chunks.add_itxt("XML:com.adobe.xmp", mark.packet().decode())
    return chunks


def write_image(place: Location, rgb: Rgb, quality: int = 95, mark: SyntheticMark | None = None) -> None:
    """Write an image, whole or not at all; the ending of its name chooses PNG or JPEG."""
    kind: Literal["jpeg", "png"] = "png" if place.suffix.lower() == ".png" else "jpeg"
    write_bytes(place, encode_image(rgb, kind, quality, mark), synced=False)


def encode_alpha(alpha: Alpha) -> bytes:
    """An alpha `(H, W, 1)` in [0, 1] as the bytes of an 8-bit grey PNG."""
    codes = np.empty(alpha.shape[:2], dtype=np.uint8)
    for top in range(0, len(codes), _STRIP_ROWS):  # in floats a large one would stand twice beside itself
        codes[top : top + _STRIP_ROWS] = alpha_codes(alpha[top : top + _STRIP_ROWS, :, 0])
    return encode_image(codes, "png")


def alpha_codes(cover: FloatImage) -> NDArray[np.uint8]:
    """A plane in [0, 1] in 8 bits."""
    return np.rint(cover * 255).astype(np.uint8)
