import io
import sys

import numpy as np
import pytest
from PIL import Image as PillowImage
from PIL import ImageFile

from pipeline.core.arrays import Rgb
from pipeline.core.errors import SampleRejected
from pipeline.storage import opening
from pipeline.storage.images import ImageLimits, decode_grey, decode_image, encode_image
from pipeline.storage.opening import unquoted

ERRORS = [RuntimeError, NotImplementedError, MemoryError, RecursionError, AttributeError, ZeroDivisionError, Exception]


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("step", ["load", "draft"])
def test_whatever_a_decoder_raises_is_damage(
    monkeypatch: pytest.MonkeyPatch, portrait_jpeg: bytes, error: type[Exception], step: str
) -> None:
    def fail(*_: object) -> None:
        raise error("as libraries do")

    monkeypatch.setattr(ImageFile.ImageFile, step, fail)
    monkeypatch.setattr("PIL.JpegImagePlugin.JpegImageFile.draft", fail)
    with pytest.raises(SampleRejected, match=f"damaged_image: {error.__name__}: as libraries do"):
        decode_grey(portrait_jpeg)


def test_ctrl_c_in_a_decoder_stops(monkeypatch: pytest.MonkeyPatch, portrait_jpeg: bytes) -> None:
    def stop(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(ImageFile.ImageFile, "load", stop)
    with pytest.raises(KeyboardInterrupt):
        decode_image(portrait_jpeg)


def heic(rgb: Rgb) -> bytes:
    pytest.importorskip("pillow_heif").register_heif_opener()
    buffer = io.BytesIO()
    PillowImage.fromarray(rgb).save(buffer, "HEIF", quality=90)
    return buffer.getvalue()


def test_heic_is_read_where_the_extra_is_installed(portrait: Rgb) -> None:
    opening._heic_is_read.cache_clear()
    decoded = decode_image(heic(portrait))
    assert decoded.format == "HEIF"
    assert np.abs(decoded.rgb.astype(int) - portrait).mean() < 4


def test_without_the_extra_heic_is_a_row_that_names_it(monkeypatch: pytest.MonkeyPatch, portrait: Rgb) -> None:
    data = heic(portrait)
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    opening._heic_is_read.cache_clear()
    with pytest.raises(SampleRejected, match="unsupported_format: HEIC is read where the extra `heif` is installed"):
        decode_image(data)
    opening._heic_is_read.cache_clear()


def test_an_icon_that_holds_more_than_it_says_is_too_large(portrait: Rgb) -> None:
    """Its table has a byte for each side; the PNG inside has what it likes."""
    inside = encode_image(portrait, "png")
    header = bytes([0, 0, 1, 0, 1, 0, 64, 64, 0, 0, 1, 0, 32, 0]) + len(inside).to_bytes(4, "little") + b"\x16\0\0\0"
    assert decode_image(header + inside).rgb.shape == portrait.shape
    with pytest.raises(SampleRejected, match="too_many_pixels"):
        decode_image(header + inside, ImageLimits(max_pixels=70 * 70))


SECRET = b"root:x:0:0:hunter2"


@pytest.mark.parametrize(
    "start",
    [
        b"",
        b"P6\n",
        b"P5 9 9 ",
        b"BM",
        b"GIF89a",
        b"\x89PNG\r\n\x1a\n",
        b"/* XPM */\n",
        b"#define im_width ",
        b"SIMPLE  =",
        b"II*\0",
        b"\xff\xd8\xff",
        b"DDS |\0\0\0",
        b"8BPS\0\1",
        b"qoif",
        b"Image type: ",
    ],
)
def test_no_byte_of_a_file_is_quoted(start: bytes) -> None:
    with pytest.raises(SampleRejected) as caught:
        decode_image(start + SECRET * 5)
    assert "root" not in str(caught.value)
    assert "hunter" not in str(caught.value)


@pytest.mark.parametrize("quoted", ["b'root:x'", "'root:x'", '"root:x"', "b'ro\\'ot:x'", '"it\'s root:x"', "'root:x"])
def test_messages_lose_what_they_quote(quoted: str) -> None:
    assert unquoted(f"broken PNG file (chunk {quoted}") == "broken PNG file (chunk (not quoted)"
