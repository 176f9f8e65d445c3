"""Tables as tools and spreadsheets write them: which sign parts the columns, whether a header names them."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from pipeline.sources.adapters.csv_columns import Columns, Places, require_once, told_places
from pipeline.sources.adapters.csv_headers import known_places, looks_like_header, retinanet_places
from pipeline.sources.adapters.layout import annotation_bytes, damaged
from pipeline.sources.adapters.tree import TreeFile
from pipeline.sources.archives.names import AUTO
from pipeline.sources.offers import Refusal
from pipeline.sources.papers import decode_lines

ENDINGS = (".csv", ".tsv", ".tab")
DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|"}
_SAMPLE_ROWS = 20
_SAMPLE_CHARACTERS = 2**16

Header = Literal["auto", "yes", "no"]


@dataclass(frozen=True, slots=True)
class TableSettings:
    """What is told of tables beforehand; `auto` lets each tell for itself."""

    columns: Columns | None = None
    delimiter: str = AUTO
    header: Header = "auto"
    encoding: str = AUTO


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a table, and the line that it begins in; why it can't be read, where that is so."""

    number: int
    cells: tuple[str, ...] = ()
    damage: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table whose columns are understood."""

    origin: str
    header: tuple[str, ...]
    places: Places
    lines: tuple[Line, ...]
    delimiter: str


@dataclass(frozen=True, slots=True)
class OtherTable:
    """A table that speaks of no image, with the names of its columns and those that are told and lacking."""

    origin: str
    header: tuple[str, ...]
    missing: str = ""


def read_table(file: TreeFile, told: TableSettings) -> Table | OtherTable | Refusal:
    """The table in a file; why it can't be read, or that it is about something else."""
    try:
        text = _text(annotation_bytes(file), told.encoding)
    except ValueError as error:
        return damaged(file.origin, error)
    first, _, rest = text.partition("\n")
    marked = first.strip().lower()
    delimiter = told.delimiter
    if marked.startswith("sep=") and len(marked) == 5:  # how spreadsheets are told
        text, delimiter = "\n" + rest, marked[4] if delimiter == AUTO else delimiter
    delimiter = _sniffed(text) if delimiter == AUTO else DELIMITERS.get(delimiter, delimiter)
    lines = tuple(_lines(text, delimiter))
    return _understood(file.origin, lines, told, delimiter)


def _text(data: bytes, encoding: str) -> str:
    """Text in the encoding that is told, its byte order mark aside.

    Raises:
        ValueError: it is in another.
    """
    if encoding == AUTO:
        return decode_lines(data)
    try:
        return data.decode(encoding).removeprefix("\ufeff")
    except LookupError as error:  # a codec from bytes to bytes
        raise ValueError(str(error)) from error


def _understood(
    origin: str, lines: tuple[Line, ...], told: TableSettings, delimiter: str
) -> Table | OtherTable | Refusal:
    rows = [line.cells for line in islice((line for line in lines if line.cells), _SAMPLE_ROWS)]
    if not rows:
        return damaged(origin, lines[0].damage) if lines else OtherTable(origin, ())
    headed = _has_header(rows[0], told)
    header = rows[0] if headed else ()
    if told.columns is not None:
        try:
            places: Places | None = told_places(told.columns, header)
        except ValueError as missing:
            return OtherTable(origin, header, str(missing))
    else:
        try:
            places = known_places(header, rows[1:]) if headed else retinanet_places(rows)
        except ValueError as unclear:
            return damaged(origin, unclear)
    if places is None:
        return OtherTable(origin, header or rows[0])
    try:
        require_once(() if told.columns and told.columns.by_number() else header, places)
    except ValueError as unclear:
        return damaged(origin, unclear)
    start = next(place for place, line in enumerate(lines) if line.cells) + 1 if headed else 0
    return Table(origin, header, places, lines[start:], delimiter)


def _has_header(first: Sequence[str], told: TableSettings) -> bool:
    if told.header != "auto":
        return told.header == "yes"
    named = told.columns is not None and not told.columns.by_number()
    return named or looks_like_header(first)


def _lines(text: str, delimiter: str) -> Iterator[Line]:
    """The rows that aren't blank; one that can't be read costs itself."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    while True:
        begins = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Line(begins, damage=str(error))
            continue
        if any(cell.strip() for cell in cells):
            ends = reader.line_num
            unclosed = ends > begins and f"goes on to line {ends}: a quote that isn't closed?"
            yield Line(begins, tuple(cells), unclosed or "")


def _sniffed(text: str) -> str:
    """The sign that parts a table's first rows most often and into equally many columns each."""
    return max(DELIMITERS.values(), key=lambda sign: _columns(text, sign))


def _columns(text: str, delimiter: str) -> tuple[bool, int]:
    sample = text[:_SAMPLE_CHARACTERS].rpartition("\n")[0] if len(text) > _SAMPLE_CHARACTERS else text
    counts = [len(line.cells) for line in islice(_lines(sample, delimiter), _SAMPLE_ROWS) if line.cells]
    least = min(counts, default=0)
    return least > 1 and least == max(counts, default=0), least
