"""Helpers for the layouts that are trees: what counts as an image, and what to say where a layout doesn't fit."""

import csv
import io
from abc import abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar, TypeVar
from xml.etree import ElementTree

from pipeline.core.errors import SourceError
from pipeline.sources.adapters.tree import TreeAdapter, TreeFile, TreeSettings
from pipeline.sources.offers import Offer, Refusal
from pipeline.sources.papers import UnsafeXmlError, decode_lines, is_text, parse_xml
from pipeline.storage.signatures import EXTENSIONS, is_photo
from pipeline.storage.stores import read_bytes

MAX_ANNOTATION_BYTES = 512 * 2**20
"""An annotation file beyond this is no annotation file."""

NOT_TEXT = "is not in UTF-8, and its file marks no other encoding"

Settings = TypeVar("Settings", bound=TreeSettings)


def is_image_name(name: str) -> bool:
    """Whether a file is offered to the decoder as an image by its name; the content decides in the end."""
    return Path(name).suffix.lower() in EXTENSIONS


def no_layout(source: str, expected: str, found: Iterable[str], damage: Sequence[Refusal] = ()) -> SourceError:
    """The error for a tree that is laid out in no known way, or whose annotations are all damaged."""
    names = list(islice(found, 12))
    listed = "\n".join(f"  {name}" for name in names) or "  (no file at all)"
    bad = "".join(f"\n  {one.origin}: {one.detail}" for one in damage[:3])
    said = f"\nDamaged:{bad}" if damage else ""
    return SourceError(f"{source}: the layout is not one that is known.\nExpected: {expected}\nFound:\n{listed}{said}")


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


def read_lines(file: TreeFile) -> str | Refusal:
    """The text of an annotation file of many lines; bytes of another encoding stay visible, as `is_text` tells."""
    try:
        return decode_lines(annotation_bytes(file))
    except ValueError as error:
        return damaged(file.origin, error)


def read_xml(file: TreeFile) -> ElementTree.Element | Refusal:
    """The root of an annotation file in XML."""
    try:
        return parse_xml(annotation_bytes(file))
    except UnsafeXmlError as error:
        return Refusal(origin=file.origin, reason="unsafe_xml", detail=str(error))
    except ValueError as error:
        return damaged(file.origin, error)


TableRow = tuple[int, dict[str, str]]


def table_rows(file: TreeFile, columns: Collection[str]) -> Iterator[TableRow | Refusal]:
    """The rows of a CSV file with the lines that they end in, and a refusal for each that can't be read.

    `columns` are those that it must have: a table that lacks one, or can't be read as a whole, is one refusal.
    """
    text = read_lines(file)
    if isinstance(text, Refusal):
        yield text
        return
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)  # else an open quote swallows what follows
    found = _header(reader)
    missing = [column for column in columns if column not in found]
    if missing:
        yield damaged(file.origin, f"lacks the column(s) {', '.join(missing)}, has {', '.join(found) or 'none'}")
        return
    twice = next((column for place, column in enumerate(found) if column and column in found[:place]), None)
    if twice is not None:
        yield damaged(file.origin, f"two columns are called {twice!r}")
        return
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            open_quote = ": a quote that isn't closed?" if "end of data" in str(error) else ""
            yield damaged(f"{file.origin}#line{reader.reader.line_num}", f"{error}{open_quote}")
            continue
        damage = _damage(row, len(found))
        yield damaged(f"{file.origin}#line{reader.line_num}", damage) if damage else (reader.line_num, row)


def _damage(row: dict[str, Any], columns: int) -> str:
    """Why a row can't be read, empty where it can: with more cells than columns it can't be told which is which."""
    beyond = row.pop(None, [])  # type: ignore[call-overload]  # where csv puts what no column is left for
    if any(cell.strip() for cell in beyond):
        return f"{columns + len(beyond)} columns, expected {columns}"
    return "" if all(map(is_text, row.values())) else NOT_TEXT


def _header(reader: "csv.DictReader[str]") -> list[str]:
    try:
        return list(reader.fieldnames or ())
    except csv.Error:
        return []


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
