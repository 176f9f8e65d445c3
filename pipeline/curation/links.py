"""Typed links between images: what two of them have in common, and how far apart they are."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import PurePosixPath
from typing import cast

import numpy as np
from numpy.typing import NDArray

from pipeline.config import DedupParams
from pipeline.curation.fingerprints import Fingerprint
from pipeline.curation.likeness import Gallery, Likeness, Pairs, measure_likeness, propose_pairs
from pipeline.curation.neighbours import Search, neighbour_pairs
from pipeline.records import DuplicateLink, Image, LinkKind

_MASK_SUFFIX = re.compile(r"[-_](with[-_]mask|surgical(_blue|_green)?|N95|KN95|cloth|inpaint)$", re.IGNORECASE)
"""How masked twins are named by the tools that made the public sets, such as `12-with-mask.jpg` for `12.jpg`."""


def find_links(
    images: Sequence[Image],
    fingerprints: Mapping[str, Fingerprint],
    params: DedupParams,
    people: Iterable[DuplicateLink] = (),
    search: Search = neighbour_pairs,
) -> list[DuplicateLink]:
    """All links among the images, sorted; `fingerprints` holds one for each content, `people` links by faces.

    Copies of one content are tied to the copy with the smallest id, and that copy alone is compared, so that n copies
    make n - 1 links and not n squared.
    """
    links = [*_exact_links(images), *_stated_links(images), *people]
    by_content = {image.sha256: image for image in sorted(images, key=lambda image: image.id, reverse=True)}
    distinct = sorted(by_content.values(), key=lambda image: image.id)
    links.extend(_visual_links(distinct, Gallery([fingerprints[image.sha256] for image in distinct]), params, search))
    links = [link for link in links if params.links.of(link.kind) != "ignore"]
    return sorted(set(links), key=lambda link: (link.first, link.second, link.kind))


def make_link(first: str, second: str, kind: LinkKind, distance: float) -> DuplicateLink:
    """A link with its ends in ascending order."""
    return DuplicateLink(first=min(first, second), second=max(first, second), kind=kind, distance=distance)


def _exact_links(images: Sequence[Image]) -> Iterator[DuplicateLink]:
    copies: dict[str, list[str]] = defaultdict(list)
    for image in images:
        copies[image.sha256].append(image.id)
    for ids in copies.values():
        for other in sorted(ids)[1:]:
            yield make_link(min(ids), other, "exact", 0.0)


def _stated_links(images: Sequence[Image]) -> Iterator[DuplicateLink]:
    """Images that their source says show one photo or one person, or were made one from another."""
    yield from _same_value(images, "same_source_id", lambda image: image.photo_id)
    yield from _same_value(images, "same_person", lambda image: image.person_id)
    yield from _derived_links(images)
    yield from links_by_name(images, within_source=True)


def _derived_links(images: Sequence[Image]) -> Iterator[DuplicateLink]:
    """Photos and what was made from them; pictures of one parent are tied even where it isn't here."""
    children: dict[str, list[str]] = defaultdict(list)
    for image in images:
        if image.parent_sha256 is not None:
            children[image.parent_sha256].append(image.id)
    holders = {image.sha256: image.id for image in sorted(images, key=lambda image: image.id, reverse=True)}
    for parent, ids in children.items():
        first = holders.get(parent, min(ids))
        for child in sorted(set(ids) - {first}):
            yield make_link(first, child, "derived_from", 0.0)


def links_by_name(images: Sequence[Image], *, within_source: bool) -> Iterator[DuplicateLink]:
    """Photos and the masked twins that tools named after them."""

    def key(image: Image) -> tuple[str, str]:
        return (image.source if within_source else "", _base_stem(image))

    bases = {key(image) for image in images if _MASK_SUFFIX.search(_stem(image))}
    named = [image for image in images if key(image) in bases]
    yield from _same_value(named, "same_source_id", lambda image: "\0".join(key(image)))


def _stem(image: Image) -> str:
    return PurePosixPath(image.origin).stem


def _base_stem(image: Image) -> str:
    """The file name without what tools append to a photo that they put a mask on."""
    return _MASK_SUFFIX.sub("", _stem(image))


def _same_value(
    images: Sequence[Image], kind: LinkKind, value_of: Callable[[Image], str | None]
) -> Iterator[DuplicateLink]:
    members: dict[str, list[str]] = defaultdict(list)
    for image in images:
        value = value_of(image)
        if value is not None:
            members[value].append(image.id)
    for ids in members.values():
        for first, second in pairwise(sorted(ids)):
            yield make_link(first, second, kind, 0.0)


def _visual_links(
    images: Sequence[Image], gallery: Gallery, params: DedupParams, search: Search
) -> Iterator[DuplicateLink]:
    pairs = propose_pairs(gallery, params.max_distance_bits, mirrored=params.find_mirrored, search=search)
    likeness = measure_likeness(gallery, pairs)
    near, twins = judge_pairs(likeness, _bare_against_masked(images, pairs), params)
    for kind, chosen in (("near", near), ("mask_pair", twins)):
        for row in np.flatnonzero(chosen):
            first, second = images[pairs.first[row]], images[pairs.second[row]]
            yield make_link(first.id, second.id, cast("LinkKind", kind), float(pairs.distance[row]))


def judge_pairs(
    likeness: Likeness, opposite_labels: NDArray[np.bool_], params: DedupParams
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which pairs are copies of one photo, and which are one photo with and without a mask.

    A copy agrees all over, or in its aligned face where the frame was cropped or turned. A masked twin agrees above the
    mask. Two photos of one person may agree in the face too, so what is around it, where both show that, must agree as
    well: in place, or cropped and turned with the face.
    Where the labels say that one is bare and the other masked, only what agrees in every respect is taken for a copy.
    """
    with np.errstate(invalid="ignore"):  # NaN, a missing face, compares as False
        frame = (likeness.whole >= params.min_correlation) & (likeness.agreement >= params.min_agreement)
        frame &= np.isnan(likeness.face) | (likeness.face >= params.min_face_agreement)
        around = np.isnan(likeness.around) | (likeness.around >= params.min_correlation)
        face = likeness.face >= params.min_face_correlation
        face &= around | (likeness.whole >= params.min_correlation)
        near = np.where(opposite_labels, frame & (face | np.isnan(likeness.face)), frame | face)
        above = (likeness.upper >= params.mask_pair_min_correlation) & (
            likeness.agreement >= params.mask_pair_min_agreement
        )
        brow = likeness.face_upper >= params.mask_pair_min_correlation
        twins = ~near & (above | (brow & (around | (likeness.upper >= params.min_correlation))))
    return near, twins


def _bare_against_masked(images: Sequence[Image], pairs: Pairs) -> NDArray[np.bool_]:
    known = np.array([image.mask_type != "unknown" for image in images], dtype=bool)
    bare = np.array([image.mask_type == "none" for image in images], dtype=bool)
    first, second = pairs.first, pairs.second
    return np.asarray(known[first] & known[second] & (bare[first] != bare[second]))
