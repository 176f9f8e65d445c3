"""Whether a document holds values of photos that it doesn't name: labels in order, by number, or one a file."""

import json
import re
from collections.abc import Sequence
from pathlib import PurePosixPath

from pipeline.sources.adapters.csv_columns import is_number

_LABELLED = re.compile(
    r"(labels?|ann(ot(ation)?)?s?|annotations|targets?|ground_?truths?|gts?|y)(?![a-z])", re.IGNORECASE
)
"""What files are called that hold labels: `labels_train.txt`, `y.json`, `annotations.csv.gz`."""
_IMAGE_NAME = re.compile(r"\.(jpe?g|png|webp|bmp|gif|tiff?|avif|heic)\b", re.IGNORECASE)
_COLUMN = re.compile(
    r"(.*[ _.-])?(labels?|class(es)?|class[ _]?(name|id)|categor(y|ies)|targets?|y|mask(ed|s)?|wear(s|ing)?|worn)"
    r"([ _.-].*)?",
    re.IGNORECASE,
)
"""What columns are called that label."""
_BETWEEN_CELLS = re.compile(r"[,;|\t]")
_WORD = re.compile(r"[\w.+-]{1,40}")
_CLASS = re.compile(r"(#.*|[\w .+()'/-]{1,40})")
"""A line of a list of classes."""
_SETTING = re.compile(r"[=:]")
_BETWEEN_NUMBERS = re.compile(r"[\s,;|]+")


def of_one_photo(text: str) -> bool:
    """Whether a document of a photo's own name holds nothing but a word, or numbers."""
    said = text.strip()
    return bool(_WORD.fullmatch(said)) or _are_numbers(said)


def of_many_photos(name: str, text: str, photos: int) -> bool:
    """Whether a document that names no image holds labels of some: by its own name, its header, or a value a photo."""
    if not text.strip() or _IMAGE_NAME.search(text):
        return False
    values = _values(text)
    if len(values) == photos > 1 and _may_label(values):
        return True
    if _LABELLED.match(PurePosixPath(name).name):
        return len(values) == photos or not _names_classes(values)
    return _has_label_column(text) and not _names_classes(values)


def _values(text: str) -> Sequence[str]:
    """The items of a JSON list, else the lines, or the words of one line."""
    try:
        listed = json.loads(text)
    except (ValueError, RecursionError):
        listed = None
    if isinstance(listed, list):
        return [json.dumps(one) for one in listed]
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines if len(lines) > 1 else [word for word in _BETWEEN_NUMBERS.split(text) if word]


def _may_label(values: Sequence[str]) -> bool:
    """Whether values are no names of photos: some come twice, or they are rows of numbers."""
    repeated = len(set(values)) < len(values) and all(_WORD.fullmatch(one.strip('"')) for one in values)
    rows = all(_are_numbers(one) and not one.isdecimal() for one in values)
    return repeated or rows


def _are_numbers(text: str) -> bool:
    return all(map(is_number, _BETWEEN_NUMBERS.split(text.strip())))


def _names_classes(values: Sequence[str]) -> bool:
    """Whether values are a list of what classes are called, which says nothing of a photo: each once, none a number."""
    return len(set(values)) == len(values) and all(_CLASS.fullmatch(one) and not is_number(one) for one in values)


def _has_label_column(text: str) -> bool:
    """Whether the first line of several names a column that labels, and others beside it or values below it."""
    first, _, rest = text.lstrip("\ufeff").partition("\n")
    cells = [cell.strip(" \t\r\"'") for cell in _BETWEEN_CELLS.split(first)]
    below = [line for line in rest.splitlines() if line.strip()]
    parted = bool(below) and all(len(_BETWEEN_CELLS.split(line)) >= len(cells) for line in below[:5])
    short = all(len(cell) <= 40 and not is_number(cell) and not _SETTING.search(cell) for cell in cells)
    return parted and short and any(map(_COLUMN.fullmatch, cells))
