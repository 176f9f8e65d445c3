"""Typed links between images: what two of them have in common, and how far apart they are."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

import numpy as np

from pipeline.config import DedupParams
from pipeline.curation.hashing import HashedImage, ImageHashes
from pipeline.curation.neighbours import neighbour_pairs
from pipeline.records import DuplicateLink, Image, LinkKind


def find_links(images: Sequence[HashedImage], params: DedupParams) -> list[DuplicateLink]:
    """All links among the images, sorted.

    Copies of one content are tied to the copy with the smallest id, and that copy alone is compared by hash, so that
    n copies make n - 1 links and not n squared.
    """
    links = [*_exact_links(images), *_photo_links(images)]
    by_content = {h.image.sha256: h for h in sorted(images, key=lambda h: h.image.id, reverse=True)}
    distinct = sorted(by_content.values(), key=lambda h: h.image.id)
    links.extend(_visual_links(distinct, params))
    return sorted(set(links), key=lambda link: (link.first, link.second, link.kind))


def make_link(first: str, second: str, kind: LinkKind, distance: float) -> DuplicateLink:
    """A link with its ends in ascending order."""
    return DuplicateLink(first=min(first, second), second=max(first, second), kind=kind, distance=distance)


def _exact_links(images: Sequence[HashedImage]) -> Iterator[DuplicateLink]:
    copies: dict[str, list[str]] = defaultdict(list)
    for hashed in images:
        copies[hashed.image.sha256].append(hashed.image.id)
    for ids in copies.values():
        for other in sorted(ids)[1:]:
            yield make_link(min(ids), other, "exact", 0.0)


def _photo_links(images: Sequence[HashedImage]) -> Iterator[DuplicateLink]:
    """Images that their source says show one photo or one person."""
    yield from _same_value(images, "same_source_id", lambda image: image.photo_id)
    yield from _same_value(images, "same_person", lambda image: image.person_id)


def _same_value(
    images: Sequence[HashedImage], kind: LinkKind, value_of: Callable[[Image], str | None]
) -> Iterator[DuplicateLink]:
    members: dict[str, list[str]] = defaultdict(list)
    for hashed in images:
        value = value_of(hashed.image)
        if value is not None:
            members[value].append(hashed.image.id)
    for ids in members.values():
        for first, second in pairwise(sorted(ids)):
            yield make_link(first, second, kind, 0.0)


def _visual_links(images: Sequence[HashedImage], params: DedupParams) -> Iterator[DuplicateLink]:
    pairs = set(_pairs_by(images, lambda h: h.phash, params.max_distance_bits))
    pairs |= set(_pairs_by(images, lambda h: h.upper, params.mask_pair_max_upper_bits))
    for first, second in pairs:
        link = judge_pair(images[first], images[second], params)
        if link is not None:
            yield link


def _pairs_by(
    images: Sequence[HashedImage], hash_of: Callable[[ImageHashes], int], radius: int
) -> Iterator[tuple[int, int]]:
    """Positions of images whose hashes are within the radius; equal hashes are searched once and tied to the first."""
    holders: Mapping[int, list[int]] = _holders(hash_of(h.hashes) for h in images)
    for positions in holders.values():
        yield from ((positions[0], other) for other in positions[1:])
    values = np.array(list(holders), dtype=np.uint64)
    found = neighbour_pairs(values, radius)
    representatives = np.array([positions[0] for positions in holders.values()], dtype=np.int64)
    for first, second in zip(representatives[found.first], representatives[found.second], strict=True):
        yield min(int(first), int(second)), max(int(first), int(second))


def _holders(values: Iterable[int]) -> dict[int, list[int]]:
    holders: dict[int, list[int]] = defaultdict(list)
    for position, value in enumerate(values):
        holders[value].append(position)
    return holders


def judge_pair(first: HashedImage, second: HashedImage, params: DedupParams) -> DuplicateLink | None:
    """What two look-alikes are to each other, or None.

    A bare and a masked face of one photo agree above and differ below; a re-encoded photo agrees in both halves.
    """
    whole, upper, lower = (
        (getattr(first.hashes, part) ^ getattr(second.hashes, part)).bit_count() for part in ("phash", "upper", "lower")
    )
    ids = (first.image.id, second.image.id)
    if _bare_against_masked(first.image, second.image) and lower > params.mask_pair_min_lower_bits:
        close = upper <= params.mask_pair_max_upper_bits or whole <= params.max_distance_bits
        return make_link(*ids, "mask_pair", float(min(upper, whole))) if close else None
    return make_link(*ids, "near", float(whole)) if whole <= params.max_distance_bits else None


def _bare_against_masked(first: Image, second: Image) -> bool:
    types = {first.mask_type, second.mask_type}
    return "none" in types and len(types - {"unknown"}) == 2
