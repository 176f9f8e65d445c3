"""The columns of `metadata.jsonl` as the library `datasets` names types, told from the rows themselves.

Left to itself it takes them from the first 10 MB of the table, and fails where a part of a mask first occurs later.
"""

from dataclasses import dataclass, field
from itertools import chain
from typing import Any

_WIDER = {("int64", "float64"): "float64", ("float64", "int64"): "float64"}


@dataclass(slots=True)
class Kind:
    """What the values of one column or key are: a scalar type, a list of one kind, or a struct; `null` until known."""

    scalar: str = "null"
    items: "Kind | None" = None
    fields: dict[str, "Kind"] = field(default_factory=dict)

    def take(self, value: Any) -> None:
        """Widen the kind so that it holds a JSON value too.

        Raises:
            ValueError: a value of another kind stood there before.
        """
        if isinstance(value, dict):
            self._only(not self.items and self.scalar == "null", value)
            for name, part in value.items():
                kind = self.fields.get(name)
                if kind is None:
                    kind = self.fields[name] = Kind()
                elif kind.scalar == _NAMES.get(type(part)):  # as in most rows: nothing new
                    continue
                kind.take(part)
        elif isinstance(value, list):
            self._only(not self.fields and self.scalar == "null", value)
            self.items = self.items or Kind()
            for part in _telling(value):
                self.items.take(part)
        elif value is not None:
            self._only(not self.fields and not self.items, value)
            self._take_scalar(_NAMES[type(value)], value)

    def _take_scalar(self, name: str, value: Any) -> None:
        if self.scalar in {"null", name}:
            self.scalar = name
            return
        wider = _WIDER.get((self.scalar, name))
        self._only(wider is not None, value)
        self.scalar = wider or name

    def _only(self, fits: bool, value: Any) -> None:
        if not fits:
            raise ValueError(f"values of several kinds, {type(value).__name__} among them")

    def named(self) -> dict[str, Any]:
        """The kind as front matter has it, without the column's name."""
        if self.fields:
            return {"struct": [{"name": name} | kind.named() for name, kind in self.fields.items()]}
        if self.items is None:
            return {"dtype": self.scalar}
        inner = self.items.named()
        return {"list": inner.get("dtype") or inner.get("struct") or inner}


_NAMES = {bool: "bool", int: "int64", float: "float64", str: "string"}
_SCALARS = frozenset({*_NAMES, type(None)})
_PICTURES = "_file_name"


def _telling(values: list[Any]) -> list[Any]:
    """Of many values as few as show every kind among them: outlines have hundreds of points."""
    if set(map(type, values)) == {list}:
        return [_one_of_each(list(chain.from_iterable(values)))]  # one list holds what all of them do
    return _one_of_each(values)


def _one_of_each(values: list[Any]) -> list[Any]:
    """A value of each type, where all are scalars."""
    by_type = dict(zip(map(type, values), values, strict=True))
    return list(by_type.values()) if by_type.keys() <= _SCALARS else values


def features_of(table: Kind) -> list[dict[str, Any]]:
    """One entry a column of the rows that `table` has taken, in the order of their first occurrence.

    Names of picture files are the pictures themselves.
    """
    return [_column(name, kind) for name, kind in table.fields.items()]


def _column(name: str, kind: Kind) -> dict[str, Any]:
    if name == "file_name":
        return {"name": "image", "dtype": "image"}
    if name.endswith(_PICTURES) and kind.scalar == "string":
        return {"name": name.removesuffix(_PICTURES), "dtype": "image"}
    return {"name": name} | kind.named()
