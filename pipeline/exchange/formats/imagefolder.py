"""Hugging Face `imagefolder`: a folder a side with its images and a `metadata.parquet`.

https://huggingface.co/docs/datasets/image_dataset#object-detection. Parquet says the type of each column: from JSON it
is guessed, and a side without any object is then of another type than the others, which `datasets` refuses.
"""

from collections import defaultdict
from pathlib import Path
from typing import Any

from pipeline.exchange.classes import ClassList
from pipeline.exchange.formats.base import Entry, FormatWriter
from pipeline.exchange.formats.rows import row_of

_ROWS_A_GROUP = 1000


class ImageFolderWriter(FormatWriter):
    """`<side>/metadata.parquet`, `file_name` first and relative to it; boxes are left, top, width, height in pixels."""

    def __init__(self, folder: Path, classes: ClassList, *, outlines: bool = False) -> None:
        """As every format.

        Raises:
            ModuleNotFoundError: the extra `pipeline`, which writes Parquet, isn't installed.
        """
        super().__init__(folder, classes, outlines=outlines)
        self._schema = _schema()
        self._waiting: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        self._tables: dict[str, Any] = {}

    def file_name(self, entry: Entry, suffix: str) -> str:
        """A folder a side, by whose name `datasets` tells the sides."""
        return f"{entry.side}/{entry.stem}{suffix}"

    def write(self, entry: Entry, name: str) -> None:
        """Its row."""
        rows = self._waiting[entry.side]
        rows.append({"file_name": name.rpartition("/")[2], **row_of(entry)})
        if len(rows) == _ROWS_A_GROUP:
            self._flush(entry.side)

    def _flush(self, side: str) -> None:
        import pyarrow as pa  # noqa: PLC0415 - an extra brings it
        import pyarrow.parquet as pq  # noqa: PLC0415

        if side not in self._tables:
            path = self.place(f"{side}/metadata.parquet")
            self._tables[side] = self._files.enter_context(pq.ParquetWriter(path, self._schema, compression="zstd"))
        self._tables[side].write_table(pa.Table.from_pylist(self._waiting.pop(side), schema=self._schema))

    def close(self) -> None:
        """Write what waits, and close all files."""
        for side in list(self._waiting):
            self._flush(side)
        super().close()


def _schema() -> Any:
    """The columns of `row_of`."""
    import pyarrow as pa  # noqa: PLC0415 - an extra brings it

    numbers, words, flags = pa.list_(pa.float64()), pa.list_(pa.string()), pa.list_(pa.bool_())
    objects = {"bbox": pa.list_(numbers)}
    objects |= dict.fromkeys(("category", "mask_type", "wear", "valve", "template"), words)
    objects |= {"mask_polygon": pa.list_(pa.list_(numbers)), "truncated": flags, "difficult": flags}
    texts = ("source", "licence", "author", "url", "citation", "group", "parent_sha256")
    columns = {"file_name": pa.string(), "id": pa.string(), "width": pa.int64(), "height": pa.int64()}
    columns |= {"objects": pa.struct(list(objects.items())), **dict.fromkeys(texts, pa.string())}
    return pa.schema([*columns.items(), ("synthetic", pa.bool_()), ("complete", pa.bool_())])
