"""Tables in Markdown."""

from collections.abc import Iterable, Sequence


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    r"""The lines of a table; bars and line ends inside cells are escaped.

    >>> table(["a", "b"], [["1|2", ""]])
    ['| a | b |', '|---|---|', '| 1\\\\|2 |  |']
    """
    lines = [header, *rows]
    written = [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines]
    return [written[0], "|" + "---|" * len(header), *written[1:]]


def code(text: str) -> str:
    """Text as code, nothing where there is none."""
    return f"`{text}`" if text else ""
