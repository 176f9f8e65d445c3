"""What is told of a picture once it is opened, as the page's script takes it."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pipeline.core.locations import Place
from pipeline.review.browse.records import Key, Outline, Record, Relative

ROWS_A_FILE = 64
"""Some 250 KB: loaded in a blink when one of them is opened, and the next ones are there."""


@dataclass(frozen=True, slots=True)
class Family:
    """Where each record stands, and what was made of it."""

    place: Mapping[str, int]
    children: Mapping[str, Sequence[int]]

    @classmethod
    def of(cls, keys: Sequence[Key]) -> "Family":
        """The family of records in the order of the page; of two with one id the first has it."""
        place: dict[str, int] = {}
        children: dict[str, list[int]] = {}
        for number, key in enumerate(keys):
            place.setdefault(key.id, number)
            if key.parent is not None:
                children.setdefault(key.parent, []).append(number)
        return cls(place, children)

    def made_of(self, parent: str | None, but: int) -> list[int]:
        """What was made of a record, without the one that stands at `but`."""
        return [number for number in self.children.get(parent or "", ()) if number != but]


def detail_of(record: Record, number: int, family: Family, page_folder: Path) -> dict[str, Any]:
    """The record as JSON values; others are named by their places, files by their addresses from the page's folder."""
    key = record.key
    return {
        "id": key.id,
        "name": record.name,
        "detail": record.detail,
        "picture": address_from(page_folder, record.picture),
        "parent": family.place.get(key.parent, -1) if key.parent is not None else -1,
        "parentPicture": address_from(page_folder, record.parent_picture),
        "children": family.made_of(key.id, number),
        "siblings": family.made_of(key.parent, number) if key.parent is not None else [],
        "kin": [[family.place[one.id], one.why] for one in _known(record.relatives, family)],
        "outline": _rounded(record.outline),
        "row": record.row,
    }


def address_from(folder: Path, place: Place | None) -> str | None:
    """The relative address of a file from a folder, as a browser reads it; None where it is no file of this machine.

    >>> address_from(Path("reports"), Path("data/faces/a b#1.jpg"))
    '../data/faces/a%20b%231.jpg'
    """
    if not isinstance(place, Path):
        return None
    return quote(os.fsencode(os.path.relpath(place, folder)))


def _known(relatives: Sequence[Relative], family: Family) -> list[Relative]:
    return [one for one in relatives if one.id in family.place]


def _rounded(outline: Outline) -> dict[str, Any]:
    """Whole pixels: what is drawn is wider."""
    return {
        "size": [outline.width_px, outline.height_px],
        "cut": outline.cut and [round(value, 1) for value in outline.cut],
        "box": outline.box and [round(value) for value in outline.box],
        "polygon": [round(value) for value in outline.polygon],
        "landmarks": [round(value, 1) for value in outline.landmarks],
    }
