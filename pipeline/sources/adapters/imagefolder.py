"""Hugging Face `imagefolder`: images with `metadata.jsonl`, `.csv` or `.parquet` beside them, else class folders."""

import io
import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any

from pipeline.core.errors import SourceError
from pipeline.sources.adapters.annotated import (
    AnnotatedAdapter,
    box_of,
    contested,
    size_of,
    without_image,
)
from pipeline.sources.adapters.box_forms import BoxesAre, require_told
from pipeline.sources.adapters.folder import class_of
from pipeline.sources.adapters.hf_objects import boxes_of, drawn_in, text_of, word_of
from pipeline.sources.adapters.layout import (
    NOT_TEXT,
    ParsedTree,
    damaged,
    no_layout,
    read_lines,
    table_rows,
)
from pipeline.sources.adapters.tree import TreeFile, TreeSettings
from pipeline.sources.image_index import Claim
from pipeline.sources.labels import LabelMap, plain_text
from pipeline.sources.matching import match_claims
from pipeline.sources.offers import Offer, OfferedBox, Refusal
from pipeline.sources.papers import is_text
from pipeline.storage.stores import read_bytes

EXPECTED = "metadata.jsonl, metadata.csv or metadata.parquet with a column file_name, or class folders"
METADATA = ("metadata.csv", "metadata.jsonl", "metadata.parquet")

_Row = dict[str, Any]


class ImageFolderSettings(TreeSettings):
    """Which columns of the metadata say what.

    Attributes:
        label_columns: Each gives one word for the image.
        box_column: Left, top, right and bottom of the one face that the labels are of; without it they are the image's.
        licence_column: This image's own licence; `author_column` and `person_column` likewise.
        parent_column: The sha256 of the photo that this one was made from, as `augment-masks` writes it.
        class_names: What the numbers in a label column stand for.
        boxes_are: The four numbers of a box in `objects`: `sized`, left, top, width and height, or `corners`; `auto`
            is the former, unless boxes reach far out of their pictures and all may be corners.
    """

    label_columns: tuple[str, ...] = ("label",)
    box_column: str | None = None
    licence_column: str | None = None
    author_column: str | None = None
    person_column: str | None = None
    parent_column: str | None = "parent_sha256"
    class_names: tuple[str, ...] = ()
    boxes_are: BoxesAre = "auto"


class ImageFolderAdapter(AnnotatedAdapter[ImageFolderSettings]):
    """Rows of the metadata, by `file_name` relative to the metadata's own folder; `objects` carry COCO boxes."""

    settings_model = ImageFolderSettings

    def offers(self) -> Iterator[Offer | Refusal]:
        """Every image with its row; without any metadata, class folders.

        Raises:
            SourceError: no image, no row that can be read, or a column that is asked for and that no row has.
        """
        tree = ParsedTree(self.files())
        found = list(tree.names())
        papers = tree.take(lambda file: file.name.lower() in METADATA)
        if not tree.images:
            raise no_layout(self.workspace.name, EXPECTED, found)
        yield from self._by_rows(tree, papers) if papers else map(self._by_folder, tree.images)
        yield from tree.leftovers()

    def _by_rows(self, tree: ParsedTree, papers: Sequence[TreeFile]) -> Iterator[Offer | Refusal]:
        read = [row for file in papers for row in metadata_rows(file, self._asked())]
        claims = [row for row in read if not isinstance(row, Refusal)]
        refusals = [row for row in read if isinstance(row, Refusal)]
        if not claims:
            raise no_layout(self.workspace.name, EXPECTED, (file.origin for file in papers), refusals)
        self._require_columns(claims)
        drawn = (box for claim in claims for box in drawn_in(claim.said))
        require_told(self.workspace.name, self.settings.boxes_are, drawn)
        told = [replace(claim, said=self._told(claim.said)) for claim in claims]
        matches = match_claims((image.origin for image in tree.images), told)
        for file in tree.images:
            claim = matches.found.get(file.origin)
            if file.origin in matches.contested:
                yield contested(file, matches, "label_conflict")
            elif claim is None:
                yield self.unlabelled(file, "no row of the metadata names it")
            else:
                yield from self._by_row(file, claim)
        yield from without_image(matches)
        yield from refusals

    def _require_columns(self, claims: Sequence[Claim[_Row]]) -> None:
        """Stop where a column is asked for that no row has: what it says would be lost without a word.

        Without a label column boxes must carry the labels.
        """
        settings = self.settings
        columns = {column for claim in claims for column in claim.said if isinstance(column, str)}
        wanted = [*settings.label_columns, settings.box_column, settings.licence_column, settings.author_column]
        wanted.append(settings.person_column)
        missing = [column for column in wanted if column and column not in columns]
        if "label_columns" not in settings.model_fields_set and "objects" in columns:
            missing = [column for column in missing if column not in settings.label_columns]
        if missing:
            raise SourceError(
                f"{self.workspace.name}: no row of the metadata has the column(s) {', '.join(map(repr, missing))}.\n"
                f"Columns found: {', '.join(map(repr, sorted(columns)))}.\n"
                f"Name those that hold the labels in ingest.settings.{self.workspace.name}.label_columns."
            )

    def _told(self, row: _Row) -> _Row:
        """What the row says of its image: rows that differ in an index or in how they spell the path don't disagree."""
        told = {*self._asked(), *(("width", "height") if row.get("objects") else ())}
        return {column: value for column, value in row.items() if column in told}

    def _asked(self) -> set[str]:
        """The columns that the settings ask for, and the boxes."""
        settings = self.settings
        asked = {*settings.label_columns, settings.licence_column, settings.author_column, settings.person_column}
        return {"objects", *(column for column in (*asked, settings.box_column, settings.parent_column) if column)}

    def _is_nobody(self, person: str) -> bool:
        return plain_text(person).casefold() in {plain_text(one).casefold() for one in self.settings.exclude_people}

    def _by_folder(self, file: TreeFile) -> Offer:
        label = class_of(file, LabelMap(self.settings.labels), self.settings)
        return Offer(origin=file.origin, file=file.path, in_place=file.in_place, labels=(label,))

    def _by_row(self, file: TreeFile, claim: Claim[_Row]) -> Iterator[Offer | Refusal]:
        row, boxes, settings = claim.said, [], self.settings
        labels = tuple(
            word_of(row[column], settings.class_names) for column in settings.label_columns if text_of(row, column)
        )
        sides = row.get(settings.box_column) if settings.box_column else None
        own, labels = ([_face_box(sides, labels)], ()) if sides else ([], labels)
        for number, made in enumerate([*own, *boxes_of(row, settings.class_names, settings.boxes_are)]):
            if isinstance(made, OfferedBox):
                boxes.append(made)
            else:
                yield damaged(f"{claim.origin}#object{number}", made)
        if not labels and not boxes and settings.unannotated == "reject":
            yield Refusal(origin=file.origin, reason="no_label", detail=f"{claim.origin} gives it none")
            return
        person = text_of(row, settings.person_column)
        yield Offer(
            origin=file.origin,
            file=file.path,
            in_place=file.in_place,
            labels=labels,
            boxes=tuple(boxes),
            boxes_size=size_of(row) if boxes else None,
            licence=text_of(row, settings.licence_column),
            author=text_of(row, settings.author_column),
            person_id=f"{self.workspace.name}:{person}" if person and not self._is_nobody(person) else None,
            parent_sha256=text_of(row, settings.parent_column),
        )


def _face_box(sides: Any, labels: Sequence[str]) -> OfferedBox | ValueError:
    """The box of the one face that a row labels, or why it is none."""
    try:
        return box_of(sides, *labels)
    except (ValueError, TypeError) as error:
        return ValueError(f"box {sides!r}: {error}")


def metadata_rows(file: TreeFile, asked: Collection[str] = ()) -> Iterator[Claim[_Row] | Refusal]:
    """What each row of a metadata file says, or why it can't be used; two columns of a name in `asked` are damage."""
    for number, row in enumerate(_read(file, asked), start=1):
        if isinstance(row, Refusal):
            yield row
        elif isinstance(row, ValueError):
            yield damaged(f"{file.origin}#row{number}", row)
        elif not isinstance(row.get("file_name"), str) or not row["file_name"]:
            yield damaged(f"{file.origin}#row{number}", "lacks file_name")
        elif not all(map(is_text, row.values())):
            yield damaged(f"{file.origin}#row{number}", NOT_TEXT)
        else:
            yield Claim(file.origin, row, number=f"row{number}", named=row["file_name"])


def _read(file: TreeFile, asked: Collection[str]) -> Iterator[_Row | ValueError | Refusal]:
    """The rows, those that can't be read as the reason why, and a refusal for what is no metadata as a whole."""
    kind = file.name.lower().rpartition(".")[2]
    if kind == "csv":
        yield from (one if isinstance(one, Refusal) else one[1] for one in table_rows(file, ("file_name",), asked))
    elif kind == "parquet":
        yield from _of_parquet(file)
    else:
        text = read_lines(file)
        lines = [text] if isinstance(text, Refusal) else text.split("\n")
        yield from (_parsed(line) for line in lines if isinstance(line, Refusal) or line.strip())


def _of_parquet(file: TreeFile) -> Iterator[_Row | Refusal]:
    import pyarrow as pa  # noqa: PLC0415 - pyarrow is an optional dependency
    import pyarrow.parquet as pq  # noqa: PLC0415 - pyarrow is an optional dependency

    try:
        yield from pq.read_table(io.BytesIO(read_bytes(file.path))).to_pylist()
    except (ValueError, pa.ArrowException, OSError) as error:
        yield damaged(file.origin, f"cannot be read as Parquet: {error}")


def _parsed(line: str | Refusal) -> _Row | ValueError | Refusal:
    if isinstance(line, Refusal):
        return line
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        return ValueError(f"not JSON: {error}")
    return row if isinstance(row, dict) else ValueError("is no JSON object")
