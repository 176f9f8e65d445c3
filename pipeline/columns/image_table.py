"""Many `Image` rows in columns: some 300 bytes a photo, where objects take a thousand."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, overload

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.columns.ids import Ids, Indices, id_array
from pipeline.core.records import Image
from pipeline.storage.manifests import Manifest, records_of, schema_of

_FEW_VALUES = (
    "source",
    "licence",
    "author",
    "citation",
    "original_label",
    "mask_type",
    "wear",
    "valve",
    "masked",
)
"""Columns that hold the same texts over and over: each text is held once."""
_ROWS_A_BATCH = 1024
_SCHEMA = schema_of(Image)


class ImageRows(Sequence[Image]):
    """A sequence that makes each image when it is asked for; a choice of them, or another order, is 8 bytes each."""

    def __init__(self, table: pa.Table, rows: Indices | None = None) -> None:
        """These rows of the table, by default all of them."""
        self._table = table
        self._rows = np.arange(table.num_rows) if rows is None else rows

    @classmethod
    def of(cls, images: Iterable[Image]) -> "ImageRows":
        """These images; rows that are columns already stay what they are."""
        if isinstance(images, ImageRows):
            return images
        return cls(_slim(pa.Table.from_pylist([asdict(image) for image in images], schema=_SCHEMA)))

    @classmethod
    def read(cls, paths: Sequence[Path]) -> "ImageRows":
        """The images of several manifests, one after the other.

        Raises:
            ManifestError: a file is missing or damaged.
        """
        parts = (
            _slim(pa.Table.from_batches([batch]))
            for path in paths
            for batch in Manifest(path, Image).columns(*_SCHEMA.names)
        )
        joined = pa.concat_tables([_slim(_SCHEMA.empty_table()), *parts]).unify_dictionaries()
        return cls(joined.combine_chunks())

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, place: int) -> Image: ...
    @overload
    def __getitem__(self, place: slice) -> "ImageRows": ...
    def __getitem__(self, place: int | slice) -> "Image | ImageRows":
        if isinstance(place, slice):
            return ImageRows(self._table, self._rows[place])
        return next(iter(ImageRows(self._table, self._rows[[place]])))

    def __iter__(self) -> Iterator[Image]:
        for batch in self._batches(self._table):
            yield from records_of(batch, Image)

    def taken(self, places: Indices) -> "ImageRows":
        """The images at these places, in their order."""
        return ImageRows(self._table, self._rows[places])

    def chosen(self, which: NDArray[np.bool_]) -> "ImageRows":
        """The images for which `which` is true."""
        return ImageRows(self._table, self._rows[which])

    def by_id(self) -> "ImageRows":
        """The images by ascending id."""
        return self.taken(np.argsort(self.ids(), kind="stable"))

    def ids(self) -> Ids:
        """The ids, as `id_array` makes them."""
        return id_array(self.texts("id"))

    def texts(self, name: str) -> Iterator[Any]:
        """The values of one column, one after another."""
        for batch in self._batches(self._table.select([name])):
            yield from batch[name].to_pylist()

    def _batches(self, table: pa.Table) -> Iterator[pa.Table]:
        for start in range(0, len(self), _ROWS_A_BATCH):
            yield table.take(pa.array(self._rows[start : start + _ROWS_A_BATCH]))


def _slim(table: pa.Table) -> pa.Table:
    for name in _FEW_VALUES:
        place = table.schema.get_field_index(name)
        column = table[name].dictionary_encode()
        table = table.set_column(place, pa.field(name, column.type, table.schema.field(name).nullable), column)
    return table
