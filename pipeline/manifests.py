"""Records to and from Parquet: atomically, with the schema checked both ways."""

import types
import typing
from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import ManifestError
from pipeline.files import atomic_path

Record = TypeVar("Record")

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


def write_manifest(path: Path, records: Iterable[Any], record: type[Any]) -> int:
    """Write the records as one Parquet file and return how many there were.

    Raises:
        ManifestError: a record does not fit the schema, or the file cannot be written.
    """
    try:
        table = pa.Table.from_pylist([asdict(r) for r in records], schema=schema_of(record))
        with atomic_path(path) as part:
            pq.write_table(table, part, compression="zstd")
    except (pa.ArrowException, OSError) as error:
        raise ManifestError(f"{path}: cannot be written: {error}") from error
    return int(table.num_rows)


def read_manifest(path: Path, record: type[Record]) -> list[Record]:
    """All records of a manifest, in its order.

    Raises:
        ManifestError: the file is missing or damaged, or its columns are not those of `record`.
    """
    try:
        table = pq.read_table(path)
    except (pa.ArrowException, OSError) as error:
        raise ManifestError(f"{path}: cannot be read as a manifest of {record.__name__} rows: {error}") from error
    _check_schema(path, table.schema, schema_of(record))
    nested = _nested(record)
    return [record(**_thaw(row, nested)) for row in table.to_pylist()]


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
