"""Which adapter reads a tree of files: by its annotation files, else by the names of its images and folders."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from pipeline.sources.adapters import maskedface_net, named
from pipeline.sources.adapters.layout import ParsedTree
from pipeline.sources.adapters.tree import TreeFile
from pipeline.sources.entries import catalogue
from pipeline.sources.image_index import says_nothing
from pipeline.sources.labels import Label
from pipeline.sources.people import PARENT
from pipeline.sources.recognition.mentions import Mentions, outlines
from pipeline.sources.recognition.metadata import Columns, columns_of
from pipeline.sources.recognition.papers import Paper, judged
from pipeline.sources.recognition.words import told_by

_JUDGED = 60
"""So many files of one ending are looked into, spread over all."""
_TAR = re.compile(r"\.(tar|tgz|tar\.\w{2,3})$", re.IGNORECASE)
_NUMBERED = re.compile(r"(?!class|label|cat)[a-z]{0,8}[ _-]?\d+", re.IGNORECASE)
_FEW, _MANY = 3, 50
"""Folders of people are at least so many; more class folders than the other number are people."""
_OWN_KINDS = frozenset({"surgical_blue", "surgical_green", "n95", "kn95", "inpaint", "empty", "gas"})
"""Endings of names that MaskTheFace alone writes."""
_UNTOLD = "a document that speaks of the images"
_OUTLINES = "pictures that mark pixels of the photos of the same names"
_CATALOGUED = {"humans-in-the-loop": "humans-in-the-loop", "mfr2": "mfr2"}
"""Adapters of one published set each, by its name in the catalogue."""


@dataclass(frozen=True, slots=True)
class Layout:
    """A layout that a tree has.

    Attributes:
        adapter: Which one reads it.
        why: What told it, in words.
        known: The catalogue's source of this layout, whose labels are mapped already.
        settings: Keys that the adapter needs beside its path.
        told: What words of its own mean, where what stands around them tells.
    """

    adapter: str
    why: str
    known: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    told: Mapping[str, Label] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Kind:
    """Annotation files of one kind.

    Attributes:
        adapter: Which one reads them, if one does.
        what: In words for a person.
        count: How many were found.
        first: The first of them.
        speaks: They say something of the images, whether or not an adapter reads it.
    """

    adapter: str | None
    what: str
    count: int
    first: str
    speaks: bool = True


def kinds_of(tree: ParsedTree, in_shards: bool = False) -> list[Kind]:
    """The kinds of annotation files in a tree; `in_shards` where all of it came out of a tar archive.

    Of many files of one ending some are looked into, and the count is of those.
    """
    mentions = Mentions(tree.images)
    samples = {_key(image) for image in tree.images}
    by_ending: defaultdict[str, list[TreeFile]] = defaultdict(list)
    for file in tree.others:
        by_ending[PurePosixPath(file.name.lower()).suffix].append(file)
    found: dict[tuple[Paper, bool], list[str]] = {}
    for _, files in sorted(by_ending.items()):
        step = -(-len(files) // _JUDGED)
        for file in files[::step]:
            in_shard = in_shards or any(map(is_tar, file.folders))
            paper = judged(file, in_shard and _key(file) in samples)
            speaks = paper.speaks or mentions.in_file(file)
            if paper.what or speaks:
                found.setdefault((paper, speaks), []).append(file.origin)
    kinds = [
        Kind(paper.adapter, paper.what or _UNTOLD, len(origins), origins[0], speaks)
        for (paper, speaks), origins in found.items()
    ]
    marks = [image.origin for image in outlines(tree.images)]
    return [*kinds, *([Kind(None, _OUTLINES, len(marks), marks[0])] if marks else [])]


def is_tar(name: str) -> bool:
    """Whether a file's name is one of a tar archive."""
    return _TAR.search(name) is not None


def _key(file: TreeFile) -> tuple[str, ...]:
    return (*file.folders, file.name.partition(".")[0])


def layouts_of(tree: ParsedTree, kinds: Sequence[Kind]) -> list[Layout]:
    """The layouts that are known; several where annotations of several kinds lie side by side."""
    if not tree.images:
        return []
    read: dict[str, Kind] = {}
    for kind in kinds:
        if kind.adapter is not None:
            read.setdefault(kind.adapter, kind)
    if read:
        return [_by_kind(tree, name, kind) for name, kind in read.items()]
    found = _by_names(tree.images) or _by_told_folders(tree.images, any(kind.speaks for kind in kinds))
    if found is None and not kinds:
        found = _by_other_folders(tree.images)
    return [] if found is None else [found]


def _by_kind(tree: ParsedTree, adapter: str, kind: Kind) -> Layout:
    """Of annotation files of one kind."""
    said = columns_of(tree) if adapter == "imagefolder" else Columns()
    why = f"{kind.what}: {kind.first}"
    return Layout(adapter, why, _CATALOGUED.get(adapter), said.settings, said.told)


def _by_names(images: Sequence[TreeFile]) -> Layout | None:
    """Of most images' names."""
    for known, fits in _NAMED.items():
        fitting = [image for image in images if fits(image)]
        if 2 * len(fitting) > len(images):
            return Layout(str(catalogue()[known]["adapter"]), f"names such as {fitting[0].name}", known)
    kinds = tuple(word.casefold() for word in catalogue()["masktheface"]["labels"] if word != named.ORIGINAL)
    written = [kind for image in images for kind in kinds if _stem(image).endswith(f"_{kind}")]
    if _OWN_KINDS & set(written) and _FEW * len(written) >= len(images):
        return Layout("masktheface", f"names that end in {', '.join(sorted(set(written)))}", "masktheface")
    return None


def _stem(image: TreeFile) -> str:
    return PurePosixPath(image.name).stem.casefold()


def _is_wwmr(image: TreeFile) -> bool:
    codes = PurePosixPath(image.name).stem.split("_")[1:2]
    return bool(codes) and codes[0] in catalogue()["wwmr-db"]["labels"] and bool(named.WWMR_CODE.fullmatch(codes[0]))


_NAMED: dict[str, Callable[[TreeFile], bool]] = {
    "maskedface-net": lambda image: bool(maskedface_net.NAME.fullmatch(image.name)),
    "wwmr-db": _is_wwmr,
    "faker-portraits": lambda image: bool(named.PORTRAIT.fullmatch(image.origin)),
}


def _by_told_folders(images: Sequence[TreeFile], contested: bool) -> Layout | None:
    """Class folders, some of whose names tell what they mean; folders within them are people.

    Where documents that nobody reads may say otherwise (`contested`), one class alone is no class: a folder `masks`
    may hold all photos of a set.
    """
    paths = [image.folders for image in images]
    shared = _shared(paths)
    told = Counter(
        depth
        for path in paths
        for depth, name in enumerate(path)
        if (depth >= shared or depth == len(path) - 1) and told_by(name) is not None
    )
    if not told:
        return None
    depth = max(told, key=lambda one: (told[one], one))
    classes = sorted({path[depth] for path in paths if len(path) > depth})
    if contested and len({told_by(name) for name in classes} - {None}) < 2:
        return None
    people = {path[-1] for path in paths if len(path) > depth + 1}
    why = f"class folders such as {classes[0]}"
    if len(people) < 2 or all(map(says_nothing, people)):
        return Layout("folder", why)
    return Layout("folder", f"{why} with a folder for each person", settings={"person": PARENT})


def _by_other_folders(images: Sequence[TreeFile]) -> Layout | None:
    """Folders whose names tell nothing about a mask: a person each, or classes that somebody must explain."""
    inner = {image.folders[-1] for image in images if image.folders and not says_nothing(image.folders[-1])}
    if len(inner) < 2:
        return None
    after = sum(1 for image in images if image.folders and image.name.startswith(f"{image.folders[-1]}_"))
    numbered = all(map(_NUMBERED.fullmatch, inner))
    if len(inner) > _MANY or (len(inner) >= _FEW and (numbered or 2 * after > len(images))):
        settings = {"person": PARENT, "default_label": "photo"}
        return Layout("folder", f"a folder for each person, such as {min(inner)}", settings=settings)
    return Layout("folder", f"class folders such as {min(inner)}")


def _shared(paths: Sequence[tuple[str, ...]]) -> int:
    """How many folders all images have in common."""
    first, last = min(paths), max(paths)
    return next(
        (depth for depth, (one, other) in enumerate(zip(first, last, strict=False)) if one != other), len(first)
    )
