"""Markdown and front matter that strangers' words can't break out of: licences, sources, authors, names of models."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

_LONGEST_TEXT = 500
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
_INVISIBLE = re.compile("[\0-\x20\x7f-\xa0\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff]+")
"""Blanks, line ends, control characters, and those that turn the direction of what follows."""
_ACTIVE = re.compile(r"[`*\[\]~|]|(?<![^\W_])_|_(?![^\W_])")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\\": "&#92;"}


def plain(text: str) -> str:
    r"""The text as a piece of Markdown that shows it: one line, no markup, no cell's end.

    >>> plain('CC0-1.0"> | a_b `x`')
    'CC0-1.0&quot;&gt; \\| a_b \\`x\\`'
    """
    shown = "".join(_ENTITIES.get(letter, letter) for letter in one_line(text))
    return _ACTIVE.sub(r"\\\g<0>", shown)


def one_line(text: str) -> str:
    """The text in one line of at most 500 characters."""
    line = _INVISIBLE.sub(" ", text[: 4 * _LONGEST_TEXT]).strip()
    return line if len(line) <= _LONGEST_TEXT else line[:_LONGEST_TEXT] + "…"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """The lines of a table; every cell is shown as it is."""
    lines = [list(map(plain, head)), ["---"] * len(head), *(list(map(plain, row)) for row in rows)]
    return ["| " + " | ".join(cells) + " |" for cells in lines]


class _Dumper(yaml.SafeDumper):
    """Puts every text with a bracket of markup into double quotes, where it can be escaped."""


def _as_scalar(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"' if re.search("[<>]", text) else None)


_Dumper.add_representer(str, _as_scalar)


def front_matter(facts: Mapping[str, Any]) -> str:
    """The facts as YAML between two lines of dashes.

    `<` and `>` are escaped by number: who doesn't know front matter takes it for Markdown, where they would be markup.
    """
    matter: str = yaml.dump(dict(facts), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10_000)
    escaped = matter.replace("<", r"\x3C").replace(">", r"\x3E")
    return f"---\n{escaped}---\n"


def size_category(count: int) -> str:
    """The size of a dataset as Hugging Face names it.

    >>> size_category(999), size_category(1000)
    ('n<1K', '1K<n<10K')
    """
    return next((name for limit, name in _SIZES if count < limit), "n>1M")
