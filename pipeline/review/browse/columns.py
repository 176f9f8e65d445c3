"""Facets and scores by column, packed so that a browser has 200,000 rows of them in a tenth of a second."""

import base64
from array import array
from collections import Counter
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from pipeline.review.browse.records import POSES, QUALITIES, SIZES, Facets, Record, Scores

FACETS = tuple(field.name for field in fields(Facets))
UNREAD = "unread"
SCORES = tuple(field.name for field in fields(Scores))

_TITLES = {
    "kind": "What it is",
    "side": "Side",
    "source": "Source",
    "mask_type": "Mask",
    "wear": "Worn",
    "valve": "Valve",
    "template": "Template",
    "pose": "Head turned",
    "size": "Size of the face",
    "quality": "Sharpness of the face",
    "licence": "Licence",
    "reason": "Rejected because",
    "doubt": "Label doubted",
    "unread": "No picture because",
    "detector_score": "Detector's score",
    "face_px": "Size of the face, px",
    "sharpness": "Sharpness of the face",
    "yaw_deg": "Turned to the right, degrees",
    "pitch_deg": "Looking down, degrees",
    "roll_deg": "Tilted clockwise, degrees",
    "brightness": "Brightness of the photo",
    "contrast": "Contrast of the photo",
    "photo_sharpness": "Sharpness of the photo",
    "compression": "Compression of the photo",
    "label_doubt": "Doubt of the label",
}
_IN_WORDS = {"face": "face in a photo", "masked": "drawn mask", "rejected": "rejected"}
_ABSENT = {
    "side": "on no side",
    "template": "no template",
    "reason": "not rejected",
    "doubt": "not doubted",
    "unread": "it has a picture",
}
"""What it means that a picture hasn't a value; of the other facets that it isn't known."""
_ORDERED = {
    "kind": tuple(_IN_WORDS),
    "side": ("train", "val", "test"),
    "mask_type": ("none", "cloth", "surgical", "ffp2", "unknown"),
    "pose": POSES,
    "size": SIZES,
    "quality": QUALITIES,
}
"""Values that have an order of their own; the others stand by how many pictures have them."""


@dataclass(frozen=True, slots=True)
class PackedFacet:
    """One facet: its values, and for each picture which of them it has, as 16-bit numbers in base64.

    `absent` says what the empty value means.
    """

    name: str
    title: str
    absent: str
    values: tuple[str, ...]
    codes: str


@dataclass(frozen=True, slots=True)
class PackedScore:
    """One score of every picture as 32-bit floats in base64; NaN where it has none."""

    name: str
    title: str
    numbers: str


class Columns:
    """Takes the facets and scores of one record after another; 70 bytes a record are held."""

    def __init__(self) -> None:
        self._codes = {name: array("H") for name in (*FACETS, UNREAD)}
        self._seen: dict[str, dict[str, int]] = {name: {} for name in self._codes}
        self._scores = {name: array("f") for name in SCORES}

    def add(self, record: Record) -> None:
        """Append a record."""
        for name in FACETS:
            self._add(name, getattr(record.facets, name))
        for name in SCORES:
            value = getattr(record.scores, name)
            self._scores[name].append(float("nan") if value is None else value)

    def add_unread(self, problem: str) -> None:
        """Append why the next record has no picture; empty where it has one."""
        self._add(UNREAD, problem)

    def _add(self, name: str, value: str) -> None:
        seen = self._seen[name]
        self._codes[name].append(seen.setdefault(_limited(value, seen), len(seen)))

    def facets(self) -> list[PackedFacet]:
        """Those that any picture has."""
        return [self._facet(name) for name in self._codes if any(self._seen[name])]

    def scores(self) -> list[PackedScore]:
        """Those that any picture has."""
        packed = ((name, np.asarray(self._scores[name], dtype="<f4")) for name in SCORES)
        return [PackedScore(name, _TITLES[name], _base64(v)) for name, v in packed if np.isfinite(v).any()]

    def _facet(self, name: str) -> PackedFacet:
        seen, codes = self._seen[name], np.asarray(self._codes[name], dtype=np.int64)
        counts = Counter(dict(enumerate(np.bincount(codes, minlength=len(seen)).tolist())))
        order = sorted(seen, key=lambda value: _rank(name, value, counts[seen[value]]))
        places = np.empty(len(seen), dtype="<u2")
        places[[seen[value] for value in order]] = np.arange(len(order))
        values = tuple(_worded(name, value) for value in order)
        return PackedFacet(name, _TITLES[name], _ABSENT.get(name, "not known"), values, _base64(places[codes]))


_MOST_VALUES = 65_000
_OTHERS = "others, too many to list"


def _limited(value: str, seen: dict[str, int]) -> str:
    """The value, or that of the many where codes of 16 bits run out."""
    return value if len(seen) < _MOST_VALUES or value in seen else _OTHERS


def _rank(name: str, value: str, count: int) -> tuple[Any, ...]:
    order = _ORDERED.get(name, ())
    place = order.index(value) if value in order else len(order)
    return (value == "", place, -count, value)


def _worded(name: str, value: str) -> str:
    return _IN_WORDS.get(value, value) if name == "kind" else value


def _base64(values: Any) -> str:
    return base64.b64encode(np.ascontiguousarray(values).tobytes()).decode()
