"""Perceptual hashes, all from one decode."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import cv2
import imagehash
import numpy as np
from PIL import Image as PillowImage

from pipeline.arrays import Rgb
from pipeline.engine import map_records
from pipeline.errors import SampleRejected
from pipeline.images import read_image
from pipeline.records import Image, Rejection

WORKING_SIDE_PX = 256
"""Hashes look at 8x8 to 32x32 samples: beyond this side, more pixels cost time and change nothing."""


@dataclass(frozen=True, slots=True)
class ImageHashes:
    """The 64-bit hashes of one picture, as unsigned integers with the first bit of the hash highest.

    Attributes:
        phash: Signs of low DCT frequencies (imagehash's `phash`): survives re-encoding, resizing, brightness.
        dhash: Signs of horizontal differences (imagehash's `dhash`): errs on other pictures than pHash does.
        upper: pHash of the upper half, which a mask leaves alone.
        lower: pHash of the lower half, which tells a masked twin from a plain duplicate.
    """

    phash: int
    dhash: int
    upper: int
    lower: int


@dataclass(frozen=True, slots=True)
class HashedImage:
    """An image row with the hashes of its pixels."""

    image: Image
    hashes: ImageHashes


def hash_images(images: Iterable[Image], jobs: int = 1) -> tuple[list[HashedImage], list[Rejection]]:
    """Hash the file of each image; what can't be decoded is rejected with the decoder's reason."""
    hashed: list[HashedImage] = []
    rejections: list[Rejection] = []
    for result in map_records(_hash_file, images, jobs):
        if isinstance(result, HashedImage):
            hashed.append(result)
        else:
            rejections.append(result)
    return hashed, rejections


def _hash_file(image: Image) -> HashedImage | Rejection:
    try:
        return HashedImage(image, hash_image(read_image(Path(image.path)).rgb))
    except SampleRejected as verdict:
        return Rejection(id=image.id, stage="dedup", reason=verdict.reason, detail=verdict.detail, origin=image.origin)


def hash_image(rgb: Rgb) -> ImageHashes:
    """All hashes of one image `uint8 (H, W, 3)`."""
    grey = _working_grey(rgb)
    middle = max(1, grey.height // 2)
    return ImageHashes(
        phash=_as_int(imagehash.phash(grey)),
        dhash=_as_int(imagehash.dhash(grey)),
        upper=_as_int(imagehash.phash(grey.crop((0, 0, grey.width, middle)))),
        lower=_as_int(imagehash.phash(grey.crop((0, middle, grey.width, grey.height)))),
    )


def _working_grey(rgb: Rgb) -> PillowImage.Image:
    height, width = rgb.shape[:2]
    factor = WORKING_SIDE_PX / max(height, width)
    if factor < 1:
        size = (max(2, round(width * factor)), max(2, round(height * factor)))
        rgb = np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    return PillowImage.fromarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY))


def _as_int(value: imagehash.ImageHash) -> int:
    return int.from_bytes(np.packbits(value.hash.reshape(-1)).tobytes(), "big")
