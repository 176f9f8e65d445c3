"""Leaks between any two folders: test photos that have a copy or a masked twin among the training photos."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.columns.components import connected_components
from pipeline.core.params import DedupParams, EngineParams
from pipeline.core.paths import FINGERPRINTS
from pipeline.core.records import DuplicateLink, Image, LinkKind
from pipeline.dedup.fingerprints.cache import fingerprint_images
from pipeline.dedup.fingerprints.fingerprint import Fingerprint
from pipeline.dedup.links import find_links, links_by_name
from pipeline.review.audited_folder import Unread, list_images

TRAIN, TEST = "train", "test"
_STRENGTH: tuple[LinkKind, ...] = ("exact", "near", "mask_pair", "part_of", "derived_from", "same_source_id")
"""Kinds of leak, the strongest first; an image is counted under the strongest that reaches train."""


@dataclass(frozen=True, slots=True)
class Leak:
    """One test image and the training images it is tied to.

    Attributes:
        kind: The strongest kind of link by which any training image is reached.
        train: All of them, by origin.
        direct: The kind of the link to each of `train`; None where only a chain of links leads there.
    """

    test: Image
    kind: LinkKind
    train: tuple[Image, ...]
    direct: tuple[LinkKind | None, ...]


@dataclass(frozen=True, slots=True)
class Audit:
    """What the comparison of two folders found, and what of them it couldn't look at."""

    train_images: int
    test_images: int
    leaks: list[Leak]
    unreadable: list[Unread]

    @property
    def leaking_share(self) -> float:
        """Share of the readable test images that leak."""
        return len(self.leaks) / max(self.test_images, 1)

    def counts(self) -> dict[LinkKind, int]:
        """Leaking test images by kind, the strongest kind first."""
        found = Counter(leak.kind for leak in self.leaks)
        return {kind: found[kind] for kind in _STRENGTH}


def audit_folders(
    train: Path,
    test: Path,
    params: DedupParams,
    *,
    engine: EngineParams | None = None,
    cache_folder: Path | None = FINGERPRINTS,
) -> Audit:
    """Compare every image under `train` with every image under `test`.

    Raises:
        SourceError: a folder is missing or holds no image file that can be opened.
    """
    sides_of = [list_images(train, TRAIN), list_images(test, TEST)]
    images = [image for side in sides_of for image in side.images]
    fingerprints, undecoded = fingerprint_images(
        images, faces=params.align_faces, hasher=params.hasher, engine=engine, cache_folder=cache_folder
    )
    readable = [image for image in images if image.sha256 in fingerprints]
    sides = Counter(image.source for image in readable)
    side_of = {image.id: image.source for image in images}
    unread = [one for side in sides_of for one in side.unread]
    unread += [Unread(side_of[row.id], row.origin, row.reason, row.detail) for row in undecoded]
    return Audit(sides[TRAIN], sides[TEST], find_leaks(readable, fingerprints, params), unread)


def find_leaks(images: Sequence[Image], fingerprints: Mapping[str, Fingerprint], params: DedupParams) -> list[Leak]:
    """The test images that any chain of links ties to a training image, by their origin."""
    links = [*find_links(images, fingerprints, params), *links_by_name(images, within_source=False)]
    by_id = {image.id: image for image in images}
    direct = _strongest_links(links)
    leaks: dict[str, Leak] = {}
    for strength, kind in enumerate(_STRENGTH):
        allowed = set(_STRENGTH[: strength + 1])
        edges = ((link.first, link.second) for link in links if link.kind in allowed)
        for component in connected_components(by_id, edges):
            members = sorted((by_id[i] for i in component), key=lambda image: image.origin)
            partners = tuple(image for image in members if image.source == TRAIN)
            for image in members:
                if partners and image.source == TEST:
                    kinds = tuple(_direct(image, partner, direct) for partner in partners)
                    leaks.setdefault(image.id, Leak(image, kind, partners, kinds))
    return sorted(leaks.values(), key=lambda leak: (_STRENGTH.index(leak.kind), leak.test.origin))


def _strongest_links(links: Iterable[DuplicateLink]) -> dict[frozenset[str], LinkKind]:
    """The strongest kind of link between each two images."""
    strongest: dict[frozenset[str], LinkKind] = {}
    for link in links:
        ends = frozenset((link.first, link.second))
        if link.kind in _STRENGTH:
            strongest[ends] = min(strongest.get(ends, link.kind), link.kind, key=_STRENGTH.index)
    return strongest


def _direct(image: Image, partner: Image, links: Mapping[frozenset[str], LinkKind]) -> LinkKind | None:
    """What ties two images; copies of one content are linked to one of them, so their bytes say it."""
    return "exact" if image.sha256 == partner.sha256 else links.get(frozenset((image.id, partner.id)))


def leak_rows(audit: Audit) -> Iterator[dict[str, str]]:
    """A row for each pair of a test and a training image that are tied, and one for each file that couldn't be read."""
    for leak in audit.leaks:
        for image, kind in zip(leak.train, leak.direct, strict=True):
            yield {"test": leak.test.origin, "train": image.origin, "kind": kind or "chain", "detail": ""}
    for row in audit.unreadable:
        yield {"test": "", "train": "", row.side: row.origin, "kind": row.reason, "detail": row.detail}


def leak_lines(audit: Audit, limit: int) -> Iterable[str]:
    """The result for a person, a line each; at most `limit` leaks are spelled out."""
    yield f"train: {audit.train_images} images, test: {audit.test_images} images"
    if audit.unreadable:
        yield f"{len(audit.unreadable)} files could not be read and were not compared:"
        yield from (f"  {row.origin}: {row.reason}: {row.detail}" for row in audit.unreadable[:limit])
        if len(audit.unreadable) > limit:
            yield f"  ... and {len(audit.unreadable) - limit} more"
    counts = ", ".join(f"{kind} {count}" for kind, count in audit.counts().items() if count)
    yield (
        f"{len(audit.leaks)} of {audit.test_images} test images ({audit.leaking_share:.1%}) leak"
        + (f": {counts}" if counts else "")
    )
    for leak in audit.leaks[:limit]:
        more = f" and {len(leak.train) - 1} more" if len(leak.train) > 1 else ""
        yield f"  {leak.kind:14} {leak.test.origin}  <-  {leak.train[0].origin}{more}"
    if len(audit.leaks) > limit:
        yield f"  ... and {len(audit.leaks) - limit} more"
