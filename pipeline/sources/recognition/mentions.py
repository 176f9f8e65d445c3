"""Whether documents, file names and folders beside photos say something of what is on them, in whatever way."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import PurePosixPath

from pipeline.sources.adapters.layout import ParsedTree
from pipeline.sources.adapters.tree import TreeFile
from pipeline.sources.image_index import says_nothing
from pipeline.sources.papers import decode_text, unpacked
from pipeline.sources.recognition.values import of_many_photos, of_one_photo
from pipeline.sources.recognition.words import told_by
from pipeline.storage.stores import read_bytes

_LOOKED_AT_BYTES = 2**22
_ABOUT = re.compile(
    r"(readme|licen[cs]e|citation|changelog|requirements)|.*\.(md|pdf|html?|py|ipynb|sh)$", re.IGNORECASE
)
"""Documents about a set that show a name or two as an example."""
_BETWEEN = re.compile(r"[\s\"'`,;:|<>()\[\]{}=/\\]+")
_LABELS = re.compile(
    r"mask|label|class|categor|b(nd)?box|annotat|shape|region|wear|worn|surgical|n95|ffp2", re.IGNORECASE
)
_NUMBERED = re.compile(r"\.(jpe?g|png|webp|bmp|gif|tiff?|avif|heic)[\"']?[\s,;:|]+-?\d", re.IGNORECASE)
"""An image with a number behind it: a class, a count of boxes, a side of one."""
_FOUR_NUMBERS = re.compile(r"([+-]?\d+(\.\d*)?(e[+-]?\d+)?[\s,;]+){3}[+-]?\d", re.IGNORECASE)
_TABLES = (".csv", ".tsv", ".tab")
_DIGITS = re.compile(r"\d+")
_LOOKED_AT = 2000
"""So many names, spread over all, tell what more would: each takes 50 us."""
_TELLING = 0.05
"""So many names that tell of masks are no accident: a set may hold one `masked ball.jpg`."""


class Mentions:
    """The names of a tree's images, to tell which documents speak of them."""

    def __init__(self, images: Iterable[TreeFile]) -> None:
        names = [image.name.casefold() for image in images]
        self._count = len(names)
        self._stems = frozenset(PurePosixPath(name).stem for name in names)
        self._names = frozenset(names) | {stem for stem in self._stems if not _DIGITS.fullmatch(stem)}

    def in_file(self, file: TreeFile) -> bool:
        """Whether a document says more of images than their names.

        It names some, lies beside one under its name, or holds labels in order. Of one that is packed what is in it
        counts.
        """
        if _ABOUT.match(file.name):
            return False
        try:
            packed = read_bytes(file.path, _LOOKED_AT_BYTES)
        except OSError:  # it is a row where the source is taken in
            return False
        name, data = unpacked(file.name, packed, _LOOKED_AT_BYTES)
        return self._in_text(name, decode_text(data, "replace"))

    def _in_text(self, name: str, text: str) -> bool:
        if PurePosixPath(name.casefold()).stem in self._names | self._stems:
            return bool(_LABELS.search(text) or _FOUR_NUMBERS.search(text) or of_one_photo(text))
        known = self._names | (self._stems if name.lower().endswith(_TABLES) else frozenset())
        names_some = not known.isdisjoint(_BETWEEN.split(text.casefold()))
        if names_some and (_LABELS.search(text) or _NUMBERED.search(text)):
            return True
        return of_many_photos(name, text, self._count)


def outlines(images: Sequence[TreeFile]) -> list[TreeFile]:
    """The pictures of a folder `masks` beside photos of the same names: they mark pixels, and nobody wears them."""
    stems: dict[tuple[str, ...], set[str]] = {}
    for image in images:
        stems.setdefault(image.folders, set()).add(PurePosixPath(image.name).stem)
    photos = {folders: found for folders, found in stems.items() if folders and says_nothing(folders[-1])}
    marks = {
        folders
        for folders, found in stems.items()
        if any(name.casefold() in {"mask", "masks"} for name in folders)
        and any(found <= others for beside, others in photos.items() if beside != folders and len(found) > 0)
    }
    return [image for image in images if image.folders in marks]


def telling_name(folder: str, tree: ParsedTree) -> str:
    """A name that tells of worn masks: the folder's own, or one of many of the photos'; empty where none does."""
    if _tells_of_mask(folder):
        return folder
    looked_at = tree.images[:: -(-len(tree.images) // _LOOKED_AT) or 1]
    telling = [image.name for image in looked_at if _tells_of_mask(PurePosixPath(image.name).stem)]
    return telling[0] if len(telling) > _TELLING * len(looked_at) else ""


def _tells_of_mask(name: str) -> bool:
    return any(label is not None and label.masked == "yes" for label in map(told_by, _readings(name)))


def _readings(name: str) -> Iterator[str]:
    """A name as it stands, and without the numbers that count: `001_with_mask (2)` is `with_mask`."""
    words = [word for word in re.split(r"[\W_]+", name) if word and not _DIGITS.fullmatch(word)]
    return chain((name, "_".join(words)), [re.sub(r"\d+$", "", "_".join(words))])
