"""The one reader of YAML: a document that is sound, or one sentence that says where it isn't.

Whoever wrote the file, it costs less than a second and some megabytes. The parser's events are counted before anything
is built of them, so nothing is unfolded that a few bytes of aliases or brackets ask for.
"""

import re
from pathlib import Path
from typing import Any

import yaml
from yaml.reader import Reader

from pipeline.core.errors import ConfigError, MaskwrightError

MAX_BYTES = 2**20
MAX_NODES = 50_000
"""Values in a document, those behind an alias counted each time."""
MAX_DEPTH = 40
_MAX_NUMBER_CHARACTERS = 100
_MAX_KEY_DIGITS = 18
"""Python's dictionaries take minutes over larger numbers that are chosen to collide."""
_UNREADABLE = re.compile("[\0\ud800-\udfff]")
"""What an escape can put into a text, and no path or message can hold."""
_PLAIN_TAGS = frozenset(f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "map", "seq"))
_NUMBERS = frozenset({"tag:yaml.org,2002:int", "tag:yaml.org,2002:float"})
_BOOL = "tag:yaml.org,2002:bool"
"""`yes`, `no`, `on` and `off` are words, as in YAML 1.2: DVC reads and writes that, and drops their quotes."""
_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast where PyYAML has libyaml


def read_yaml(
    path: Path,
    error: type[MaskwrightError] = ConfigError,
    *,
    max_bytes: int = MAX_BYTES,
    max_nodes: int = MAX_NODES,
) -> Any:
    """The document in a file; None where it is empty.

    Args:
        path: The file.
        error: What is raised where it can't be read.
        max_bytes: More is refused unread.
        max_nodes: More is refused unbuilt.

    Raises:
        MaskwrightError: `error`, with the file, the line and column, and what was found.
    """
    try:
        with path.open("rb") as file:
            data = file.read(max_bytes + 1)
    except (OSError, ValueError) as problem:
        raise error(f"{path}: cannot be read: {getattr(problem, 'strerror', None) or problem}") from problem
    if len(data) > max_bytes:
        raise error(f"{path}: cannot be read: over {max_bytes} bytes")
    return parse_yaml(data, str(path), error, max_nodes=max_nodes)


def parse_yaml(
    data: bytes, origin: str, error: type[MaskwrightError] = ConfigError, *, max_nodes: int = MAX_NODES
) -> Any:
    """The document in some bytes, as `read_yaml`; `origin` names them in messages.

    >>> parse_yaml(b"a: [1, 2]", "a.yaml")
    {'a': [1, 2]}

    Raises:
        MaskwrightError: as `read_yaml`.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = data.count(b"\n", 0, problem.start) + 1
        raise error(f"{origin}:{line}: cannot be read: it is not UTF-8") from problem
    try:
        if odd := Reader.NON_PRINTABLE.search(text):
            raise _refused(f"the character U+{ord(odd[0]):04X}", _place(text, odd.start()))
        _check_events(text, max_nodes)
        return yaml.load(text, _Loader)  # noqa: S506 - it is a safe one
    except yaml.YAMLError as problem:
        raise error(f"{origin}{_told(problem)}") from problem
    except ValueError as problem:  # of the Python scanner, on an escape that is no character
        raise error(f"{origin}: cannot be read: {problem}") from problem


def yaml_nodes(text: str) -> yaml.Node | None:
    """The nodes of a document that `parse_yaml` takes, with their places in `text`; None where it is empty."""
    node: yaml.Node | None = yaml.compose(text, yaml.SafeLoader)
    return node


def _place(text: str, position: int) -> yaml.Mark:
    line = text.count("\n", 0, position)
    return yaml.Mark("", position, line, position - text.rfind("\n", 0, position) - 1, None, 0)


def _refused(what: str, mark: Any) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=what, problem_mark=mark)


def _told(problem: yaml.YAMLError) -> str:
    mark = getattr(problem, "problem_mark", None) or getattr(problem, "context_mark", None)
    where = f":{mark.line + 1}:{mark.column + 1}" if mark is not None else ""
    parts = [getattr(problem, name, None) for name in ("context", "problem", "reason")]
    what = ", ".join(str(part) for part in parts if part) or type(problem).__name__
    return f"{where}: cannot be read: {' '.join(what.split())[:200]}"


def _check_events(text: str, max_nodes: int) -> None:
    """Refuse what would be costly or endless to build, and texts that nothing can use.

    Raises:
        yaml.YAMLError: names the place.
    """
    count = _Count(max_nodes)
    for event in yaml.parse(text, _Base):
        if isinstance(event, yaml.NodeEvent):
            _check_node(event)
        count.add(event)


def _check_node(event: Any) -> None:
    tag = getattr(event, "tag", None)
    if tag not in {None, "!"} and tag not in _PLAIN_TAGS:
        raise _refused(f"the tag {tag[:60]!r}: only plain values are read", event.start_mark)
    if isinstance(event, yaml.ScalarEvent) and (odd := _UNREADABLE.search(event.value)):
        raise _refused(f"the character U+{ord(odd[0]):04X} in a text", event.start_mark)


class _Count:
    """Counts nodes as they would be unfolded."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._sizes: dict[str, int] = {}
        self._open: list[tuple[str | None, int]] = []
        self._nodes = 0

    def add(self, event: Any) -> None:
        """Take the next event.

        Raises:
            yaml.YAMLError: too many nodes, too deep, or a node that holds itself.
        """
        if isinstance(event, yaml.AliasEvent):
            self._add_alias(event)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._open.append((event.anchor, self._nodes))
            self._nodes += 1
            self._sizes.pop(event.anchor or "", None)
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, before = self._open.pop()
            self._note(anchor, self._nodes - before)
        elif isinstance(event, yaml.ScalarEvent):
            self._nodes += 1
            self._note(event.anchor, 1)
        if len(self._open) > MAX_DEPTH:
            raise _refused(f"over {MAX_DEPTH} levels in each other", event.start_mark)
        if self._nodes > self._most:
            raise _refused(f"over {self._most} values, those behind aliases counted each time", event.start_mark)

    def _add_alias(self, event: Any) -> None:
        if any(anchor == event.anchor for anchor, _ in self._open) and event.anchor not in self._sizes:
            raise _refused("a value that holds itself by an alias", event.start_mark)
        self._nodes += self._sizes.get(event.anchor, 1)  # one that isn't known is told when it is built

    def _note(self, anchor: str | None, size: int) -> None:
        if anchor is not None:
            self._sizes[anchor] = size


class _Loader(_Base):  # type: ignore[misc]
    """Builds plain values; says where one can't be built, and where a key stands twice."""

    def construct_object(self, node: Any, deep: bool = False) -> Any:
        if node.tag == _BOOL and node.value.lower() not in {"true", "false"}:
            return node.value
        if node.tag in _NUMBERS and len(node.value) > _MAX_NUMBER_CHARACTERS:
            raise _refused(f"a number of {len(node.value)} characters", node.start_mark)
        try:
            return super().construct_object(node, deep)
        except (ValueError, ArithmeticError, LookupError, AttributeError, TypeError) as problem:
            kind = node.tag.rpartition(":")[2]
            why = f": {problem}" if isinstance(problem, ValueError) else ""
            raise _refused(f"{str(node.value)[:60]!r} is no {kind}{why}", node.start_mark) from problem

    def construct_document(self, node: Any) -> Any:
        _check_keys(node)
        return super().construct_document(node)


def _check_keys(root: Any) -> None:
    """Refuse keys that stand twice in one mapping; those that `<<` brings may be overridden.

    Raises:
        yaml.YAMLError: names the place.
    """
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if id(node) in seen or isinstance(node, yaml.ScalarNode):
            continue
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            _check_own_keys(node)
        waiting.extend(part for pair in node.value for part in (pair if isinstance(pair, tuple) else (pair,)))


def _check_own_keys(node: yaml.MappingNode) -> None:
    seen: set[tuple[str, str]] = set()
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise _refused("a key that is no single value", key.start_mark)
        if key.tag in _NUMBERS and len(key.value) > _MAX_KEY_DIGITS:
            raise _refused(f"a key that is a number of {len(key.value)} characters", key.start_mark)
        if (key.tag, key.value) in seen:
            raise _refused(f"the key {key.value[:60]!r} stands twice in one mapping", key.start_mark)
        seen.add((key.tag, key.value))
