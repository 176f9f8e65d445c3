"""Which pictures look alike: hashes propose pairs, thumbnails decide.

A hash alone is wrong too often: among faces in one pose, one pair of different people in 10,000 agrees within 8 bits of
pHash, which at a million photos is tens of millions of pairs. A 16x16 thumbnail of the photo and one of the aligned
face settle them, and tell a masked twin from a plain copy.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from pipeline.columns.ids import Indices
from pipeline.dedup.fingerprints.face_patch import EYE_LINE, PATCH_PX, SURROUNDINGS_SCALE, UPPER_ROWS
from pipeline.dedup.fingerprints.fingerprint import THUMBNAIL_PX
from pipeline.dedup.fingerprints.hashes import Hashes
from pipeline.dedup.fingerprints.table import Fingerprints
from pipeline.dedup.search.neighbours import Search, neighbour_pairs

Values = NDArray[np.float32]

UPPER_THUMBNAIL_ROWS = THUMBNAIL_PX // 3
UPPER_FACE_ROWS = UPPER_ROWS * THUMBNAIL_PX // PATCH_PX
_WORST_CELLS = 4
"""A mask covers at least so many of 256 where it can be seen at all; one cell alone may hold a mark or an edge."""
_BLOWN_OUT = 245
"""Grey from which a brighter copy has lost its differences."""
_SAME_CELL = 0.25
"""Two cells agree when they differ by less than this share of the picture's own deviation."""
_FEWEST_CELLS = 24
"""Of 256 around a face: fewer tell nothing."""
_CHUNK = 1 << 13
"""Pairs that are compared at a time, 60 MB of thumbnails."""


class Gallery:
    """Pictures that are compared with each other, each known by its place; their fingerprints are columns."""

    def __init__(self, fingerprints: Fingerprints, keys: Iterable[str]) -> None:
        """Compare the pictures with these contents, in this order."""
        self._fingerprints, self._rows = fingerprints, fingerprints.rows(keys)
        self.has_face = fingerprints.has("face_phash", self._rows)
        self._beside_others = fingerprints.beside_others(self._rows)
        self._passers_by = fingerprints.passers_by(self._rows)

    def hashes(self, name: str) -> Hashes:
        """One kind of hash of all pictures, 0 where there is none."""
        return self._fingerprints.hashes(name, self._rows)

    def pictures(self, places: Indices, flip: NDArray[np.bool_], turns: NDArray[np.uint8]) -> Iterator[Values]:
        """Thumbnails, aligned faces and surroundings of the pictures at these places.

        Mirrored where `flip` says so, turned counterclockwise by so many quarters. Each `float32 (P, 16, 16)`; black
        where there is none.
        """
        picked = self._fingerprints.thumbnails(self._rows[places])
        for number in range(picked.shape[1]):
            cells = picked[:, number].astype(np.float32)
            cells[flip] = cells[flip][:, :, ::-1]
            for turn in (1, 2, 3):
                cells[turns == turn] = np.rot90(cells[turns == turn], turn, axes=(1, 2))
            yield cells

    def face_beside_others(self, pairs: "Pairs") -> NDArray[np.bool_]:
        """For each pair whether one face doesn't speak for both pictures: others are beside it, or more passers-by."""
        beside = self._beside_others[pairs.first] | self._beside_others[pairs.second]
        return np.asarray(beside | (self._passers_by[pairs.first] != self._passers_by[pairs.second]))


@dataclass(frozen=True, slots=True)
class Pairs:
    """Candidate pairs, `first` < `second` as positions in a gallery.

    `mirrored` where one is the other's mirror image; `turns` are the quarters by which the second has to be turned
    counterclockwise to be as the first; `distance` is the smallest Hamming distance by which a hash proposed the pair.
    """

    first: Indices
    second: Indices
    mirrored: NDArray[np.bool_]
    turns: NDArray[np.uint8]
    distance: NDArray[np.uint8]


def propose_pairs(
    gallery: Gallery, radius: int, *, mirrored: bool, turned: bool = False, search: Search = neighbour_pairs
) -> Pairs:
    """Pairs that any hash finds within the radius, each once."""
    parts = [_search(gallery.hashes(name), radius, search) for name in ("phash", "dhash", "upper")]
    faces = np.flatnonzero(gallery.has_face)
    parts += [_search(gallery.hashes(name)[faces], radius, search, faces) for name in ("face_phash",)]
    parts += [_search(gallery.hashes("face_upper")[faces], radius // 2, search, faces)]
    if mirrored:
        parts.append(_search_changed(gallery, "mirror", 0, radius, search))
    if turned:
        parts += [
            _search_changed(gallery, name, turns, radius, search) for name, turns in (("quarter", 1), ("half", 2))
        ]
    return _distinct(_joined(parts))


def _search(hashes: Hashes, radius: int, search: Search, positions: Indices | None = None) -> Pairs:
    """Neighbours within one kind of hash; equal hashes are searched once and tied to the first that has them."""
    positions = np.arange(len(hashes)) if positions is None else positions
    distinct, first_of, inverse = np.unique(hashes, return_index=True, return_inverse=True)
    found = search(distinct, radius)
    same = np.flatnonzero(first_of[inverse] != np.arange(len(hashes)))
    first = positions[np.concatenate([first_of[found.first], first_of[inverse[same]]])]
    second = positions[np.concatenate([first_of[found.second], same])]
    distance = np.concatenate([found.distance, np.zeros(len(same), np.uint8)])
    return _ascending(first, second, False, 0, distance)


def _search_changed(gallery: Gallery, name: str, turns: int, radius: int, search: Search) -> Pairs:
    """Pairs in which one picture's hash is near that of another, turned by so many quarters; mirrored if by none."""
    hashes = gallery.hashes("phash")
    count = len(hashes)
    found = _search(np.concatenate([hashes, gallery.hashes(name)]), radius, search)
    across = (found.first < count) & (found.second >= count) & (found.second - count != found.first)
    first, second = found.first[across], found.second[across] - count
    return _ascending(first, second, turns == 0, turns, found.distance[across])


def _ascending(first: Indices, second: Indices, mirrored: bool, turns: int, distance: NDArray[np.uint8]) -> Pairs:
    """Pairs in which `second` is mirrored or turned by `turns` to be as `first`, whichever comes first."""
    return Pairs(
        np.minimum(first, second),
        np.maximum(first, second),
        np.full(len(first), mirrored),
        np.where(first < second, turns, -turns % 4).astype(np.uint8),
        distance,
    )


def _joined(parts: Sequence[Pairs]) -> Pairs:
    return Pairs(*(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Pairs)))


def _distinct(pairs: Pairs) -> Pairs:
    order = np.lexsort((pairs.distance, pairs.turns, pairs.mirrored, pairs.second, pairs.first))
    keys = np.stack([pairs.first, pairs.second, pairs.mirrored, pairs.turns], axis=1)[order]
    keep = order[np.any(np.diff(keys, axis=0, prepend=-1) != 0, axis=1)]
    return _taken(pairs, keep)


def _taken(pairs: Pairs, rows: Indices | slice) -> Pairs:
    return Pairs(*(getattr(pairs, f.name)[rows] for f in fields(Pairs)))


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike the pictures of each pair are; all `float32 (P,)`.

    Of turned pairs all but `whole` and `worst` are NaN: no face is found in a photo that lies on its side.

    Attributes:
        whole: Correlation of the thumbnails.
        upper: Correlation of their upper thirds.
        agreement: Share of cells that agree, once gain and offset are fitted on the upper third.
        face: Correlation of the aligned faces, NaN where one has none.
        worst: How far the four cells apart are that differ most, once gain and offset are fitted, over the second
            picture's own deviation. Copies of one frame stay below 0.6, a mask lies above it.
        face_upper: Correlation of the aligned faces above a mask, NaN where one has none.
        face_lower: Correlation of the aligned faces where a mask would lie, NaN where one has none.
        around: Correlation of what is around the aligned faces, where both pictures show it and a mask wouldn't lie;
            NaN where they share too little.
    """

    whole: Values
    upper: Values
    agreement: Values
    worst: Values
    face: Values
    face_upper: Values
    face_lower: Values
    around: Values


def measure_likeness(gallery: Gallery, pairs: Pairs) -> Likeness:
    """Compare the thumbnails of each pair, a block of pairs at a time so that memory stays small."""
    blocks = [slice(start, start + _CHUNK) for start in range(0, max(1, len(pairs.first)), _CHUNK)]
    parts = [_measure_block(gallery, _taken(pairs, block)) for block in blocks]
    return Likeness(*(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Likeness)))


def _measure_block(gallery: Gallery, pairs: Pairs) -> Likeness:
    first, one, around_first = gallery.pictures(pairs.first, np.zeros_like(pairs.mirrored), np.zeros_like(pairs.turns))
    second, other, around_second = gallery.pictures(pairs.second, pairs.mirrored, pairs.turns)
    upright = pairs.turns == 0
    both = gallery.has_face[pairs.first] & gallery.has_face[pairs.second] & upright
    return Likeness(
        whole=_correlation(first, second),
        upper=_where(upright, _correlation(first[:, :UPPER_THUMBNAIL_ROWS], second[:, :UPPER_THUMBNAIL_ROWS])),
        agreement=_where(upright, _agreement(first, second)),
        worst=_worst(first, second),
        face=_where(both, _correlation(one, other)),
        face_upper=_where(both, _correlation(one[:, :UPPER_FACE_ROWS], other[:, :UPPER_FACE_ROWS])),
        face_lower=_where(both, _correlation(one[:, UPPER_FACE_ROWS:], other[:, UPPER_FACE_ROWS:])),
        around=_where(upright, _correlation_around(around_first, around_second)),
    )


def _where(told: NDArray[np.bool_], values: Values) -> Values:
    """The values where they tell something, NaN elsewhere."""
    return np.where(told, values, np.float32(np.nan))


def _correlation(first: Values, second: Values) -> Values:
    a, b = _centred(first), _centred(second)
    norms = np.sqrt((a * a).sum(axis=1) * (b * b).sum(axis=1))
    # two flat pictures don't correlate, however alike: there is nothing in them to recognise
    return np.asarray((a * b).sum(axis=1) / np.maximum(norms, a.shape[1]), dtype=np.float32)


def _correlation_around(first: Values, second: Values) -> Values:
    """Correlation over the cells that both have and where no mask would lie, NaN where those are too few."""
    shared = ((first > 0) & (second > 0) & ~_under_mask()).astype(np.float32)
    count = shared.sum(axis=(1, 2), keepdims=True)
    a, b = ((t - (t * shared).sum(axis=(1, 2), keepdims=True) / np.maximum(count, 1)) * shared for t in (first, second))
    norms = np.sqrt((a * a).sum(axis=(1, 2)) * (b * b).sum(axis=(1, 2)))
    correlation = (a * b).sum(axis=(1, 2)) / np.maximum(norms, 1)
    return np.where(count[:, 0, 0] >= _FEWEST_CELLS, correlation, np.float32(np.nan))


def _under_mask() -> NDArray[np.bool_]:
    """Cells of the surroundings that the aligned face below its eyes covers, `bool (16, 16)`."""
    shrunk = THUMBNAIL_PX / SURROUNDINGS_SCALE
    left = (THUMBNAIL_PX - shrunk) / 2
    top = EYE_LINE * THUMBNAIL_PX * (1 - 1 / SURROUNDINGS_SCALE)
    under = np.zeros((THUMBNAIL_PX, THUMBNAIL_PX), dtype=bool)
    under[int(top + shrunk * UPPER_ROWS / PATCH_PX) : math.ceil(top + shrunk), int(left) : math.ceil(left + shrunk)] = (
        True
    )
    return under


def _centred(thumbnails: Values) -> Values:
    flat = thumbnails.reshape(len(thumbnails), thumbnails.shape[1] * thumbnails.shape[2])
    return np.asarray(flat - flat.mean(axis=1, keepdims=True))


def _worst(first: Values, second: Values) -> Values:
    """Mean difference of the cells that differ most, after a least-squares fit of gain and offset; blown-out ones off.

    In deviations of the second picture.
    """
    told = ((first < _BLOWN_OUT) & (second < _BLOWN_OUT)).astype(np.float32)
    count = np.maximum(told.sum(axis=(1, 2), keepdims=True), 1)
    a, b = ((t - (t * told).sum(axis=(1, 2), keepdims=True) / count) * told for t in (first, second))
    gain = (a * b).sum(axis=(1, 2), keepdims=True) / np.maximum((a * a).sum(axis=(1, 2), keepdims=True), 1e-3)
    difference = np.abs(a * gain - b) / np.maximum(second.std(axis=(1, 2), keepdims=True), 4)
    flat = difference.reshape(len(first), first.shape[1] * first.shape[2])
    return np.asarray(np.partition(flat, -_WORST_CELLS, axis=1)[:, -_WORST_CELLS:].mean(axis=1), dtype=np.float32)


def _agreement(first: Values, second: Values) -> Values:
    """Share of agreeing cells after the first picture's brightness and contrast are brought to the second's."""
    upper_first, upper_second = (_centred(t[:, :UPPER_THUMBNAIL_ROWS]) for t in (first, second))
    gain = (upper_first * upper_second).sum(axis=1) / np.maximum((upper_first**2).sum(axis=1), 1e-3)
    gain = np.clip(gain, 0.4, 2.5)[:, None, None]
    means = (t[:, :UPPER_THUMBNAIL_ROWS].mean(axis=(1, 2), keepdims=True) for t in (first, second))
    first_mean, second_mean = means
    residual = np.abs((first - first_mean) * gain + second_mean - second)
    deviation = np.maximum(second.std(axis=(1, 2), keepdims=True), 4)
    return np.asarray((residual < _SAME_CELL * deviation).mean(axis=(1, 2)), dtype=np.float32)
