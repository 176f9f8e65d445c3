"""JPEG by OpenCV: Pillow's bytes, with what OpenCV leaves out."""

import io

import cv2
import numpy as np
import pytest
from PIL import Image as PillowImage

from pipeline.core.arrays import Rgb
from pipeline.storage import jpeg
from pipeline.storage.colour import SRGB_PROFILE
from pipeline.storage.jpeg import encode_jpeg


@pytest.mark.parametrize("quality", [1, 60, 90, 91, 95, 100])
@pytest.mark.parametrize("size", [(1, 1), (17, 33), (120, 90)])
@pytest.mark.parametrize("xmp", [None, b"<x/>"])
def test_bytes_are_pillows(portrait: Rgb, quality: int, size: tuple[int, int], xmp: bytes | None) -> None:
    pixels = np.ascontiguousarray(portrait[: size[0], : size[1]])
    buffer = io.BytesIO()
    said = {"icc_profile": SRGB_PROFILE} | ({} if xmp is None else {"xmp": xmp})
    PillowImage.fromarray(pixels).save(buffer, "JPEG", quality=quality, subsampling=0 if quality > 90 else 2, **said)
    assert encode_jpeg(pixels, quality, SRGB_PROFILE, xmp) == buffer.getvalue()


@pytest.mark.parametrize("quality", [60, 95])
def test_grey_has_no_profile_to_name(portrait: Rgb, quality: int) -> None:
    grey, buffer = np.ascontiguousarray(portrait[:, :, 1]), io.BytesIO()
    PillowImage.fromarray(grey).save(buffer, "JPEG", quality=quality)
    assert encode_jpeg(grey, quality, None, None) == buffer.getvalue()


@pytest.mark.parametrize("refused", [False, True])
@pytest.mark.parametrize("can_be_written", [True, False])
@pytest.mark.parametrize("large_bytes", [1, 1 << 24])
def test_input_is_left_as_it_is(
    portrait: Rgb, monkeypatch: pytest.MonkeyPatch, large_bytes: int, can_be_written: bool, refused: bool
) -> None:
    """Large pictures are turned in place and back, also where OpenCV refuses them."""
    whole = encode_jpeg(portrait, 95, None, None)
    monkeypatch.setattr(jpeg, "_LARGE_BYTES", large_bytes)
    monkeypatch.setattr(jpeg, "_STRIP_ROWS", 7)
    held = portrait.copy()
    held.flags.writeable = can_be_written
    if refused:
        monkeypatch.setattr(cv2, "imencode", lambda *_: (False, None))
        with pytest.raises(ValueError, match="no JPEG can be made"):
            encode_jpeg(held, 95, None, None)
    else:
        assert encode_jpeg(held, 95, None, None) == whole
    assert np.array_equal(held, portrait)


def test_what_fits_no_segment_is_told(portrait: Rgb) -> None:
    with pytest.raises(ValueError, match="65505 bytes don't fit"):
        encode_jpeg(portrait, 95, None, bytes(65505))
    assert len(encode_jpeg(portrait, 95, None, bytes(65504))) > 65504
