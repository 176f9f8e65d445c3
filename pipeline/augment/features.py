"""The columns of `metadata.jsonl` as the library `datasets` names types, told from the rows themselves.

Left to itself it takes them from the first 10 MB of the table, and fails where a part of a mask first occurs later.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
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
                self.fields.setdefault(name, Kind()).take(part)
        elif isinstance(value, list):
            self._only(not self.fields and self.scalar == "null", value)
            self.items = self.items or Kind()
            for part in value if set(map(type, value)) != {float} else value[:1]:  # a hundred points a face
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
_PICTURES = "_file_name"


def features_of(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """One entry a column, in the order of their first occurrence; names of picture files are the pictures themselves.

    Raises:
        ValueError: values of several kinds stand in one place.
    """
    kinds: dict[str, Kind] = {}
    for row in rows:
        for name, value in row.items():
            kinds.setdefault(name, Kind()).take(value)
    return [_column(name, kind) for name, kind in kinds.items()]


def _column(name: str, kind: Kind) -> dict[str, Any]:
    if name == "file_name":
        return {"name": "image", "dtype": "image"}
    if name.endswith(_PICTURES) and kind.scalar == "string":
        return {"name": name.removesuffix(_PICTURES), "dtype": "image"}
    return {"name": name} | kind.named()
