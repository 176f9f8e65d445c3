"""The lines of a table in JSON Lines, those of one photo behind each other."""

import re
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from pipeline.core.errors import ManifestError

_BOM = b"\xef\xbb\xbf"
_PARENT = re.compile(rb'"parent"\s*:\s*("(?:[^"\\]|\\.)*")')

Line = tuple[int, bytes]
"""A line that isn't blank, and its number from 0, as `replay` counts them."""


def lines_of(path: Path) -> Iterator[Line]:
    """The lines in their order.

    Raises:
        ManifestError: the file can't be read.
    """
    try:
        with path.open("rb") as file:
            yield from _stripped(enumerate(file))
    except OSError as error:
        raise ManifestError(f"{path}: cannot be read: {error.strerror}") from error


def lines_by_photo(path: Path) -> Iterator[Line]:
    """The lines with those of one photo behind each other, at the place of its first; others keep their place.

    A table that is in that order, as it is written, is read as it stands; of another the places of all lines are held.

    Raises:
        ManifestError: the file can't be read.
    """
    try:
        with path.open("rb") as file:
            order, starts = _order(file)
            file.seek(0)
            yield from _stripped(enumerate(file) if order is None else _picked(file, order, starts))
    except OSError as error:
        raise ManifestError(f"{path}: cannot be read: {error.strerror}") from error


def _order(file: BinaryIO) -> tuple[list[int] | None, "array[int]"]:
    """In which order the lines are to be read, None for their own; and where each starts."""
    ranks: dict[bytes, int] = {}
    of_line, starts, start = array("q"), array("q"), 0
    for number, line in enumerate(file):
        named = _PARENT.search(line, max(line.rfind(b'"parent"'), 0))  # behind outlines of a hundred points
        of_line.append(ranks.setdefault(named.group(1), number) if named else number)
        starts.append(start)
        start += len(line)
    order = sorted(range(len(of_line)), key=of_line.__getitem__)
    return (None if order == [*range(len(order))] else order), starts


def _picked(file: BinaryIO, order: list[int], starts: "array[int]") -> Iterator[Line]:
    for number in order:
        file.seek(starts[number])
        yield number, file.readline()


def _stripped(lines: Iterator[Line]) -> Iterator[Line]:
    for number, line in lines:
        text = (line.removeprefix(_BOM) if number == 0 else line).strip()
        if text:
            yield number, text
