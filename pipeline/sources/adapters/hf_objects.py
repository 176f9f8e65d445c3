"""`objects` as Hugging Face has them: COCO's boxes and their categories, as lists of one length."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from pipeline.sources.adapters.annotated import box_of, number_of, size_of
from pipeline.sources.adapters.box_forms import BoxesAre, sides_of
from pipeline.sources.offers import OfferedBox


def boxes_of(
    row: Mapping[str, Any], class_names: Sequence[str] = (), boxes_are: BoxesAre = "auto"
) -> Iterator[OfferedBox | ValueError]:
    """The boxes of a row, each or why it is none."""
    try:
        pairs = _pairs(row)
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        yield ValueError(f"objects can't be read: {error}")
        return
    for sides, category in pairs:
        try:
            if category is None or not str(category).strip():
                raise ValueError("a box without a category")
            yield box_of(sides_of(_numbers(sides), boxes_are), word_of(category, class_names))
        except (ValueError, TypeError) as error:
            yield ValueError(f"bbox {sides!r}: {error}")


def drawn_in(row: Mapping[str, Any]) -> Iterator[tuple[Sequence[float], tuple[int, int] | None]]:
    """The numbers of every sound box of a row with the size of its picture, where that is stated."""
    with suppress(ValueError, TypeError, AttributeError, RecursionError):  # what can't be read becomes a row
        for sides, _ in _pairs(row):
            yield _numbers(sides), size_of(row)


def _pairs(row: Mapping[str, Any]) -> list[tuple[Any, Any]]:
    objects = row.get("objects") or {}
    objects = json.loads(objects) if isinstance(objects, str) else objects
    if isinstance(objects, list):  # an object a face, as newer versions of `datasets` have a list of them
        return [(one.get("bbox"), one.get("category", one.get("categories"))) for one in objects]
    name = "category" if "category" in objects and "categories" not in objects else "categories"
    boxes, categories = objects.get("bbox", []), objects.get(name, [])
    if len(boxes) != len(categories):
        raise ValueError(f"bbox has {len(boxes)} and {name} has {len(categories)}")
    return list(zip(boxes, categories, strict=True))


def _numbers(sides: Any) -> tuple[float, float, float, float]:
    left, top, width, height = map(number_of, sides)
    return left, top, width, height


def word_of(value: object, class_names: Sequence[str] = ()) -> str:
    """A label as a word; a number is looked up in `class_names` where they are given."""
    text = str(value)
    return class_names[int(text)] if text.isdecimal() and int(text) < len(class_names) else text


def text_of(row: Mapping[str, Any], column: str | None) -> str | None:
    """The value of a column as text; None where it is blank, or no number (NaN), as pandas writes what is missing."""
    value = row.get(column) if column else None
    if isinstance(value, float) and math.isnan(value):
        return None
    return str(value) if value is not None and str(value).strip() else None
