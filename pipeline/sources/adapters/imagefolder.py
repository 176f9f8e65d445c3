"""Hugging Face `imagefolder`: images with `metadata.jsonl`, `.csv` or `.parquet` beside them, else class folders."""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.core.errors import SourceError
from pipeline.sources.adapters.folder import class_of
from pipeline.sources.adapters.layout import ParsedTree, no_layout, read_annotation
from pipeline.sources.adapters.tree import TreeAdapter, TreeFile, TreeSettings
from pipeline.sources.labels import LabelMap
from pipeline.sources.offers import Offer, OfferedBox, Refusal
from pipeline.storage.stores import read_bytes

EXPECTED = "metadata.jsonl, metadata.csv or metadata.parquet with a column file_name, or class folders"
_METADATA = ("metadata.csv", "metadata.jsonl", "metadata.parquet")


class ImageFolderSettings(TreeSettings):
    """Which columns of the metadata say what.

    Attributes:
        label_columns: Each gives one word for the image.
        licence_column: This image's own licence; `author_column` and `person_column` likewise.
        parent_column: The sha256 of the photo that this one was made from, as `augment-masks` writes it.
        class_names: What the numbers in a label column stand for.
    """

    label_columns: tuple[str, ...] = ("label",)
    licence_column: str | None = None
    author_column: str | None = None
    person_column: str | None = None
    parent_column: str | None = "parent_sha256"
    class_names: tuple[str, ...] = ()


class ImageFolderAdapter(TreeAdapter[ImageFolderSettings]):
    """Rows of the metadata, by `file_name` relative to the metadata's own folder; `objects` carry COCO boxes."""

    settings_model = ImageFolderSettings

    def offers(self) -> Iterator[Offer | Refusal]:
        """Every image with its row; without any metadata, class folders.

        Raises:
            SourceError: no image, or metadata that can't be read.
        """
        tree = ParsedTree(self.files())
        found = list(tree.names())
        papers = tree.take(lambda file: file.name.lower() in _METADATA)
        if not tree.images:
            raise no_layout(self.workspace.name, EXPECTED, found)
        rows = {name: row for file in papers for name, row in _rows(file)}
        for file in tree.images:
            row = rows.pop(file.origin, None)
            if papers and row is None:
                yield Refusal(origin=file.origin, reason="no_label", detail="no row of the metadata names it")
            else:
                yield self._by_folder(file) if row is None else self._by_row(file, row)
        for name in sorted(rows):
            yield Refusal(origin=f"{name}#row", reason="image_missing", detail="there is a row, but no such image")
        yield from tree.leftovers()

    def _by_folder(self, file: TreeFile) -> Offer:
        label = class_of(file, LabelMap(self.settings.labels))
        return Offer(origin=file.origin, file=file.path, in_place=file.in_place, labels=(label,))

    def _by_row(self, file: TreeFile, row: Mapping[str, Any]) -> Offer:
        person = _text(row, self.settings.person_column)
        return Offer(
            origin=file.origin,
            file=file.path,
            in_place=file.in_place,
            labels=tuple(self._word(row[column]) for column in self.settings.label_columns if _text(row, column)),
            boxes=tuple(self._boxes(file, row)),
            licence=_text(row, self.settings.licence_column),
            author=_text(row, self.settings.author_column),
            person_id=f"{self.workspace.name}:{person}" if person else None,
            parent_sha256=_text(row, self.settings.parent_column),
        )

    def _word(self, value: Any) -> str:
        """A label as a word; a number is looked up in `class_names` where they are given."""
        names = self.settings.class_names
        return names[int(value)] if str(value).isdecimal() and int(value) < len(names) else str(value)

    def _boxes(self, file: TreeFile, row: Mapping[str, Any]) -> Iterator[OfferedBox]:
        objects = row.get("objects") or {}
        try:
            objects = json.loads(objects) if isinstance(objects, str) else objects
            categories = objects.get("categories", objects.get("category", []))
            for (left, top, width, height), category in zip(objects.get("bbox", []), categories, strict=True):
                right, bottom = float(left) + float(width), float(top) + float(height)
                labels = (self._word(category),)
                yield OfferedBox(left=float(left), top=float(top), right=right, bottom=bottom, labels=labels)
        except (ValueError, TypeError, AttributeError) as error:
            raise SourceError(f"{self.workspace.name}: {file.origin}: objects can't be read: {error}") from error


def _text(row: Mapping[str, Any], column: str | None) -> str | None:
    value = row.get(column) if column else None
    return None if value is None or value == "" else str(value)


def _rows(file: TreeFile) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """(origin of the image, its row) for each row of a metadata file."""
    folder = PurePosixPath(file.origin).parent
    try:
        for row in _read(file):
            yield (folder / str(row["file_name"])).as_posix(), row
    except KeyError as error:
        raise SourceError(f"{file.path}: a row lacks {error}; {EXPECTED}") from error


def _read(file: TreeFile) -> Iterator[Mapping[str, Any]]:
    try:
        if file.name.lower().endswith(".parquet"):
            yield from pq.read_table(io.BytesIO(read_bytes(file.path))).to_pylist()
        elif file.name.lower().endswith(".csv"):
            yield from csv.DictReader(io.StringIO(read_annotation(file)))
        else:
            yield from (json.loads(line) for line in read_annotation(file).splitlines() if line.strip())
    except (ValueError, csv.Error, pa.ArrowException, OSError) as error:
        raise SourceError(f"{file.path}: cannot be read as metadata: {error}") from error
