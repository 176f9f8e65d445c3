import io
import os
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as PillowImage

from pipeline.core.arrays import Rgb
from pipeline.core.errors import SampleRejected
from pipeline.storage.images import (
    EXTENSIONS,
    ImageLimits,
    decode_grey,
    decode_image,
    encode_alpha,
    encode_image,
    read_image,
    write_image,
)

HEIC = {".heic", ".heics", ".heif", ".heifs", ".hif"}
"""Read where the extra is installed."""
REFUSED = {".eps", ".ps", ".wmf", ".emf", ".bufr", ".grib", ".h5", ".hdf", ".mpg", ".mpeg"}


def stored(image: PillowImage.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.fixture
def picture() -> PillowImage.Image:
    """40 rows of 60 columns, red on the left, blue on the right."""
    pixels = np.zeros((40, 60, 3), dtype=np.uint8)
    pixels[:, :30] = [200, 30, 30]
    pixels[:, 30:] = [30, 30, 200]
    return PillowImage.fromarray(pixels)


def assert_red_then_blue(rgb: Rgb) -> None:
    assert (rgb.shape, rgb.dtype) == ((40, 60, 3), np.dtype(np.uint8))
    assert np.abs(rgb[20, 10].astype(int) - [200, 30, 30]).max() < 30
    assert np.abs(rgb[20, 50].astype(int) - [30, 30, 200]).max() < 30


@pytest.mark.parametrize(
    "kind", ["JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF", "PPM", "TGA", "JPEG2000", "AVIF", "PCX", "QOI", "ICNS"]
)
def test_reads_the_formats_that_pillow_reads(picture: PillowImage.Image, kind: str) -> None:
    if kind == "ICNS":
        decoded = decode_image(stored(picture.resize((64, 64)), kind))
        assert decoded.format == "ICNS"
        return
    assert_red_then_blue(decode_image(stored(picture, kind)).rgb)


@pytest.mark.parametrize("mode", ["P", "CMYK", "RGBA", "LA", "L", "1", "YCbCr", "LAB", "HSV", "I;16", "I", "F"])
def test_every_mode_becomes_rgb(picture: PillowImage.Image, mode: str) -> None:
    grey = picture.convert("L")
    converted = {
        "LAB": lambda: picture.convert("RGB"),
        "HSV": lambda: picture.convert("RGB"),
        "I;16": lambda: PillowImage.fromarray(np.asarray(grey).astype(np.uint16) * 257),
        "F": lambda: PillowImage.fromarray(np.asarray(grey).astype(np.float32)),
    }.get(mode, lambda: picture.convert(mode))()
    decoded = decode_image(stored(converted, "TIFF" if mode != "LA" else "PNG"))
    assert (decoded.rgb.shape, decoded.rgb.dtype) == ((40, 60, 3), np.dtype(np.uint8))
    assert decoded.rgb.std() > 5


@pytest.mark.parametrize("mode", ["RGB", "L", "P", "CMYK", "RGBA", "LA", "1", "I;16"])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF"])
def test_grey_is_that_of_the_colours(picture: PillowImage.Image, mode: str, kind: str) -> None:
    grey = picture.convert("L")
    sixteen = PillowImage.fromarray(np.asarray(grey).astype(np.uint16) * 257)
    try:
        data = stored(sixteen if mode == "I;16" else picture.convert(mode), kind)
    except OSError:
        pytest.skip(f"{kind} doesn't store {mode}")
    rgb = PillowImage.fromarray(decode_image(data).rgb)
    assert np.abs(np.asarray(rgb.convert("L")).astype(int) - decode_grey(data).grey).max() <= 3


def test_grey_is_upright_and_drafted_like_the_colours(picture: PillowImage.Image) -> None:
    exif = PillowImage.Exif()
    exif[0x0112] = 6
    data = stored(picture.resize((600, 400)), "JPEG", exif=exif)
    whole, draft = decode_grey(data), decode_grey(data, draft_side_px=100)
    assert (whole.grey.shape, draft.grey.shape) == ((600, 400), (150, 100))
    assert whole.quantization == decode_image(data).quantization is not None


def test_sixteen_bits_keep_their_scale() -> None:
    half = np.full((40, 40), 32768, dtype=np.uint16)
    assert decode_image(stored(PillowImage.fromarray(half), "PNG")).rgb.mean() == pytest.approx(128, abs=1)


def test_transparency_is_laid_on_white() -> None:
    clear = PillowImage.new("RGBA", (40, 40), (255, 0, 0, 0))
    assert decode_image(stored(clear, "PNG")).rgb.min() == 255
    palette = clear.convert("P")
    palette.info["transparency"] = palette.getpixel((0, 0))
    assert decode_image(stored(palette, "PNG", transparency=palette.getpixel((0, 0)))).rgb.min() == 255


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF"])
def test_the_first_frame_of_an_animation(picture: PillowImage.Image, kind: str) -> None:
    second = PillowImage.new("RGB", picture.size, (0, 255, 0))
    assert_red_then_blue(decode_image(stored(picture, kind, save_all=True, append_images=[second])).rgb)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(picture: PillowImage.Image, orientation: int) -> None:
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
    turned = picture if orientation == 1 else picture.transpose(PillowImage.Transpose(undo[orientation]))
    exif = PillowImage.Exif()
    exif[0x0112] = orientation
    assert_red_then_blue(decode_image(stored(turned, "JPEG", exif=exif, quality=95)).rgb)


def png_of(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds a few pixels only."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(99)))


def damaged(kind: str, keep: float) -> bytes:
    noise = PillowImage.fromarray(np.random.default_rng(1).integers(0, 255, (200, 200, 3), dtype=np.uint8))
    whole = stored(noise, kind)
    return whole[: int(len(whole) * keep)]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty_file"),
        (b"This is a text file.\n" * 20, "not_an_image"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 50 50\n%%EndComments\n", "not_an_image"),
        (png_of(100_000, 100_000), "too_many_pixels"),
        (png_of(9_000, 9_000), "too_many_pixels"),
        (png_of(10, 500), "too_small"),
        (png_of(100, 100), "damaged_image"),
        (damaged("JPEG", 0.5), "damaged_image"),
        (damaged("PNG", 0.5), "damaged_image"),
        (damaged("WEBP", 0.5), "damaged_image"),
        (damaged("TIFF", 0.5), "damaged_image"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_what_cannot_be_used_is_rejected_with_a_reason(data: bytes, reason: str) -> None:
    with pytest.raises(SampleRejected) as caught:
        decode_image(data)
    assert caught.value.reason == reason
    assert caught.value.detail


@pytest.mark.parametrize("cut", range(0, 100, 7))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "AVIF", "JPEG2000"])
def test_no_cut_file_crashes_the_decoder(kind: str, cut: int) -> None:
    data = damaged(kind, cut / 100)
    try:
        decoded = decode_image(data)
    except SampleRejected:
        return
    assert decoded.rgb.shape == (200, 200, 3)


def test_a_file_over_the_limit_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "large.jpg"
    path.write_bytes(b"x" * 2000)
    with pytest.raises(SampleRejected, match="file_too_large: 2000 bytes, at most 1000"):
        read_image(path, ImageLimits(max_file_bytes=1000))


@pytest.mark.parametrize("make", [lambda _: None, os.mkfifo, lambda p: p.mkdir(), lambda p: p.symlink_to(p.name)])
def test_what_cannot_be_opened_is_rejected(tmp_path: Path, make: Any) -> None:
    path = tmp_path / "photo.jpg"
    make(path)
    with pytest.raises(SampleRejected, match="unreadable_file"):
        read_image(path)


def test_a_picture_survives_the_round_trip(tmp_path: Path, portrait: Rgb) -> None:
    write_image(tmp_path / "a.png", portrait)
    assert np.array_equal(read_image(tmp_path / "a.png").rgb, portrait)
    write_image(tmp_path / "a.jpg", portrait)
    jpeg = read_image(tmp_path / "a.jpg")
    assert (jpeg.format, len(jpeg.quantization or ())) == ("JPEG", 64)
    assert np.abs(jpeg.rgb.astype(int) - portrait).mean() < 2
    assert len(encode_image(portrait, quality=60)) < len(encode_image(portrait, quality=95)) / 2


def test_alpha_is_encoded_as_grey() -> None:
    alpha = np.linspace(0, 1, 40 * 40, dtype=np.float32).reshape(40, 40, 1)
    with PillowImage.open(io.BytesIO(encode_alpha(alpha))) as image:
        assert image.mode == "L"
        assert np.array_equal(np.asarray(image), np.rint(alpha[:, :, 0] * 255).astype(np.uint8))


def test_every_ending_of_a_readable_format_is_offered_to_the_decoder() -> None:
    PillowImage.init()
    known = {ending for ending, kind in PillowImage.registered_extensions().items() if kind in PillowImage.OPEN}
    assert known - REFUSED | HEIC == EXTENSIONS


@pytest.mark.parametrize("height", [511, 512, 513, 1030])
def test_tall_images_taken_by_strips_are_whole(height: int) -> None:
    rgb = np.random.default_rng(height).integers(0, 256, (height, 40, 3), dtype=np.uint8)
    assert np.array_equal(decode_image(encode_image(rgb, "png")).rgb, rgb)
