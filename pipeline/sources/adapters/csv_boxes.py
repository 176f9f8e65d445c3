"""CSV: a row a face, in TensorFlow's columns, in RetinaNet's without a header, or in columns that the settings name."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Annotated, Literal

from pydantic import AfterValidator

from pipeline.core.errors import SourceError
from pipeline.sources.adapters.annotated import (
    AnnotatedAdapter,
    Annotation,
    AnnotationClaim,
    box_of,
    size_of,
)
from pipeline.sources.adapters.csv_columns import BoxForm, Columns, cell_number
from pipeline.sources.adapters.csv_folders import folder_of, told_apart
from pipeline.sources.adapters.csv_headers import doubt
from pipeline.sources.adapters.csv_tables import (
    DELIMITERS,
    ENDINGS,
    Header,
    Line,
    OtherTable,
    Table,
    TableSettings,
    read_table,
)
from pipeline.sources.adapters.layout import NOT_TEXT, ParsedTree, damaged, no_layout
from pipeline.sources.adapters.tree import TreeFile, TreeSettings, known_encoding
from pipeline.sources.archives.names import AUTO
from pipeline.sources.image_index import as_path
from pipeline.sources.offers import Offer, OfferedBox, Refusal
from pipeline.sources.papers import is_text

EXPECTED = (
    "a CSV with a header such as filename,width,height,class,xmin,ymin,xmax,ymax, or without one "
    "path,x1,y1,x2,y2,class, or the columns named in `columns`"
)
_OTHERS = ("metadata.csv",)
"""Hugging Face's, which the adapter `imagefolder` reads."""
_BEYOND = 1e-3

Units = Literal["auto", "pixels", "shares"]
_Sides = tuple[float, float, float, float]
_Key = tuple[PurePosixPath, str]
"""An image's name, and the folder that tells it from others of its name; empty where none does."""


def _one_sign(delimiter: str) -> str:
    if delimiter != AUTO and delimiter not in DELIMITERS and (len(delimiter) != 1 or delimiter in '\r\n"'):
        raise ValueError(f"one sign, {AUTO}, or one of {', '.join(DELIMITERS)}")
    return delimiter


class CsvSettings(TreeSettings):
    """How the tables are written; what isn't told they tell themselves.

    Attributes:
        columns: Which column holds what, where the header has other names than tools write.
        delimiter: The sign between columns, or comma, semicolon, tab or bar.
        header: Whether the first row names the columns.
        encoding: Of the tables, such as gbk; auto is their byte order mark's, else UTF-8.
        units: Whether boxes count pixels, or shares of width and height; auto takes numbers that all lie in 0 to 1, and
            aren't all whole, for shares.
        class_names: What the numbers in a label column stand for.
    """

    columns: Columns | None = None
    delimiter: Annotated[str, AfterValidator(_one_sign)] = AUTO
    header: Header = "auto"
    encoding: Annotated[str, AfterValidator(known_encoding)] = AUTO
    units: Units = "auto"
    class_names: tuple[str, ...] = ()


class CsvAdapter(AnnotatedAdapter[CsvSettings]):
    """A row a face; rows with an empty box are images without a face, tables without boxes label whole images."""

    settings_model = CsvSettings

    def offers(self) -> Iterator[Offer | Refusal]:
        """Every image with its rows.

        Raises:
            SourceError: there is no image, or no table of a known layout.
        """
        tree = ParsedTree(self.files())
        found = list(tree.names())
        settings = self.settings
        told = TableSettings(settings.columns, settings.delimiter, settings.header, settings.encoding)
        read = {file.origin: read_table(file, told) for file in tree.others if self._is_table(file)}
        tables = [one for one in read.values() if isinstance(one, Table)]
        refusals = [one for one in read.values() if isinstance(one, Refusal)]
        if not tables or not tree.images:
            self._require_columns([one for one in read.values() if isinstance(one, OtherTable)])
            raise no_layout(self.workspace.name, EXPECTED, found, refusals)
        tree.take(lambda file: not isinstance(read.get(file.origin, OtherTable("", ())), OtherTable))
        images = [image.origin for image in tree.images]
        rows = [row for table in tables for row in _claims(table, told_apart(table, images), settings)]
        yield from self.all_of(tree, [*rows, *refusals])

    def _is_table(self, file: TreeFile) -> bool:
        name = file.name.lower()
        return name.endswith(ENDINGS) and (name not in _OTHERS or self.settings.columns is not None)

    def _require_columns(self, others: Sequence[OtherTable]) -> None:
        """Stop where columns are told that no table has, and say which there are."""
        if any(one.missing for one in others):
            seen = "".join(f"\n  {one.origin}: {', '.join(map(repr, one.header)) or 'none'}" for one in others[:12])
            raise SourceError(
                f"{self.workspace.name}: no table has the column(s) {others[0].missing}.\nColumns found:{seen}"
            )


@dataclass(slots=True)
class _Drawn:
    """What the rows of one image say together."""

    named: str
    size: tuple[int, int] | None = None
    boxes: list[tuple[Line, _Sides, tuple[str, ...]]] = field(default_factory=list)
    words: dict[str, None] = field(default_factory=dict)


def _claims(
    table: Table, apart: Collection[PurePosixPath], settings: CsvSettings
) -> Iterator[AnnotationClaim | Refusal]:
    """What a table claims of each of its images, after a row for each line that can't be used."""
    images: dict[_Key, _Drawn] = {}
    for line in table.lines:
        try:
            _note(images, table, line, apart, settings.class_names)
        except ValueError as error:
            yield damaged(f"{table.origin}#line{line.number}", error)
    numbers = [side for drawn in images.values() for _, sides, _ in drawn.boxes for side in sides]
    shares = settings.units == "shares" or (settings.units == "auto" and _are_shares(numbers))
    for (_, folder), drawn in images.items():
        named = f"{folder}/{drawn.named}" if folder else drawn.named
        across, down = (drawn.size or (1, 1)) if shares else (1, 1)
        boxes: list[OfferedBox] = []
        for line, sides, words in drawn.boxes:
            try:
                left, top, right, bottom = (_share(side) for side in sides) if shares else sides
                boxes.append(box_of((left * across, top * down, right * across, bottom * down), *words))
            except ValueError as error:
                yield damaged(f"{table.origin}#line{line.number}", error)
        damage = len(boxes) < len(drawn.boxes)
        said = Annotation(tuple(boxes), drawn.size, shares and drawn.size is None, tuple(drawn.words), damage)
        yield AnnotationClaim(table.origin, said, number=str(as_path(named)), named=named)


def _note(
    images: dict[_Key, _Drawn], table: Table, line: Line, apart: Collection[PurePosixPath], class_names: Sequence[str]
) -> None:
    """Add a line to what is known of its image.

    Raises:
        ValueError: it can't be read, lacks something, or contradicts an earlier line.
    """
    places, cells = table.places, [cell.strip() for cell in line.cells]
    if line.damage or not all(map(is_text, cells)):
        raise ValueError(line.damage or NOT_TEXT)
    expected = len(table.header) or places.most
    if len(cells) < places.most or any(cells[expected:]):
        raise ValueError(f"{len(cells)} columns, expected {expected}")
    named = cells[places.image]
    if not named:
        raise ValueError("names no image")
    if why := doubt(places, cells):
        raise ValueError(why)
    words = tuple(_word(cells[place], class_names) for place in places.labels if cells[place])
    sides = [cells[place] for place in places.box or ()]
    if any(sides) != bool(words) and places.box:
        raise ValueError("a box without a label" if any(sides) else f"the label {' '.join(words)!r} without a box")
    box = _sides(sides, places.form) if any(sides) else None
    size = size_of({"width": cells[places.size[0]], "height": cells[places.size[1]]}) if places.size else None
    path = as_path(named)
    drawn = images.setdefault((path, folder_of(table, cells) if path in apart else ""), _Drawn(named, size))
    if size and drawn.size and size != drawn.size:
        raise ValueError(f"drawn on {size[0]}x{size[1]}, an earlier line of {named} on {drawn.size[0]}x{drawn.size[1]}")
    drawn.size = drawn.size or size
    if box is not None:
        drawn.boxes.append((line, box, words))
    elif not places.box:
        drawn.words.update(dict.fromkeys(words))


def _sides(cells: Sequence[str], form: BoxForm) -> _Sides:
    """Left, top, right and bottom.

    Raises:
        ValueError: one is no finite number or missing, or there is no area between them.
    """
    if not all(cells):
        raise ValueError(f"a box that lacks a number: {', '.join(cells)}")
    left, top, right, bottom = map(cell_number, cells)
    if form == "centred":
        left, top = left - right / 2, top - bottom / 2
    found = (left, top, right, bottom) if form == "corners" else (left, top, left + right, top + bottom)
    box_of(found)  # says what is wrong with it while the line is known
    return found


def _word(cell: str, class_names: Sequence[str]) -> str:
    if not class_names or not cell.isdecimal():
        return cell
    if int(cell) >= len(class_names):
        raise ValueError(f"class {cell} is beyond class_names, which has {len(class_names)}")
    return class_names[int(cell)]


def _are_shares(numbers: Sequence[float]) -> bool:
    within = all(-_BEYOND <= number <= 1 + _BEYOND for number in numbers)
    return within and not all(number.is_integer() for number in numbers)


def _share(number: float) -> float:
    if not -_BEYOND <= number <= 1 + _BEYOND:
        raise ValueError(f"{number:g} lies outside 0 to 1, and its table counts shares")
    return min(max(number, 0.0), 1.0)
