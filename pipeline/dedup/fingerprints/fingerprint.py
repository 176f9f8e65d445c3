"""What curation remembers of one picture: hashes to search by, thumbnails to verify with, quality scores."""

from dataclasses import dataclass
from importlib.metadata import version

import numpy as np

from pipeline.core.params import HasherName
from pipeline.core.step_times import timed
from pipeline.dedup.fingerprints.face_patch import UPPER_ROWS, AlignedFace, FaceAligner
from pipeline.dedup.fingerprints.hashers import Hasher, hasher_of
from pipeline.dedup.fingerprints.hashes import (
    Grey,
    resample,
    shrink_grey,
    squeeze,
    squeeze_whole_and_upper,
    working_grey,
)
from pipeline.dedup.fingerprints.quality import QualityScores, measure_quality
from pipeline.faces.models import YUNET_RELEASE
from pipeline.storage.images import Decoded, DecodedGrey

ALGORITHM_VERSION = 7
"""Raise it with any change to what a fingerprint holds: it names the cache."""
THUMBNAIL_PX = 16
MOST_PASSERS_BY = 7
DRAFT_SIDE_PX = 256
"""A JPEG is decoded at the smallest scale that keeps both sides at least this long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """One row of the fingerprint cache, keyed by content.

    Hashes are 16 hexadecimal digits; thumbnails 16x16 grey bytes, row by row.

    Attributes:
        phash: pHash of the whole image.
        dhash: dHash of the whole image; it errs on other pictures than pHash does.
        mirror: pHash of the mirrored image.
        half: pHash of the image turned by 180 degrees.
        quarter: pHash of the image turned by 90 degrees, counterclockwise.
        upper: pHash of the upper third, which a mask leaves alone.
        thumbnail: The image squeezed to a square.
        face_phash: pHash of the aligned face: it survives crops and rotation. None where there is no face.
        face_upper: dHash of the aligned face above a mask.
        face_thumbnail: The aligned face.
        surroundings: What is around the aligned face; 0 is beyond the frame.
        beside_others: Whether faces of the aligned one's size, or another picture, are beside it.
        passers_by: How many smaller faces are in the picture, up to `MOST_PASSERS_BY`.
    """

    sha256: str
    phash: str
    dhash: str
    mirror: str
    half: str
    quarter: str
    upper: str
    thumbnail: bytes
    face_phash: str | None
    face_upper: str | None
    face_thumbnail: bytes | None
    surroundings: bytes | None
    beside_others: bool
    passers_by: int
    brightness: float
    contrast: float
    sharpness: float
    compression: float

    @property
    def scores(self) -> QualityScores:
        """The quality scores alone."""
        return QualityScores(self.brightness, self.contrast, self.sharpness, self.compression)


def fingerprint_version(with_faces: bool, hasher: HasherName = "fast") -> str:
    """Names all that a fingerprint depends on beside the pixels; another version never reads this one's cache.

    Raises:
        ModuleNotFoundError: the hasher is not installed.
    """
    parts = [f"v{ALGORITHM_VERSION}", f"pillow-{version('pillow')}", f"opencv-{version('opencv-python-headless')}"]
    if with_faces:
        parts.append(face_models_version())
    if hasher == "imagehash":
        parts.append(f"imagehash-{version('imagehash')}")
    return "_".join(parts)


def face_models_version() -> str:
    """Names the detector and the models behind whatever is kept of a photo's face."""
    return f"yunet-{YUNET_RELEASE}_onnxruntime-{version('onnxruntime')}_dlib-{version('dlib-bin')}"


@timed("hash")
def fingerprint(
    sha256: str, decoded: Decoded, align: FaceAligner | None = None, hasher: HasherName = "fast"
) -> Fingerprint:
    """The fingerprint of one decoded image; `align` finds the face, None leaves its fields empty."""
    aligned = align(decoded.rgb) if align else None
    return _of_grey(sha256, working_grey(decoded.rgb), decoded.quantization, aligned, hasher_of(hasher))


@timed("hash")
def fingerprint_grey(sha256: str, decoded: DecodedGrey, hasher: HasherName = "fast") -> Fingerprint:
    """The fingerprint of one image that was decoded without its colours, and so without a look for faces."""
    return _of_grey(sha256, shrink_grey(decoded.grey), decoded.quantization, None, hasher_of(hasher))


def _of_grey(
    sha256: str, grey: Grey, quantization: tuple[int, ...] | None, aligned: AlignedFace | None, hasher: Hasher
) -> Fingerprint:
    samples = squeeze_whole_and_upper(grey)
    hashes = hasher.picture(samples)
    face = None if aligned is None else aligned.face
    scores = measure_quality(grey, quantization)
    return Fingerprint(
        sha256=sha256,
        phash=_hexadecimal(hashes.whole),
        dhash=_hexadecimal(hashes.gradient),
        mirror=_hexadecimal(hashes.mirrored),
        half=_hexadecimal(hashes.half),
        quarter=_hexadecimal(hashes.quarter),
        upper=_hexadecimal(hashes.upper),
        thumbnail=_thumbnail(samples[0]),
        face_phash=None if face is None else _hexadecimal(hasher.phash(squeeze(face))),
        face_upper=None if face is None else _hexadecimal(hasher.dhash(face[:UPPER_ROWS])),
        face_thumbnail=None if face is None else _thumbnail(face),
        surroundings=None if aligned is None else _surroundings(aligned.surroundings),
        beside_others=aligned is not None and aligned.beside_others,
        passers_by=0 if aligned is None else min(aligned.passers_by, MOST_PASSERS_BY),
        brightness=scores.brightness,
        contrast=scores.contrast,
        sharpness=scores.sharpness,
        compression=scores.compression,
    )


def _hexadecimal(value: int) -> str:
    return f"{value:016x}"


def _thumbnail(grey: Grey) -> bytes:
    return resample(grey, THUMBNAIL_PX, THUMBNAIL_PX).tobytes()


def _surroundings(grey: Grey) -> bytes:
    """The thumbnail, with cells that reach beyond the frame 0."""
    step = len(grey) // THUMBNAIL_PX
    inside = grey.reshape(THUMBNAIL_PX, step, THUMBNAIL_PX, step).min(axis=(1, 3)) > 0
    return np.where(inside, resample(grey, THUMBNAIL_PX, THUMBNAIL_PX), np.uint8(0)).tobytes()
