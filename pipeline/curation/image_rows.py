"""Many `Image` rows in columns: some 300 bytes a photo, where objects take a thousand."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, overload

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.ids import id_array
from pipeline.manifests import Manifest, records_of, schema_of
from pipeline.records import Image

_FEW_VALUES = (
    "source",
    "licence",
    "author",
    "citation",
    "original_label",
    "mask_type",
    "wear",
    "valve",
)
"""Columns that hold the same texts over and over: each text is held once."""
_ROWS_A_BATCH = 1024
_SCHEMA = schema_of(Image)


class ImageRows(Sequence[Image]):
    """A sequence of images that makes each when it is asked for."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table

    @classmethod
    def of(cls, images: Iterable[Image]) -> "ImageRows":
        """These images; rows that are columns already stay what they are."""
        if isinstance(images, ImageRows):
            return cls(images._table)
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
        return cls(pa.concat_tables([_slim(_SCHEMA.empty_table()), *parts]).unify_dictionaries())

    def __len__(self) -> int:
        return int(self._table.num_rows)

    @overload
    def __getitem__(self, place: int) -> Image: ...
    @overload
    def __getitem__(self, place: slice) -> "ImageRows": ...
    def __getitem__(self, place: int | slice) -> "Image | ImageRows":
        if isinstance(place, slice):
            return self.taken(np.arange(len(self))[place])
        return next(iter(self.taken(np.array([range(len(self))[place]]))))

    def __iter__(self) -> Iterator[Image]:
        for start in range(0, len(self), _ROWS_A_BATCH):
            yield from records_of(self._table.slice(start, _ROWS_A_BATCH), Image)

    def taken(self, rows: NDArray[np.int64]) -> "ImageRows":
        """The images at these places, in their order."""
        return ImageRows(self._table.take(pa.array(rows)))

    def chosen(self, which: NDArray[np.bool_]) -> "ImageRows":
        """The images for which `which` is true."""
        return ImageRows(self._table.filter(pa.array(which)))

    def by_id(self) -> "ImageRows":
        """The images by ascending id."""
        return self.taken(np.argsort(self.ids(), kind="stable"))

    def ids(self) -> NDArray[np.bytes_]:
        """The ids, as `id_array` makes them."""
        return id_array(self.texts("id"))

    def texts(self, name: str) -> Iterator[Any]:
        """The values of one column, one after another."""
        for chunk in self._table[name].chunks:
            for start in range(0, len(chunk), _ROWS_A_BATCH):
                yield from chunk.slice(start, _ROWS_A_BATCH).to_pylist()


def _slim(table: pa.Table) -> pa.Table:
    for name in _FEW_VALUES:
        place = table.schema.get_field_index(name)
        column = table[name].dictionary_encode()
        table = table.set_column(place, pa.field(name, column.type, table.schema.field(name).nullable), column)
    return table
