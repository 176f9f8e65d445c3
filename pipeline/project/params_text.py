"""params.yaml with one more source. Text in, text out: comments, order and line ends stay."""

from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import yaml

from pipeline.core.errors import ConfigError
from pipeline.core.params import IngestParams
from pipeline.core.yaml_files import parse_yaml, yaml_nodes

_STEP = "  "


@dataclass(frozen=True, slots=True)
class _Edit:
    """A text that stands in the place of `text[start:end]`."""

    start: int
    end: int
    text: str


def with_source(text: str, name: str, block: Sequence[str], origin: str) -> str:
    """The parameters with the source `name` behind the others; `block` is its settings, a line a key.

    `origin` names the file in messages.

    Raises:
        ConfigError: it can't be read, or is written in a way that this doesn't know; the message has the lines to add.
    """
    expected = _document_with(parse_yaml(text.encode(), origin), name, block, origin)
    mark, plain = ("\ufeff", text[1:]) if text.startswith("\ufeff") else ("", text)
    windows = "\r\n" in plain
    made = _inserted(plain.replace("\r\n", "\n"), name, block)
    if made is None or parse_yaml(made.encode(), origin) != expected:
        lines = "\n".join(["ingest:", f"  sources: [..., {name}]", *_settings(name, block, 2)])
        raise ConfigError(f"{origin}: can't be added to without changing how it is written. Add yourself:\n{lines}")
    return mark + (made.replace("\n", "\r\n") if windows else made)


def _document_with(document: Any, name: str, block: Sequence[str], origin: str) -> Any:
    """What the new file must mean: the old one and the source."""
    known = deepcopy(document) if document is not None else {}
    ingest = known.setdefault("ingest", {})
    ingest["sources"] = [*ingest.get("sources", IngestParams().sources), name]
    settings = parse_yaml("\n".join(block).encode(), origin)
    ingest["settings"] = {**(ingest.get("settings") or {}), name: settings}
    return known


def _inserted(text: str, name: str, block: Sequence[str]) -> str | None:
    """The text with its insertions; None where there is no place for them."""
    root = yaml_nodes(text)
    ingest = _value(root, "ingest")
    if ingest is None and (root is None or isinstance(root, yaml.MappingNode)):
        sources = f"  sources: [{', '.join([*IngestParams().sources, name])}]"
        return "\n".join([*text.splitlines(), "ingest:", sources, "  settings:", *_settings(name, block, 2)[1:], ""])
    if not isinstance(ingest, yaml.MappingNode) or ingest.flow_style or not ingest.value:
        return None
    edits = [*_source_edits(text, ingest, name), *_setting_edits(text, ingest, name, block)]
    for edit in sorted(edits, key=lambda one: one.start, reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


def _value(node: yaml.Node | None, key: str) -> yaml.Node | None:
    pairs = node.value if isinstance(node, yaml.MappingNode) else ()
    return next((value for name, value in pairs if name.value == key), None)


def _source_edits(text: str, ingest: yaml.MappingNode, name: str) -> Iterator[_Edit]:
    sources = _value(ingest, "sources")
    if sources is None:
        yield _before(ingest, f"sources: [{', '.join([*IngestParams().sources, name])}]")
    elif isinstance(sources, yaml.SequenceNode) and sources.flow_style:
        place = sources.value[-1].end_mark.index if sources.value else sources.start_mark.index + 1
        added = f", {name}" if sources.value else name
        yield _Edit(place, place, added)
        yield _room_taken(text, sources.end_mark.index, len(added))
    elif isinstance(sources, yaml.SequenceNode):
        place = _line_end(text, _last(text, sources))
        yield _Edit(place, place, f"\n{' ' * sources.start_mark.column}- {name}")


def _room_taken(text: str, place: int, count: int) -> _Edit:
    """So many blanks less before the comment behind `place`, of which one stays: it keeps its column."""
    rest = text[place : _line_end(text, place)]
    blanks = len(rest) - len(rest.lstrip(" ")) if rest.lstrip(" ").startswith("#") else 0
    return _Edit(place, place + max(min(count, blanks - 1), 0), "")


def _setting_edits(text: str, ingest: yaml.MappingNode, name: str, block: Sequence[str]) -> Iterator[_Edit]:
    column = ingest.start_mark.column
    settings = _value(ingest, "settings")
    lines = _settings(name, block, column)
    if settings is None:
        yield _before(ingest, "\n".join([lines[0].lstrip(), *lines[1:]]))
    elif isinstance(settings, yaml.MappingNode) and settings.value and not settings.flow_style:
        inner = settings.start_mark.column
        place = _behind_comments(text, _line_end(text, _last(text, settings)), inner)
        yield _Edit(place, place, "\n" + "\n".join(_named(name, block, inner)))
    elif not settings.value or settings.tag == "tag:yaml.org,2002:null":
        yield from _first_setting(text, settings, lines[1:])


def _first_setting(text: str, empty: yaml.Node, lines: Sequence[str]) -> Iterator[_Edit]:
    """In the place of `{}` or nothing; a comment behind it stays in its column."""
    start, end = empty.start_mark.index, empty.end_mark.index
    place = _line_end(text, end)
    rest = text[end:place]
    yield _Edit(start, place, (" " * (end - start) + rest if rest.strip() else "") + "\n" + "\n".join(lines))


def _settings(name: str, block: Sequence[str], column: int) -> list[str]:
    return [f"{' ' * column}settings:", *_named(name, block, column + len(_STEP))]


def _named(name: str, block: Sequence[str], column: int) -> list[str]:
    indent = " " * column
    return [f"{indent}{name}:", *(f"{indent}{_STEP}{line}" for line in block)]


def _before(ingest: yaml.MappingNode, line: str) -> _Edit:
    """A line before the first key of the section."""
    start = ingest.start_mark
    return _Edit(start.index, start.index, f"{line}\n{' ' * start.column}")


def _last(text: str, node: yaml.Node) -> int:
    """Where the last sign of a node ends; PyYAML's own mark lies behind the comments that follow."""
    while isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        node = last[1] if isinstance(last, tuple) else last
    return len(text[: node.end_mark.index].rstrip())


def _line_end(text: str, place: int) -> int:
    end = text.find("\n", place)
    return len(text) if end < 0 else end


def _behind_comments(text: str, place: int, column: int) -> int:
    """Behind the comment lines that follow and are indented at least so far: they speak of what stands before."""
    while place < len(text):
        end = _line_end(text, place + 1)
        line = text[place + 1 : end]
        indented = len(line) - len(line.lstrip(" "))
        if not line.lstrip().startswith("#") or indented < column:
            break
        place = end
    return place
