"""Helpers for the layouts that are trees: what counts as an image, and what to say where a layout doesn't fit."""

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import ClassVar, TypeVar

from pipeline.core.errors import SourceError
from pipeline.sources.adapters.tree import TreeAdapter, TreeFile, TreeSettings
from pipeline.sources.offers import Offer, Refusal
from pipeline.sources.papers import decode_text
from pipeline.storage.signatures import EXTENSIONS, is_photo
from pipeline.storage.stores import read_bytes

MAX_ANNOTATION_BYTES = 512 * 2**20
"""An annotation file beyond this is no annotation file."""

Settings = TypeVar("Settings", bound=TreeSettings)


def is_image_name(name: str) -> bool:
    """Whether a file is offered to the decoder as an image by its name; the content decides in the end."""
    return Path(name).suffix.lower() in EXTENSIONS


def no_layout(source: str, expected: str, found: Iterable[str]) -> SourceError:
    """The error for a tree that is laid out in no known way."""
    names = list(islice(found, 12))
    listed = "\n".join(f"  {name}" for name in names) or "  (no file at all)"
    return SourceError(f"{source}: the layout is not one that is known.\nExpected: {expected}\nFound:\n{listed}")


class ParsedTree:
    """A tree's files, sorted into images, other files and refusals."""

    def __init__(self, found: Iterable[TreeFile | Refusal]) -> None:
        self.images: list[TreeFile] = []
        self.others: list[TreeFile] = []
        self.refusals: list[Refusal] = []
        for one in found:
            if isinstance(one, Refusal):
                self.refusals.append(one)
            elif is_image_name(one.name) or is_photo(one.path):
                self.images.append(one)
            else:
                self.others.append(one)

    def take(self, wanted: Callable[[TreeFile], bool]) -> list[TreeFile]:
        """Take the papers that `wanted` says are annotations out of the other files."""
        taken = [file for file in self.others if wanted(file)]
        self.others = [file for file in self.others if not wanted(file)]
        return taken

    def leftovers(self) -> Iterator[Refusal]:
        """The refusals, and one for each paper that nobody took."""
        yield from self.refusals
        for file in self.others:
            yield Refusal(origin=file.origin, reason="not_an_image", detail="a document beside the images")

    def names(self) -> Iterator[str]:
        """Every file's origin."""
        yield from (file.origin for file in (*self.images, *self.others))


def read_annotation(file: TreeFile) -> str:
    """The text of an annotation file that the source can't do without.

    Raises:
        SourceError: it can't be read, isn't UTF-8 or marked otherwise, or is absurdly large.
    """
    try:
        return decode_text(annotation_bytes(file))
    except ValueError as error:
        raise SourceError(f"{file.path}: cannot be read: {error}") from error


def annotation_bytes(file: TreeFile) -> bytes:
    """The bytes of an annotation file.

    Raises:
        ValueError: it can't be read, or is absurdly large.
    """
    try:
        data = read_bytes(file.path, MAX_ANNOTATION_BYTES + 1)
    except OSError as error:
        raise ValueError(f"cannot be read: {error}") from error
    if len(data) > MAX_ANNOTATION_BYTES:
        raise ValueError(f"over {MAX_ANNOTATION_BYTES} bytes, no annotation file")
    return data


def damaged(origin: str, why: object) -> Refusal:
    """The row of an annotation that can't be used; the others of its file are taken."""
    return Refusal(origin=origin, reason="damaged_annotation", detail=str(why))


class NamedFilesAdapter(TreeAdapter[Settings]):
    """Base of the layouts whose labels stand in the file names.

    A subclass describes the names in `expected` and writes `offer`.
    """

    expected: ClassVar[str]

    def prepare(self, images: Sequence[TreeFile]) -> None:
        """Look at all names before the first offer, where one name alone doesn't tell."""

    @abstractmethod
    def offer(self, file: TreeFile) -> Offer | Refusal:
        """What one image file is by its name."""

    def offers(self) -> Iterator[Offer | Refusal]:
        """Every file, as its name says.

        Raises:
            SourceError: not one name fits the layout.
        """
        tree = ParsedTree(self.files())
        self.prepare(tree.images)
        fitting = 0
        for file in tree.images:
            offer = self.offer(file)
            fitting += isinstance(offer, Offer)
            yield offer
        if not fitting:
            raise no_layout(self.workspace.name, self.expected, tree.names())
        yield from tree.leftovers()

    def unknown_name(self, file: TreeFile) -> Refusal:
        """The refusal of a file whose name says nothing."""
        return Refusal(origin=file.origin, reason="unknown_name", detail=f"expected {self.expected}")
