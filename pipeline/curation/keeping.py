"""Which copy of a photo stays, and why the others go."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.config import DedupParams
from pipeline.curation.clusters import DisjointSets, connected_components
from pipeline.records import DuplicateLink, Image, LinkKind, Rejection

STAGE = "dedup"


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Every image once: kept, or rejected with a reason."""

    kept: list[Image]
    rejected: list[Rejection]


def keep_best(images: Sequence[Image], links: Sequence[DuplicateLink], params: DedupParams) -> Verdicts:
    """Keep one image of each set of duplicates; the order of `images` changes nothing.

    Best first, each image is kept unless it is a direct duplicate of one already kept: a chain of small steps never
    removes a picture that is far from every kept one.
    """
    by_id = {image.id: image for image in images}
    links = [link for link in links if params.links.of(link.kind) == "drop"]
    neighbourhood = _Neighbourhood(links)
    rejections: dict[str, Rejection] = {}
    for component in connected_components(by_id, ((link.first, link.second) for link in links)):
        members = [by_id[i] for i in component]
        labels = known_labels(members)
        if len(labels) > 1 and params.label_conflict == "reject":
            rejections.update((image.id, _conflict(image, labels)) for image in members)
        else:
            rejections.update(_drop_copies(members, neighbourhood))
    kept = sorted((image for image in images if image.id not in rejections), key=lambda image: image.id)
    return Verdicts(kept, [rejections[i] for i in sorted(rejections)])


class _Neighbourhood:
    """Direct duplicates of an image.

    Links of distance 0 pass through: copies of one content are tied to one of them, and all are each other's
    duplicates. Links of any other distance don't.
    """

    def __init__(self, links: Sequence[DuplicateLink]) -> None:
        self._same: DisjointSets[str] = DisjointSets()
        for link in links:
            if link.distance == 0:
                self._same.unite(link.first, link.second)
        self._near: dict[str, dict[str, LinkKind]] = defaultdict(dict)
        for link in links:
            first, second = self._same.find(link.first), self._same.find(link.second)
            self._near[first][second] = self._near[second][first] = link.kind

    def node(self, image_id: str) -> str:
        """The image that stands for all that equal this one."""
        return self._same.find(image_id)

    def near(self, node: str) -> dict[str, LinkKind]:
        """The nodes that are direct duplicates of this one."""
        return self._near.get(node, {})


def keep_rank(image: Image) -> tuple[bool, bool, int, str]:
    """Sort key, best first: label known, licence known, more pixels, then id."""
    return (image.mask_type == "unknown", image.licence == "unknown", -image.width_px * image.height_px, image.id)


def known_labels(images: Sequence[Image]) -> list[str]:
    """The different mask types that the images' sources state, sorted."""
    return sorted({image.mask_type for image in images} - {"unknown"})


def _conflict(image: Image, labels: list[str]) -> Rejection:
    detail = f"labelled {image.mask_type} here; its duplicates are labelled {', '.join(labels)}"
    return Rejection(id=image.id, stage=STAGE, reason="label_conflict", detail=detail, origin=image.origin)


def _drop_copies(members: Sequence[Image], neighbourhood: _Neighbourhood) -> dict[str, Rejection]:
    kept: dict[str, Image] = {}
    rejections: dict[str, Rejection] = {}
    for image in sorted(members, key=keep_rank):
        node = neighbourhood.node(image.id)
        keepers = sorted(kept.keys() & {node, *neighbourhood.near(node)}, key=lambda k: (k != node, k))
        if keepers:
            keeper = kept[keepers[0]]
            kind = neighbourhood.near(node).get(keepers[0], "near")
            rejections[image.id] = _duplicate(image, keeper, "exact" if image.sha256 == keeper.sha256 else kind)
        else:
            kept[node] = image
    return rejections


def _duplicate(image: Image, keeper: Image, kind: LinkKind) -> Rejection:
    detail = f"of {keeper.id} ({keeper.source}: {keeper.origin}), which was kept"
    return Rejection(id=image.id, stage=STAGE, reason=f"{kind}_duplicate", detail=detail, origin=image.origin)
