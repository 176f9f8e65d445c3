"""Every dial of params.yaml: its default, what it may be, its unit and effect."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from generators.docs.reference.tables import code, table
from pipeline.core.params import Params

_LINE = re.compile(r"^(?P<indent> *)(?P<key>[a-z_]+):(?: (?P<value>[^#]*?))?(?: *# (?P<comment>.*))?$")
_MORE = re.compile(r"^ +# (?P<comment>.*)$")


@dataclass(frozen=True, slots=True)
class Dial:
    """A key of params.yaml.

    Attributes:
        path: The keys that lead to it, with dots between.
        value: What the file has; empty for a section.
        comment: What the file says of it.
    """

    path: str
    value: str
    comment: str


def dials_of(text: str) -> list[Dial]:
    """The keys of a parameters file in their order, with the comments beside and below them.

    >>> dials_of("a:  # part" + chr(10) + "  b: 2  # px" + chr(10) + "      # or more")[1]
    Dial(path='a.b', value='2', comment='px or more')
    """
    found: list[Dial] = []
    keys: list[tuple[int, str]] = []
    for line in text.splitlines():
        if match := _LINE.match(line):
            indent = len(match["indent"])
            keys = [*((at, key) for at, key in keys if at < indent), (indent, match["key"])]
            path = ".".join(key for _, key in keys)
            found.append(Dial(path, (match["value"] or "").strip(), match["comment"] or ""))
        elif found and (more := _MORE.match(line)):
            last = found[-1]
            found[-1] = Dial(last.path, last.value, f"{last.comment} {more['comment']}".strip())
    return found


def page(params_yaml: Path) -> str:
    """The page: a table a section."""
    dials = dials_of(params_yaml.read_text(encoding="utf-8"))
    warning = "Unknown keys and impossible values stop the run, with file, key and value."
    lines = ["# Every dial of params.yaml", "", warning]
    sections = [dial for dial in dials if "." not in dial.path]
    lone = [dial for dial in sections if not any(one.path.startswith(dial.path + ".") for one in dials)]
    lines += ["", *_table(lone)]
    for section in (dial for dial in sections if dial not in lone):
        within = [dial for dial in dials if dial.path.startswith(section.path + ".")]
        lines += ["", f"## {section.path}", "", _sentence(section.comment), "", *_table(within)]
    return "\n".join(lines) + "\n"


def _table(dials: list[Dial]) -> list[str]:
    rows = ([code(dial.path), code(dial.value), allowed(dial.path), dial.comment] for dial in dials)
    return table(["dial", "default", "may be", "unit and effect"], rows)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")


def allowed(path: str) -> str:
    """What a dial may be, as its type says.

    >>> allowed("train.optimizer"), allowed("train.epochs"), allowed("train")
    ('`adamw`, `sgd`', 'integer, at least 1', '')
    """
    field = _field(path)
    if field is None or (isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)):
        return ""
    limits = [text for one in field.metadata for text in _limits(one)]
    return ", ".join([_type_name(field.annotation), *limits])


def _field(path: str) -> FieldInfo | None:
    model: type[BaseModel] = Params
    *within, last = path.split(".")
    for key in within:
        inner = model.model_fields[key].annotation
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            return None
        model = inner
    return model.model_fields.get(last)


def _type_name(annotation: object) -> str:
    names = {int: "integer", float: "number", bool: "`true`, `false`", str: "text", Path: "path", type(None): "`null`"}
    if annotation in names:
        return names[annotation]
    arguments = get_args(annotation)
    if get_origin(annotation) is None or not arguments:
        return str(getattr(annotation, "__name__", annotation)).lower()
    if all(isinstance(one, str) for one in arguments):
        return ", ".join(code(one) for one in arguments)
    if get_origin(annotation) is tuple:
        count = "" if arguments[-1] is Ellipsis else f" of {len(arguments)}"
        return f"list{count}: {_type_name(_bare(arguments[0]))}"
    if get_origin(annotation) is dict:
        return "mapping"
    return " or ".join(dict.fromkeys(_type_name(_bare(one)) for one in arguments))


def _bare(annotation: object) -> object:
    """Without what `Annotated` adds."""
    return annotation.__origin__ if hasattr(annotation, "__metadata__") else annotation  # type: ignore[attr-defined]


def _limits(metadata: object) -> Iterator[str]:
    words = {"ge": "at least", "gt": "over", "le": "at most", "lt": "under", "min_length": "items at least"}
    for name, word in words.items():
        if (limit := getattr(metadata, name, None)) is not None:
            yield f"{word} {limit:g}"
