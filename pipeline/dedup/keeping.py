"""Which copy of a photo stays, and why the others go."""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from pipeline.columns.components import DisjointSets, connected_components
from pipeline.columns.ids import IdTable, id_array
from pipeline.columns.image_table import ImageRows
from pipeline.core.agreement import boxes_at_odds
from pipeline.core.params import DedupParams
from pipeline.core.records import DuplicateLink, Image, LinkKind, Rejection
from pipeline.dedup.fingerprints.fingerprint import Fingerprint

STAGE = "dedup"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterMember:
    """One image of a cluster of duplicates, a row of `clusters.parquet`.

    `cluster` is the smallest image id in it, `diameter_bits` the largest pHash distance between two members: above
    the search radius, similarity was chained. `keeper` is the image that was kept for this one, None where the
    labels conflict. `oversized` clusters were judged pair by pair.
    """

    cluster: str
    image_id: str
    size: int
    diameter_bits: int
    oversized: bool
    conflict: bool
    keeper: str | None


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Every image once: kept, or rejected with a reason; and the clusters that led to it. Each is in order."""

    kept: ImageRows
    rejected: list[Rejection]
    clusters: list[ClusterMember]


def keep_best(
    images: Sequence[Image],
    links: Sequence[DuplicateLink],
    fingerprints: Mapping[str, Fingerprint],
    params: DedupParams,
) -> Verdicts:
    """Keep one image of each set of duplicates; the order of `images` changes nothing.

    Best first, each image is kept unless it is a direct duplicate of one already kept: a chain of small steps never
    removes a picture that is far from every kept one.
    """
    rows = ImageRows.of(images).by_id()
    duplicates = [link for link in links if params.links.of(link.kind) == "drop"]
    neighbourhood = _Neighbourhood(duplicates)
    ends = IdTable(id_array(end for link in duplicates for end in (link.first, link.second)))
    by_id = {image.id: image for image in rows.chosen(ends.rows(rows.ids()) >= 0)}
    rejections: dict[str, Rejection] = {}
    clusters: list[ClusterMember] = []
    for component in connected_components((), ((link.first, link.second) for link in duplicates)):
        members = sorted((by_id[i] for i in component), key=lambda image: keep_rank(image, fingerprints))
        conflicting = _conflicting(members, neighbourhood, params)
        keepers = _choose_keepers([m for m in members if m.id not in conflicting], neighbourhood)
        rejections.update((i, _conflict(by_id[i], members)) for i in conflicting)
        rejections.update((i, _duplicate(by_id[i], by_id[k], neighbourhood)) for i, k in keepers.items() if i != k)
        clusters.extend(_cluster_rows(members, keepers, conflicting, fingerprints, params))
    kept = rows.chosen(IdTable(id_array(rejections)).rows(rows.ids()) < 0)
    return Verdicts(kept, [rejections[i] for i in sorted(rejections)], sorted(clusters, key=_row_order))


def keep_rank(image: Image, fingerprints: Mapping[str, Fingerprint]) -> tuple[bool, bool, int, int, float, str]:
    """Sort key, best first: label known, licence known, more pixels, sharper, less compressed, then id.

    Sharpness is compared in steps of a factor of 1.4: below that it is the encoder's noise.
    """
    row = fingerprints[image.sha256]
    sharpness = -round(2 * math.log2(max(row.sharpness, 1e-6)))
    unlabelled = _stated(image) == "unknown" and not image.boxes
    pixels = image.width_px * image.height_px
    return (unlabelled, image.licence == "unknown", -pixels, sharpness, row.compression, image.id)


def known_labels(images: Iterable[Image]) -> list[str]:
    """What the images' sources state of the mask, sorted: its type, or `masked` where that is all they know."""
    return sorted({_stated(image) for image in images} - {"unknown"})


def _stated(image: Image) -> str:
    return "masked" if image.mask_type == "unknown" and image.masked == "yes" else image.mask_type


def _at_odds(labels: Set[str]) -> bool:
    """Whether what is stated can't be true of one photo; `masked` goes with every type of mask."""
    types = labels - {"masked", "unknown"}
    return len(types) > 1 or {"masked", "none"} <= labels


def _boxes_at_odds(members: Sequence[Image]) -> set[str]:
    """Ids of the images whose boxes say another thing of a face than those of a copy, bytes for bytes."""
    copies: defaultdict[str, list[Image]] = defaultdict(list)
    for image in members:
        if image.boxes:
            copies[image.sha256].append(image)
    pairs = (pair for same in copies.values() for pair in combinations(same, 2))
    return {image.id for pair in pairs if any(boxes_at_odds(pair[0].boxes, pair[1].boxes)) for image in pair}


class _Neighbourhood:
    """Direct duplicates of an image.

    Links between equal contents pass through: all copies of one content are each other's duplicates. Others don't,
    whatever distance their hashes have.
    """

    def __init__(self, links: Sequence[DuplicateLink]) -> None:
        self._same: DisjointSets[str] = DisjointSets()
        for link in links:
            if link.kind == "exact":
                self._same.unite(link.first, link.second)
        self._near: dict[str, dict[str, LinkKind]] = defaultdict(dict)
        for link in links:
            first, second = self._same.find(link.first), self._same.find(link.second)
            if first != second:
                self._near[first][second] = self._near[second][first] = link.kind

    def node(self, image_id: str) -> str:
        """The image that stands for all that equal this one."""
        return self._same.find(image_id)

    def kind(self, one: str, other: str) -> LinkKind:
        """What links the contents of two images that are direct duplicates."""
        return self._near[self.node(one)][self.node(other)]

    def near(self, node: str) -> dict[str, LinkKind]:
        """The nodes that are direct duplicates of this one."""
        return self._near.get(node, {})


def _conflicting(members: Sequence[Image], neighbourhood: _Neighbourhood, params: DedupParams) -> set[str]:
    """Ids of the images to reject because duplicates of them carry another label.

    In a cluster of sane size that is all of it; in an oversized one, which may hold many photos, those that directly
    duplicate an image with another label.
    """
    if params.label_conflict == "keep_best":
        return set()
    if not _at_odds(set(known_labels(members))):
        return _boxes_at_odds(members)
    if len(members) <= params.max_cluster_size:
        return {image.id for image in members}
    labels: dict[str, set[str]] = defaultdict(set)
    for image in members:
        node = neighbourhood.node(image.id)
        for around in (node, *neighbourhood.near(node)):
            labels[around].add(_stated(image))
    odd = {image.id for image in members if _at_odds(labels[neighbourhood.node(image.id)])}
    return odd | _boxes_at_odds(members)


def _choose_keepers(ranked: Sequence[Image], neighbourhood: _Neighbourhood) -> dict[str, str]:
    """For each image, best first, the image that is kept for it: itself where no kept one duplicates it."""
    kept: dict[str, str] = {}
    keepers: dict[str, str] = {}
    for image in ranked:
        node = neighbourhood.node(image.id)
        candidates = sorted(kept.keys() & {node, *neighbourhood.near(node)}, key=lambda k: (k != node, k))
        keepers[image.id] = kept[candidates[0]] if candidates else kept.setdefault(node, image.id)
    return keepers


def _conflict(image: Image, members: Sequence[Image]) -> Rejection:
    others = known_labels(members)
    detail = f"labelled {_stated(image)} here; its duplicates are labelled {', '.join(others)}"
    if not _at_odds(set(others)):
        detail = "a copy's boxes say another thing of a face"
    return Rejection(id=image.id, stage=STAGE, reason="label_conflict", detail=detail, origin=image.origin)


def _duplicate(image: Image, keeper: Image, neighbourhood: _Neighbourhood) -> Rejection:
    kind = "exact" if image.sha256 == keeper.sha256 else neighbourhood.kind(image.id, keeper.id)
    detail = f"of {keeper.id} ({keeper.source}: {keeper.origin}), which was kept"
    return Rejection(id=image.id, stage=STAGE, reason=f"{kind}_duplicate", detail=detail, origin=image.origin)


def _cluster_rows(
    members: Sequence[Image],
    keepers: Mapping[str, str],
    conflicting: Set[str],
    fingerprints: Mapping[str, Fingerprint],
    params: DedupParams,
) -> Iterator[ClusterMember]:
    hashes = np.array([int(fingerprints[m.sha256].phash, 16) for m in members], dtype=np.uint64)
    name, width = min(m.id for m in members), diameter(hashes)
    for member in members:
        yield ClusterMember(
            cluster=name,
            image_id=member.id,
            size=len(members),
            diameter_bits=width,
            oversized=len(members) > params.max_cluster_size,
            conflict=member.id in conflicting,
            keeper=keepers.get(member.id),
        )


def diameter(hashes: NDArray[np.uint64]) -> int:
    """The largest Hamming distance between two of the hashes `uint64 (N,)`."""
    distinct = np.unique(hashes)
    return max(int(np.bitwise_count(distinct ^ one).max()) for one in distinct)


def _row_order(row: ClusterMember) -> tuple[int, str, bool, str]:
    return (-row.size, row.cluster, row.keeper != row.image_id, row.image_id)
