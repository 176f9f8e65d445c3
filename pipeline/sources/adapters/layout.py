"""Helpers for the layouts that are trees: what counts as an image, and what to say where a layout doesn't fit."""

import csv
import io
import re
from abc import abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, zip_longest
from pathlib import Path
from typing import ClassVar, TypeVar
from xml.etree import ElementTree

from pipeline.core.errors import SourceError
from pipeline.sources.adapters.tree import TreeAdapter, TreeFile, TreeSettings
from pipeline.sources.offers import Offer, Refusal
from pipeline.sources.papers import UnsafeXmlError, decode_lines, is_text, parse_xml
from pipeline.storage.signatures import EXTENSIONS, is_photo
from pipeline.storage.stores import read_bytes

MAX_ANNOTATION_BYTES = 512 * 2**20
"""An annotation file beyond this is no annotation file."""

_OPEN = "end of data"
"""What csv says of a quote that nothing closes."""

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


TableRow = tuple[int, dict[str, str | None]]


def table_rows(file: TreeFile, columns: Collection[str], asked: Collection[str] = ()) -> Iterator[TableRow | Refusal]:
    """The rows of a CSV file with the lines that they end in, and a refusal for each that can't be read.

    `columns` are those that it must have: a table that lacks one, or can't be read as a whole, is one refusal; so is
    one with two columns of a name that is among them or `asked`. Other columns of one name are left out.
    """
    text = read_lines(file)
    if isinstance(text, Refusal):
        yield text
        return
    records = _records(text)
    first = next(records, _Record(0, []))
    found = first.cells
    missing = [column for column in columns if column not in found]
    if missing:
        why = f"; its first line is no strict CSV: {first.loose}" if first.loose else ""
        seen = ", ".join(name if name == name.strip() else repr(name) for name in found)
        yield damaged(file.origin, f"lacks the column(s) {', '.join(missing)}, has {seen or 'none'}{why}")
        return
    twice = {column for place, column in enumerate(found) if column in found[:place]}
    wanted = [place for place, column in enumerate(found) if column in {*columns, *asked}]
    unclear = next((found[place] for place in wanted if found[place] in twice), None)
    if unclear is not None:
        yield damaged(file.origin, f"two columns are called {unclear!r}")
        return
    for record in records:
        damage = record.damage(len(found), wanted)
        row = {name: cell for name, cell in zip_longest(found, record.cells[: len(found)]) if name not in twice}
        yield damaged(f"{file.origin}#line{record.number}", damage) if damage else (record.number, row)


@dataclass(frozen=True, slots=True)
class _Record:
    """A record of a table.

    Attributes:
        number: The line that it ends in.
        loose: Why it is no strict CSV; empty where it is.
        line: As it stands, where it is none.
    """

    number: int
    cells: list[str]
    loose: str = ""
    line: str = ""

    def damage(self, columns: int, wanted: Sequence[int]) -> str:
        """Why it can't be read, empty where it can: with more cells than columns it can't be told which is which.

        One that is no strict CSV must have a cell a column, and those that are `wanted` as they stand in the line.
        """
        if self.loose and (
            len(self.cells) != columns or not all(_stands_in(self.line, self.cells[place]) for place in wanted)
        ):
            return f"{self.loose}: a quote that isn't closed?" if _OPEN in self.loose else self.loose
        if any(cell.strip() for cell in self.cells[columns:]):
            return f"{len(self.cells)} columns, expected {columns}"
        return "" if all(map(is_text, self.cells)) else NOT_TEXT


def _stands_in(line: str, cell: str) -> bool:
    return re.search(f'(^|,)("?){re.escape(cell)}\\2(,|$)', line) is not None


def _records(text: str) -> Iterator[_Record]:
    """The records that aren't blank.

    Strict CSV keeps an open quote from swallowing what follows. A line with a quote within a cell is read as
    spreadsheets do, and has no cells where that fails too.
    """
    lines = list(io.StringIO(text, newline=""))
    reader = csv.reader(lines, strict=True)
    while True:
        begins = reader.line_num
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            line = lines[begins].rstrip("\r\n") if reader.line_num == begins + 1 and _OPEN not in str(error) else ""
            yield _Record(reader.line_num, _loosely(line), str(error), line)
            continue
        if cells:
            yield _Record(reader.line_num, cells)


def _loosely(line: str) -> list[str]:
    try:
        return next(csv.reader([line]), [])
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
