"""Typed links between images: what two of them have in common, and how far apart they are."""

import re
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from pipeline.columns.ids import EqualValues, IdTable, Indices, id_array
from pipeline.columns.image_table import ImageRows
from pipeline.core.params import DedupParams
from pipeline.core.records import DuplicateLink, Image, LinkKind
from pipeline.dedup.fingerprints.fingerprint import Fingerprint
from pipeline.dedup.fingerprints.table import Fingerprints
from pipeline.dedup.search.likeness import Gallery, Likeness, Pairs, measure_likeness, propose_pairs
from pipeline.dedup.search.neighbours import Search, neighbour_pairs

_MASK_SUFFIX = re.compile(r"[-_](with[-_]mask|surgical(_blue|_green)?|N95|KN95|cloth|inpaint)$", re.IGNORECASE)
"""How masked twins are named by the tools that made the public sets, such as `12-with-mask.jpg` for `12.jpg`."""

_SAME_FRAME_CORRELATION, _SAME_FRAME_WORST = 0.98, 0.5
"""Re-encoded, resized and dimmed copies lie on this side of both (344 of 350), masked twins beyond (170 of 170)."""
_MASKED_WORST = 0.7
"""Above it a mask may lie between two frames: 99 in 100 twins do, and of the copies only crops and turned ones."""
_UNMASKED_CORRELATION = 0.95
"""Of lower faces, from which there is no mask between them: the most alike of 170 twins reach 0.92."""
# fmt: off
_CLASS_WORDS = frozenset({
    "bare", "class", "cloth", "compliant", "correct", "correctly", "cropped", "data", "dataset", "face", "faces",
    "ffp2",
    "image", "images", "imgs", "incorrect", "incorrectly", "kn95", "mask", "masked", "maskedface", "masks", "n95", "no",
    "nomask", "non", "not", "off", "on", "original", "originals", "photo", "photos", "plain", "surgical", "tar", "test",
    "testing", "train", "training", "unmasked", "unworn", "val", "valid", "validation", "wear", "wearing", "with",
    "withmask", "without", "withoutmask", "worn", "zip",
})
# fmt: on
"""A folder whose name is made of these alone says what its photos show or are for, not who is on them."""


KINDS: tuple[LinkKind, ...] = ("derived_from", "exact", "mask_pair", "near", "part_of", "same_person", "same_source_id")
"""In the order in which links between two images are written."""
_LINK = np.dtype([("first", np.int64), ("second", np.int64), ("kind", np.int8), ("distance", np.float64)])
_Links = NDArray[np.void]
_LINKS_A_BATCH = 4096


class Links(Sequence[DuplicateLink]):
    """Links between images in columns, 25 bytes a link; each is made when it is asked for."""

    def __init__(self, ids: IdTable, links: _Links) -> None:
        """Links between the rows of `ids`, with the columns of `_LINK`."""
        self._ids, self._links = ids, links

    def __len__(self) -> int:
        return len(self._links)

    @overload
    def __getitem__(self, place: int) -> DuplicateLink: ...
    @overload
    def __getitem__(self, place: slice) -> "Links": ...
    def __getitem__(self, place: int | slice) -> "DuplicateLink | Links":
        if isinstance(place, slice):
            return Links(self._ids, self._links[place])
        first, second, kind, distance = self._links[place].tolist()
        return DuplicateLink(
            first=self._ids.text(first), second=self._ids.text(second), kind=KINDS[kind], distance=distance
        )

    def of(self, kinds: Container[LinkKind]) -> "Links":
        """Those of some kinds."""
        chosen = [number for number, kind in enumerate(KINDS) if kind in kinds]
        return Links(self._ids, self._links[np.isin(self._links["kind"], chosen)])


def find_links(
    images: Sequence[Image],
    fingerprints: Mapping[str, Fingerprint],
    params: DedupParams,
    people: Iterable[DuplicateLink] = (),
    search: Search = neighbour_pairs,
) -> Links:
    """All links among the images, sorted; `fingerprints` holds one for each content, `people` links by faces.

    Copies of one content are tied to the copy with the smallest id, and that copy alone is compared, so that n copies
    make n - 1 links and not n squared.
    """
    rows = ImageRows.of(images).by_id()
    ids, contents = IdTable(rows.ids()), EqualValues(np.arange(len(rows)), rows.texts("sha256"))
    distinct = contents.firsts()
    found = [
        _links("exact", *contents.stars()),
        *_stated_links(rows, distinct),
        _people_links(ids, people),
        *_visual_links(rows.taken(distinct), distinct, fingerprints, params, search),
    ]
    wanted = [number for number, kind in enumerate(KINDS) if params.links.of(kind) != "ignore"]
    links = np.concatenate(found)
    return Links(ids, np.unique(links[np.isin(links["kind"], wanted)]))


def _links(kind: LinkKind, first: Indices, second: Indices, distance: NDArray[Any] | float = 0.0) -> _Links:
    links = np.empty(len(first), dtype=_LINK)
    links["first"], links["second"] = np.minimum(first, second), np.maximum(first, second)
    links["kind"], links["distance"] = KINDS.index(kind), distance
    return links


def _people_links(ids: IdTable, people: Iterable[DuplicateLink]) -> _Links:
    """Links by faces, as rows."""
    rows = [(ids.row(link.first), ids.row(link.second), KINDS.index(link.kind), link.distance) for link in people]
    return np.array(rows, dtype=_LINK)


def _stated_links(images: ImageRows, distinct: Indices) -> Iterator[_Links]:
    """Images that their source says show one photo or one person, or were made one from another."""
    yield _same_value(images, "same_source_id", "photo_id")
    yield _same_value(images, "same_person", "person_id")
    yield _derived_links(images, distinct)
    yield _links("same_source_id", *_named_alike(images, within_source=True))


def _same_value(images: ImageRows, kind: LinkKind, name: str) -> _Links:
    """Each image with the next one that has its value of a column."""
    rows = np.flatnonzero([value is not None for value in images.texts(name)])
    return _links(kind, *EqualValues(rows, (value for value in images.texts(name) if value is not None)).chains())


def _derived_links(images: ImageRows, distinct: Indices) -> _Links:
    """Photos and what was made from them; pictures of one parent are tied even where it isn't here."""
    children = np.flatnonzero([value is not None for value in images.texts("parent_sha256")])
    if not len(children):
        return _links("derived_from", children, children)
    stated = list(images.taken(children).texts("parent_sha256"))
    head = children.copy()  # a child stands for a parent that isn't here: the first child of that parent
    first, others = EqualValues(np.arange(len(children)), stated).stars()
    head[others] = children[first]
    contents = id_array(images.taken(distinct).texts("sha256"))
    order = np.argsort(contents)
    here = IdTable(contents).rows(id_array(stated))
    head = np.where(here >= 0, distinct[order][here], head)
    return _links("derived_from", head[head != children], children[head != children])


def links_by_name(images: Sequence[Image], *, within_source: bool) -> Iterator[DuplicateLink]:
    """Photos and the masked twins that tools named after them."""
    rows = ImageRows.of(images).by_id()
    yield from Links(IdTable(rows.ids()), _links("same_source_id", *_named_alike(rows, within_source=within_source)))


@dataclass(frozen=True, slots=True)
class _Name:
    """An image's name without what tools append: numbers such as `0001` begin anew in each person's folder.

    Attributes:
        scope: The source, where it counts.
        folders: Those that don't say whether a mask is worn or which side a photo is on; empty where there are none.
        suffixed: A tool appended something.
    """

    scope: str
    folders: str
    base: str
    suffixed: bool


def _named_alike(images: ImageRows, *, within_source: bool) -> tuple[Indices, Indices]:
    """Each image with the next one that has its name but for a mask's suffix, where one of them has such a suffix.

    Names are compared with their folders. One that lies in no folder is of the only folder that has such a name.
    """
    suffixed = {(name.scope, name.base) for name in _names(images, within_source) if name.suffixed}
    homes: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for name in _names(images, within_source):
        if name.folders and (name.scope, name.base) in suffixed:
            homes[name.scope, name.base].add(name.folders)

    def place_of(name: _Name) -> str:
        known = homes.get((name.scope, name.base), set())
        folders = next(iter(known)) if not name.folders and len(known) == 1 else name.folders
        return "\0".join((name.scope, folders, name.base))

    places = {place_of(name) for name in _names(images, within_source) if name.suffixed}
    all_places = [place_of(name) for name in _names(images, within_source)]
    named = np.flatnonzero([place in places for place in all_places])
    return EqualValues(named, (place for place in all_places if place in places)).chains()


def _names(images: ImageRows, within_source: bool) -> Iterator[_Name]:
    columns = (images.texts(name) for name in ("source", "origin", "original_label"))
    for source, origin, label in zip(*columns, strict=True):
        path = PurePosixPath(origin)
        base = _MASK_SUFFIX.sub("", path.stem)
        folders = (part for part in path.parts[:-1] if part != label and not _says_mask_or_side(part))
        yield _Name(source if within_source else "", "/".join(folders), base, base != path.stem)


def _says_mask_or_side(folder: str) -> bool:
    words = re.findall(r"[^\W_]+", folder.casefold())
    return bool(words) and _CLASS_WORDS.issuperset(words)


def _visual_links(
    images: ImageRows, rows: Indices, fingerprints: Mapping[str, Fingerprint], params: DedupParams, search: Search
) -> Iterator[_Links]:
    """Links between images of different contents, whose rows these are."""
    table = Fingerprints.as_table(fingerprints)
    gallery = Gallery(table, images.texts("sha256"))
    pairs = propose_pairs(
        gallery, params.max_distance_bits, mirrored=params.find_mirrored, turned=params.find_turned, search=search
    )
    likeness = measure_likeness(gallery, pairs)
    judged = judge_pairs(likeness, bare_against_masked(images, pairs), gallery.face_beside_others(pairs), params)
    for kind, chosen in judged.items():
        yield _links(kind, rows[pairs.first[chosen]], rows[pairs.second[chosen]], pairs.distance[chosen])


def judge_pairs(
    likeness: Likeness, opposite_labels: NDArray[np.bool_], beside_others: NDArray[np.bool_], params: DedupParams
) -> dict[LinkKind, NDArray[np.bool_]]:
    """Which pairs are copies of one photo, which are one photo with and without a mask, and which share a part.

    The strongest witness is the whole frame: where no cell differs by more than a copy makes it differ, it is a copy,
    however well the faces were aligned. A frame that agrees less, as after a narrow crop, may hide a mask, so the lower
    faces must agree too. Cropped and turned copies agree in their aligned faces and in what is around them. A masked
    twin agrees above the mask. A face beside others, or in a picture put together from several, doesn't speak for it: a
    collage that agrees in one face shares a part with its source, and both are kept. Of a copy that was turned by
    quarters the whole frame alone tells.
    Where the labels say that one is bare and the other masked, only the whole frame makes a copy.
    """
    with np.errstate(invalid="ignore"):  # NaN, a missing face or a turned frame, compares as False
        same = (likeness.whole >= _SAME_FRAME_CORRELATION) & (likeness.worst <= _SAME_FRAME_WORST)
        frame = (likeness.whole >= params.min_correlation) & (likeness.agreement >= params.min_agreement)
        frame &= np.isnan(likeness.face) | (likeness.face >= params.min_face_agreement)
        unmasked = (likeness.worst <= _MASKED_WORST) | (likeness.face_lower >= _UNMASKED_CORRELATION)
        around = np.isnan(likeness.around) | (likeness.around >= params.min_correlation)
        placed = around | (likeness.whole >= params.min_correlation)
        face = (likeness.face >= params.min_face_correlation) & placed
        near = np.where(opposite_labels, same, same | (frame & unmasked) | (face & ~beside_others))
        above = (likeness.upper >= params.mask_pair_min_correlation) & (
            likeness.agreement >= params.mask_pair_min_agreement
        )
        brow = likeness.face_upper >= params.mask_pair_min_correlation
        brow &= around | (likeness.upper >= params.min_correlation)
        twins = ~near & (frame | above | ((brow | (face & opposite_labels)) & ~beside_others))
        part = ~near & ~twins & beside_others & (face | brow)
    return {"near": near, "mask_pair": twins, "part_of": part}


def bare_against_masked(images: ImageRows, pairs: Pairs) -> NDArray[np.bool_]:
    """For each pair of rows whether the labels say that one is bare and the other masked, of whatever type."""
    said = list(zip(images.texts("mask_type"), images.texts("masked"), strict=True))
    bare = np.array([kind == "none" or masked == "no" for kind, masked in said], dtype=bool)
    worn = np.array([kind not in ("none", "unknown") or masked == "yes" for kind, masked in said], dtype=bool)
    first, second = pairs.first, pairs.second
    return np.asarray((bare[first] & worn[second]) | (worn[first] & bare[second]))
