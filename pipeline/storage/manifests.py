"""Records to and from Parquet: atomically, with the schema checked both ways."""

import types
import typing
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, is_dataclass
from operator import attrgetter
from pathlib import Path
from typing import Any, Generic, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.core.errors import ManifestError
from pipeline.core.paths import says_absent, stage_that_makes
from pipeline.storage.row_checks import check_group, check_rows
from pipeline.storage.whole_files import atomic_path

Record = TypeVar("Record")
Narrow = TypeVar("Narrow")

_ROWS_A_GROUP = 8192
"""A group of the longest rows, masked images with their outlines and landmarks, takes some 100 MB while it is made."""
_ROWS_A_BATCH = 1024

_SCALARS: dict[type, pa.DataType] = {
    str: pa.string(),
    int: pa.int64(),
    float: pa.float64(),
    bool: pa.bool_(),
    bytes: pa.binary(),
}


def schema_of(record: type[Any]) -> pa.Schema:
    """The Parquet schema of a frozen record class; optional fields are nullable, tuples are lists."""
    hints = typing.get_type_hints(record)
    return pa.schema([_field(f.name, hints[f.name]) for f in fields(record)])


def _field(name: str, hint: Any) -> pa.Field:
    options = [h for h in typing.get_args(hint) if h is not types.NoneType]
    nullable = typing.get_origin(hint) in {types.UnionType, typing.Union}
    return pa.field(name, _arrow_type(options[0] if nullable else hint), nullable=nullable)


def _arrow_type(hint: Any) -> pa.DataType:
    if typing.get_origin(hint) is typing.Literal:
        return pa.string()
    if typing.get_origin(hint) is tuple:
        return pa.list_(_field("item", typing.get_args(hint)[0]))
    if is_dataclass(hint) and isinstance(hint, type):
        return pa.struct(list(schema_of(hint)))
    return _SCALARS[hint]


class ManifestWriter:
    """Writes records to a Parquet file a group of rows at a time, so that no more than a group is held.

    The groups are of one size however the records come, so the bytes depend on the records alone.
    """

    def __init__(self, path: Path, part: Path, record: type[Any]) -> None:
        self._path, self._schema = path, schema_of(record)
        self._file = pq.ParquetWriter(part, self._schema, compression="zstd")
        self._values = attrgetter(*self._schema.names)  # a tuple, as every record has several fields
        self._nested = [name in _nested_fields(record) for name in self._schema.names]
        self._pending: list[tuple[Any, ...]] = []
        self.rows = 0

    def add(self, records: Iterable[Any]) -> None:
        """Append records.

        Raises:
            ManifestError: a record does not fit the schema, or the file cannot be written.
        """
        for record in records:
            self._pending.append(self._values(record))
            self.rows += 1
            if len(self._pending) == _ROWS_A_GROUP:
                self._flush()

    def _flush(self) -> None:
        columns = zip(*self._pending, strict=True) if self._pending else ((),) * len(self._schema)
        plain = (_plain(column) if nested else column for column, nested in zip(columns, self._nested, strict=True))
        self._pending = []
        try:
            arrays = [pa.array(column, field.type) for column, field in zip(plain, self._schema, strict=True)]
            self._file.write_table(pa.Table.from_arrays(arrays, schema=self._schema))
        except (pa.ArrowException, OSError) as error:
            raise ManifestError(f"{self._path}: cannot be written: {error}") from error

    def close(self) -> None:
        """Write what is left, and the file's footer."""
        if self._pending or not self.rows:
            self._flush()
        self._file.close()


def _nested_fields(record: type[Any]) -> set[str]:
    """Fields of other records, or of tuples of them; the rest, long tuples of numbers above all, are values already."""
    hints = typing.get_type_hints(record)
    inner = {name: typing.get_args(hint) or (hint,) for name, hint in hints.items()}
    return {name for name, options in inner.items() if any(is_dataclass(option) for option in options)}


def _plain(column: Iterable[Any]) -> list[Any]:
    return [
        [asdict(item) for item in value] if isinstance(value, tuple) else value and asdict(value) for value in column
    ]


@contextmanager
def manifest_writer(path: Path, record: type[Any]) -> Iterator[ManifestWriter]:
    """A manifest that appears under its name when the block ends well.

    Raises:
        ManifestError: it cannot be written.
    """
    with atomic_path(path) as part:
        try:
            writer = ManifestWriter(path, part, record)
        except OSError as error:
            raise ManifestError(f"{path}: cannot be written: {error}") from error
        try:
            yield writer
        finally:
            writer.close()


def write_manifest(path: Path, records: Iterable[Any], record: type[Any]) -> int:
    """Write the records as one Parquet file and return how many there were.

    Raises:
        ManifestError: a record does not fit the schema, or the file cannot be written.
    """
    with manifest_writer(path, record) as writer:
        writer.add(records)
    return writer.rows


def read_manifest(path: Path, record: type[Record]) -> list[Record]:
    """All records of a manifest, in its order.

    Raises:
        ManifestError: the file is missing or damaged, or its columns are not those of `record`.
    """
    return list(iterate_manifest(path, record))


def iterate_manifest(path: Path, record: type[Record], full: type[Any] | None = None) -> Iterator[Record]:
    """As `read_manifest`, but one record at a time, so that memory doesn't grow with their number.

    With `full` the manifest holds records of that class, and `record` names those of its fields that are read.

    Raises:
        ManifestError: as `read_manifest`.
    """
    try:
        with pq.ParquetFile(path) as file:
            _check_schema(path, file.schema_arrow, schema_of(full or record))
            for batch in _batches(path, file, _ROWS_A_BATCH, record, schema_of(record).names):
                yield from records_of(batch, record)
    except FileNotFoundError as error:
        raise ManifestError(says_absent(path)) from error
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        raise ManifestError(f"{path}: cannot be read as a manifest of {record.__name__} rows: {error}") from error


def _batches(
    path: Path, file: pq.ParquetFile, rows: int, record: type[Any], names: Sequence[str]
) -> Iterator[pa.RecordBatch]:
    """The file's rows in batches; each group is read for itself, since a reader of several holds what it has read.

    What comes out is checked: a file may be a stranger's.
    """
    first = 0
    for group in range(file.num_row_groups):
        check_group(path, file.metadata.row_group(group))
        for batch in file.iter_batches(rows, row_groups=[group], columns=list(names)):
            check_rows(path, batch, record, first)
            first += batch.num_rows
            yield batch


def records_of(rows: pa.Table | pa.RecordBatch, record: type[Record]) -> Iterator[Record]:
    """The records that rows with the columns of `record` stand for."""
    nested = _nested(record)
    for row in rows.to_pylist():
        yield record(**_thaw(row, nested))


def iterate_columns(path: Path, record: type[Any], names: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Some columns of a manifest of `record` rows, a batch of rows at a time and without an object a row.

    Raises:
        ManifestError: as `read_manifest`.
    """
    try:
        with pq.ParquetFile(path) as file:
            _check_schema(path, file.schema_arrow, schema_of(record))
            yield from _batches(path, file, _ROWS_A_GROUP, record, names)
    except FileNotFoundError as error:
        raise ManifestError(says_absent(path)) from error
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        raise ManifestError(f"{path}: cannot be read as a manifest of {record.__name__} rows: {error}") from error


@dataclass(frozen=True, slots=True)
class Manifest(Generic[Record]):
    """A manifest on disk, read again for each pass over it."""

    path: Path
    record: type[Record]

    def columns(self, *names: str) -> Iterator[pa.RecordBatch]:
        """As `iterate_columns`."""
        return iterate_columns(self.path, self.record, names)

    def rows(self, narrow: type[Narrow]) -> Iterator[Narrow]:
        """As `iterate_manifest`, of the fields that `narrow` has."""
        return iterate_manifest(self.path, narrow, self.record)


def count_records(path: Path) -> int:
    """How many records a manifest holds, by its footer.

    Raises:
        ManifestError: the file is missing or damaged.
    """
    try:
        return int(pq.read_metadata(path).num_rows)
    except FileNotFoundError as error:
        raise ManifestError(says_absent(path)) from error
    except (pa.ArrowException, OSError) as error:
        raise ManifestError(f"{path}: cannot be read as a manifest: {error}") from error


def require_rows(path: Path, count: int, what: str) -> None:
    """Stop where a manifest holds nothing to work on.

    Raises:
        ManifestError: `count` is 0; the message names the stage that wrote the manifest.
    """
    if not count:
        stage = stage_that_makes(path)
        raise ManifestError(f"{path} holds no {what}" + (f": look at what `maskwright {stage}` said" if stage else ""))


def _check_schema(path: Path, found: pa.Schema, expected: pa.Schema) -> None:
    if found.equals(expected):
        return
    missing = sorted(set(expected.names) - set(found.names))
    extra = sorted(set(found.names) - set(expected.names))
    retyped = [n for n in expected.names if n in found.names and found.field(n) != expected.field(n)]
    raise ManifestError(f"{path}: another schema than expected: missing {missing}, unknown {extra}, retyped {retyped}")


def _nested(record: type[Any]) -> dict[str, Any]:
    hints = typing.get_type_hints(record)
    tuples = {name: typing.get_args(h)[0] for name, h in hints.items() if typing.get_origin(h) is tuple}
    return {name: item if is_dataclass(item) else None for name, item in tuples.items()}


def _thaw(row: dict[str, Any], nested: dict[str, Any]) -> dict[str, Any]:
    for name, item in nested.items():
        row[name] = tuple(row[name] if item is None else (item(**value) for value in row[name]))
    return row


def read_manifests(paths: Sequence[Path], record: type[Record]) -> list[Record]:
    """The records of several manifests, one after the other."""
    return [row for path in paths for row in read_manifest(path, record)]
