"""Which images belong together, as columns: a row for each image and some fifty bytes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.columns.components import smallest_members
from pipeline.columns.ids import EqualValues, Ids, IdTable, Rows, id_array
from pipeline.core.records import DuplicateLink, Image, LinkKind
from pipeline.storage.manifests import Manifest

_IDENTITIES = ("sha256", "person_id", "photo_id")
"""Columns of an image: two images that agree in one of them are of one photo or one person."""
_Edges = tuple[Rows, Rows]


@dataclass(frozen=True, slots=True)
class ImageGroups:
    """Every image that a manifest or a link names, and its group.

    Attributes:
        ids: The images.
        group: The row of the smallest image id in its group, `(N,)`.
        kept: Whether it is in the manifest, and not named by links alone, `(N,)`.
    """

    ids: IdTable
    group: Rows
    kept: NDArray[np.bool_]

    def of(self, image_id: str) -> str:
        """The id of the group of an image."""
        return self.ids.text(int(self.group[self.ids.row(image_id)]))


def group_images(
    images: Manifest[Image], links: Manifest[DuplicateLink], ignored: frozenset[LinkKind] = frozenset()
) -> ImageGroups:
    """The groups over the images' own identities and the links between them.

    Images that `links` alone names take part: two kept photos can be tied through one that was dropped.

    Raises:
        ManifestError: a manifest cannot be read.
    """
    own = _joined(id_array(batch["id"].to_pylist()) for batch in images.columns("id"))
    ids = IdTable(_joined([own, _linked_alone(IdTable(own), links)]))
    edges = [_link_edges(ids, links, ignored), *(_identity_edges(ids, images, name) for name in _IDENTITIES)]
    first, second = (np.concatenate([edge[side] for edge in edges]) for side in (0, 1))
    kept = np.zeros(len(ids), dtype=bool)
    kept[ids.rows(own)] = True
    return ImageGroups(ids, smallest_members(len(ids), first, second), kept)


def _joined(parts: Iterable[Ids]) -> Ids:
    return np.concatenate([np.empty(0, dtype=np.bytes_), *parts])


def link_rows(
    ids: IdTable, links: Manifest[DuplicateLink], ignored: frozenset[LinkKind]
) -> Iterator[tuple[Rows, Rows, pa.Array]]:
    """The ends of the links that count, -1 where an end isn't among the ids, and their kinds; a batch at a time."""
    for batch in links.columns("first", "second", "kind"):
        counts = pc.invert(pc.is_in(batch["kind"], pa.array(sorted(ignored), pa.string())))
        chosen = batch.filter(counts)
        first, second = (ids.rows(id_array(chosen[name].to_pylist())) for name in ("first", "second"))
        yield first, second, chosen["kind"]


def _linked_alone(own: IdTable, links: Manifest[DuplicateLink]) -> Ids:
    """Ids that links alone name."""
    found = _joined([])
    for batch in links.columns("first", "second"):
        ends = id_array([*batch["first"].to_pylist(), *batch["second"].to_pylist()])
        found = np.unique(np.concatenate([found, ends[own.rows(ends) < 0]]))
    return found


def _link_edges(ids: IdTable, links: Manifest[DuplicateLink], ignored: frozenset[LinkKind]) -> _Edges:
    none = np.empty(0, np.int64)
    parts = [(none, none), *((first, second) for first, second, _ in link_rows(ids, links, ignored))]
    return np.concatenate([first for first, _ in parts]), np.concatenate([second for _, second in parts])


def _identity_edges(ids: IdTable, images: Manifest[Image], name: str) -> _Edges:
    """Edges between images that follow each other among those with one value."""
    rows = [np.empty(0, np.int64)]
    for batch in images.columns("id", name):
        known = batch[name].is_valid().to_numpy(zero_copy_only=False)
        rows.append(ids.rows(id_array(batch["id"].to_pylist()))[known])
    values = (value for batch in images.columns(name) for value in batch[name].drop_null().to_pylist())
    return EqualValues(np.concatenate(rows), values).chains()
