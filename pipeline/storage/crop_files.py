"""Crops of faces as stages wrote them, read at the size that is needed."""

import io

import cv2
import numpy as np
from PIL import Image as PillowImage

from pipeline.core.arrays import Rgb
from pipeline.core.errors import SampleRejected
from pipeline.core.locations import Place
from pipeline.storage.images import decode_image
from pipeline.storage.stores import read_bytes


def read_crop(place: Place, image_px: int) -> Rgb:
    """A crop `uint8 (image_px, image_px, 3)`; a JPEG that is far larger is decoded at a smaller scale.

    Raises:
        SampleRejected: the file is missing or holds no image.
    """
    try:
        data = read_bytes(place)
    except OSError as error:
        raise SampleRejected("unreadable_file", error.strerror or str(error)) from error
    return resized(_decode_small(data, image_px), image_px)


def resized(rgb: Rgb, image_px: int) -> Rgb:
    """The picture brought to a square of that side: by pixel area where it shrinks."""
    if rgb.shape[:2] == (image_px, image_px):
        return rgb
    shrinking = min(rgb.shape[:2]) > image_px
    method = cv2.INTER_AREA if shrinking else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(rgb, (image_px, image_px), interpolation=method), dtype=np.uint8)


def _decode_small(data: bytes, image_px: int) -> Rgb:
    if data[:2] != b"\xff\xd8":
        return decode_image(data).rgb
    try:
        with PillowImage.open(io.BytesIO(data)) as image:
            image.draft("RGB", (image_px, image_px))
            return np.asarray(image.convert("RGB"))
    except (OSError, ValueError, SyntaxError) as error:
        raise SampleRejected("damaged_image", f"{type(error).__name__}: {error}") from error
