"""The values of a manifest's rows, checked before anything is computed with them: a file may be anyone's."""

import types
import typing
from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.core.errors import ManifestError

_MOST_VALUES = 1 << 26
"""In a column of one group of rows: 512 MB of numbers. A file of some kilobytes can claim a billion."""
_LARGEST = 1e12
"""No pixel, angle or distance is beyond it."""

_Fault = tuple[int, str]
"""The row, from 0, and what is wrong there."""


def check_group(path: Path, group: pq.RowGroupMetaData) -> None:
    """Stop where a group of rows would unpack to more than is held.

    Raises:
        ManifestError: a column holds too many values; the message names it.
    """
    for number in range(group.num_columns):
        column = group.column(number)
        if column.num_values > _MOST_VALUES:
            name = column.path_in_schema.partition(".")[0]
            raise ManifestError(f"{path}: {name}: {column.num_values} values in one group, at most {_MOST_VALUES}")


def check_rows(path: Path, rows: pa.RecordBatch, record: type[Any], first: int) -> None:
    """Stop where a value can't be one of a `record`; `first` is the number of the first row in the file.

    Raises:
        ManifestError: a number is not finite or beyond any picture, a word is none of those that its column has, a text
            holds NUL, or a path leads up; the message names file, row, from 0, and column.
    """
    hints = typing.get_type_hints(record)
    for name in rows.schema.names:
        if (fault := _fault(name, rows.column(name), _inner(hints[name]))) is not None:
            raise ManifestError(f"{path}: row {first + fault[0]}, {name}: {fault[1]}")


def _inner(hint: Any) -> Any:
    """The type beside None."""
    if typing.get_origin(hint) in {types.UnionType, typing.Union}:
        return next(option for option in typing.get_args(hint) if option is not types.NoneType)
    return hint


def _fault(name: str, column: pa.Array, hint: Any) -> _Fault | None:
    """The first value that can't be, if there is one."""
    if typing.get_origin(hint) is tuple:
        found = _fault(name, pc.list_flatten(column), _inner(typing.get_args(hint)[0]))
        return None if found is None else (pc.list_parent_indices(column)[found[0]].as_py(), found[1])
    if is_dataclass(hint):
        hints = typing.get_type_hints(hint)
        parts = (_fault(f.name, pc.struct_field(column, f.name), _inner(hints[f.name])) for f in fields(hint))
        return next((part for part in parts if part is not None), None)
    return _first(column, _wrong(name, column, hint))


def _wrong(name: str, column: pa.Array, hint: Any) -> Iterable[tuple[pa.Array, str]]:
    """For each thing that can be wrong, in which rows it is, and how that is told."""
    if typing.get_origin(hint) is typing.Literal:
        words = typing.get_args(hint)
        yield pc.invert(pc.is_in(column, pa.array(words, pa.string()))), f"is none of {', '.join(words)}"
    elif hint is float:
        yield pc.invert(pc.is_finite(column)), "is no finite number"
        yield pc.greater(pc.abs(column), _LARGEST), "is beyond any picture"
    elif hint is str:
        yield pc.match_substring(column, "\0"), "holds NUL"
        if name == "path" or name.endswith("_path"):
            yield pc.match_substring_regex(column, r"(^|/)\.\.(/|$)"), "leads up with .."


def _first(column: pa.Array, wrong: Iterable[tuple[pa.Array, str]]) -> _Fault | None:
    for bad, told in wrong:
        place = pc.index(bad, pa.scalar(value=True)).as_py()
        if place >= 0 and column[place].is_valid:
            return place, f"{str(column[place].as_py())[:60]!r} {told}"
    return None
