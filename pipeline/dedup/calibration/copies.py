"""How well duplicates are found: recall and precision on pairs that are known, at every search radius."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from pipeline.columns.ids import Indices
from pipeline.core.arrays import Rgb
from pipeline.core.params import DedupParams
from pipeline.core.shares import wilson_interval
from pipeline.dedup.fingerprints.fingerprint import Fingerprint
from pipeline.dedup.fingerprints.table import Fingerprints
from pipeline.dedup.links import judge_pairs
from pipeline.dedup.search.likeness import Gallery, measure_likeness, propose_pairs
from pipeline.storage.images import decode_image, encode_image

RADII = (0, 2, 4, 6, 8, 10, 12)


def _recompressed(quality: int) -> Callable[[Rgb], Rgb]:
    return lambda rgb: decode_image(encode_image(rgb, quality=quality)).rgb


def _scaled(factor: float) -> Callable[[Rgb], Rgb]:
    return lambda rgb: np.asarray(
        cv2.resize(rgb, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA), dtype=np.uint8
    )


def _cropped(margin: float) -> Callable[[Rgb], Rgb]:
    def crop(rgb: Rgb) -> Rgb:
        dy, dx = round(margin * rgb.shape[0]), round(margin * rgb.shape[1])
        return np.ascontiguousarray(rgb[dy : rgb.shape[0] - dy, dx : rgb.shape[1] - dx])

    return crop


def _turned(degrees: float) -> Callable[[Rgb], Rgb]:
    def turn(rgb: Rgb) -> Rgb:
        height, width = rgb.shape[:2]
        matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.1)
        return np.asarray(cv2.warpAffine(rgb, matrix, (width, height), borderMode=cv2.BORDER_REFLECT), dtype=np.uint8)

    return turn


TRANSFORMATIONS: Mapping[str, Callable[[Rgb], Rgb]] = {
    "JPEG quality 50": _recompressed(50),
    "JPEG quality 20": _recompressed(20),
    "half size": _scaled(0.5),
    "brighter by 30 %": lambda rgb: np.clip(rgb * 1.3 + 10, 0, 255).astype(np.uint8),
    "darker by 40 %": lambda rgb: (rgb * 0.6).astype(np.uint8),
    "grey": lambda rgb: np.repeat(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)[:, :, None], 3, axis=2),
    "mirrored": lambda rgb: np.ascontiguousarray(rgb[:, ::-1]),
    "3 % cropped off each side": _cropped(0.03),
    "5 % cropped off each side": _cropped(0.05),
    "10 % cropped off each side": _cropped(0.10),
    "20 % cropped off each side": _cropped(0.20),
    "turned by 5 degrees": _turned(5),
}
"""What happens to photos on their way into public sets, by a readable name."""


@dataclass(frozen=True, slots=True)
class Rate:
    """A share of trials, printed with its 95 % interval."""

    hits: int
    trials: int

    @property
    def value(self) -> float:
        """The share; 1 where nothing was tried."""
        return self.hits / self.trials if self.trials else 1.0

    def __str__(self) -> str:
        low, high = wilson_interval(self.hits, self.trials)
        return f"{self.value:6.1%} [{low:.1%}, {high:.1%}]"


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """Recall and precision at one radius: with thumbnails deciding, and with pHash alone as other tools do it."""

    radius: int
    recall: Rate
    precision: Rate
    phash_recall: Rate
    phash_precision: Rate


def calibrate(
    originals: Sequence[Fingerprint], changed: Sequence[Fingerprint], params: DedupParams
) -> list[CurvePoint]:
    """The curve for photos and their changed copies, `changed[i]` made of `originals[i]`.

    All originals count as different photos: one that really is there twice counts as an error, and its copies may be
    tied to the other's, so both rates are lower bounds.
    """
    rows = [*originals, *changed]
    gallery = Gallery(Fingerprints.of(rows), [row.sha256 for row in rows])
    return [_point(gallery, len(originals), radius, params) for radius in RADII]


def _point(gallery: Gallery, count: int, radius: int, params: DedupParams) -> CurvePoint:
    pairs = propose_pairs(gallery, radius, mirrored=params.find_mirrored, turned=params.find_turned)
    unlabelled = np.zeros(len(pairs.first), dtype=bool)
    judged = judge_pairs(measure_likeness(gallery, pairs), unlabelled, gallery.face_beside_others(pairs), params)
    linked = np.logical_or.reduce(list(judged.values()))
    hashes = gallery.hashes("phash")
    first, second = np.triu_indices(2 * count, 1)
    close = np.bitwise_count(hashes[first] ^ hashes[second]) <= radius
    return CurvePoint(
        radius,
        *_rates(pairs.first[linked], pairs.second[linked], count),
        *_rates(first[close], second[close], count),
    )


def _rates(first: Indices, second: Indices, count: int) -> tuple[Rate, Rate]:
    """Recall and precision of these links."""
    found = {(int(a), int(b)) for a, b in zip(first, second, strict=True)}
    right = {pair for pair in found if pair[1] - pair[0] == count}
    # a photo and another's copy are the same error as the two photos: each pair of photos counts once
    photos = {tuple(sorted((a % count, b % count))) for a, b in found - right}
    return Rate(len(right), count), Rate(len(right), len(right) + len(photos))
