"""`objects` as Hugging Face has them: COCO's boxes and their categories, as lists of one length."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pipeline.sources.adapters.annotated import box_of, number_of
from pipeline.sources.offers import OfferedBox


def boxes_of(row: Mapping[str, Any], class_names: Sequence[str] = ()) -> Iterator[OfferedBox | ValueError]:
    """The boxes of a row, each or why it is none."""
    objects = row.get("objects") or {}
    try:
        objects = json.loads(objects) if isinstance(objects, str) else objects
        categories = objects.get("categories", objects.get("category", []))
        pairs = list(zip(objects.get("bbox", []), categories, strict=True))
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        yield ValueError(f"objects can't be read: {error}")
        return
    for sides, category in pairs:
        try:
            left, top, width, height = map(number_of, sides)
            yield box_of((left, top, left + width, top + height), word_of(category, class_names))
        except (ValueError, TypeError) as error:
            yield ValueError(f"bbox {sides!r}: {error}")


def word_of(value: object, class_names: Sequence[str] = ()) -> str:
    """A label as a word; a number is looked up in `class_names` where they are given."""
    text = str(value)
    return class_names[int(text)] if text.isdecimal() and int(text) < len(class_names) else text
