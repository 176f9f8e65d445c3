"""Rows and pictures that the curation tests share."""

import hashlib
from typing import Any

import cv2
import numpy as np

from pipeline.core.arrays import Rgb
from pipeline.core.records import DuplicateLink, Image, LinkKind
from pipeline.dedup.fingerprints.fingerprint import Fingerprint


def image_row(name: str, **changes: Any) -> Image:
    """An image row with an id and content of its own, derived from `name`."""
    digest = hashlib.sha256(name.encode()).hexdigest()
    row: dict[str, Any] = {
        "id": digest[:32],
        "sha256": digest,
        "path": f"{name}.jpg",
        "source": "unit",
        "origin": name,
        "width_px": 100,
        "height_px": 100,
        "licence": "CC0-1.0",
    }
    return Image(**(row | changes))


def fingerprint_row(sha256: str, **changes: Any) -> Fingerprint:
    """A fingerprint without a face, in the middle of every scale."""
    row: dict[str, Any] = dict.fromkeys(("phash", "dhash", "mirror", "half", "quarter", "upper"), "0" * 16)
    row |= {
        "sha256": sha256,
        "thumbnail": bytes(256),
        "face_phash": None,
        "face_upper": None,
        "face_thumbnail": None,
        "surroundings": None,
        "beside_others": False,
        "passers_by": 0,
    }
    row |= {"brightness": 120.0, "contrast": 60.0, "sharpness": 0.1, "compression": 0.1}
    return Fingerprint(**(row | changes))


def make_link(first: str, second: str, kind: LinkKind, distance: float) -> DuplicateLink:
    """A link with its ends in ascending order."""
    return DuplicateLink(first=min(first, second), second=max(first, second), kind=kind, distance=distance)


def picture(seed: int, side_px: int = 192) -> Rgb:
    """A smooth random picture with edges: as good as a photo for a perceptual hash, and nobody's face."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (9, 9, 3), dtype=np.uint8)
    rgb = np.asarray(cv2.resize(coarse, (side_px, side_px), interpolation=cv2.INTER_CUBIC), dtype=np.uint8)
    for _ in range(6):
        x, y, radius = (int(v) for v in rng.integers(10, side_px - 10, 3))
        cv2.circle(rgb, (x, y), radius // 4 + 4, tuple(int(v) for v in rng.integers(0, 256, 3)), -1)
    return rgb


def with_mask(rgb: Rgb) -> Rgb:
    """The picture with a flat patch over the middle of its lower half, as a mask would lie."""
    height, width = rgb.shape[:2]
    masked = rgb.copy()
    masked[int(0.55 * height) : int(0.95 * height), int(0.2 * width) : int(0.8 * width)] = (120, 160, 210)
    return masked
