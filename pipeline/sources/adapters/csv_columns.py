"""Which column of a table says what: as its header calls it, as the settings tell, or as RetinaNet's files have it."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Self

from pydantic import Field, model_validator

from pipeline.core.params import Section
from pipeline.sources.adapters.annotated import number_of

Column = Annotated[int, Field(ge=1)] | Annotated[str, Field(min_length=1)]

_CORNERS, _SIZED = ("left", "top", "right", "bottom"), ("left", "top", "width", "height")
_IMAGE_SIZE = ("image_width", "image_height")

_IMAGE = (
    "filename", "file", "filepath", "path", "image", "imagename", "imagepath", "imagefile", "imagefilename", "img",
    "imgname", "imgpath", "imageid", "photo", "picture", "name",
)  # fmt: skip
_LABEL = ("class", "label", "classname", "labelname", "category", "categoryname", "labels", "classes", "classid")
_BOXES: tuple[tuple[bool, tuple[str, str, str, str]], ...] = (
    (True, ("xmin", "ymin", "xmax", "ymax")),
    (True, ("minx", "miny", "maxx", "maxy")),
    (True, ("x1", "y1", "x2", "y2")),
    (True, ("x0", "y0", "x1", "y1")),
    (True, ("left", "top", "right", "bottom")),
    (True, ("xtl", "ytl", "xbr", "ybr")),
    (False, ("left", "top", "width", "height")),
    (False, ("xmin", "ymin", "width", "height")),
    (False, ("x", "y", "width", "height")),
    (False, ("x", "y", "w", "h")),
)
"""Whether the four are corners, or a corner with width and height; and what they are called, prefixes aside."""
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")
_PREFIXES = ("", "bbox", "box")
_IMAGE_SIZES = (("imagewidth", "imageheight"), ("imgwidth", "imgheight"), ("imagew", "imageh"), ("width", "height"))

HUMANS_IN_THE_LOOP = ("name", "x1", "x2", "y1", "y2", "classname")
"""Kaggle's `train.csv`, whose columns don't hold what they are called: another adapter judges it by the data."""


class Columns(Section):
    """Which column holds what: a name of the header, or a number counted from 1.

    Attributes:
        image: The image's path or name.
        label: Its word; several columns give several words.
        left: Of the box, as `top`; with `right` and `bottom`, or with `width` and `height`. Without a box the words are
            the whole image's.
        image_width: Of the picture that the boxes were drawn on, as `image_height`.
    """

    image: Column
    label: Column | tuple[Column, ...]
    left: Column | None = None
    top: Column | None = None
    right: Column | None = None
    bottom: Column | None = None
    width: Column | None = None
    height: Column | None = None
    image_width: Column | None = None
    image_height: Column | None = None

    @model_validator(mode="after")
    def _whole_boxes(self) -> Self:
        given = {name for name in {*_CORNERS, *_SIZED} if getattr(self, name) is not None}
        if given not in (set(), set(_CORNERS), set(_SIZED)):
            raise ValueError(f"a box is {', '.join(_CORNERS)}, or {', '.join(_SIZED)}; here are {sorted(given)}")
        if (self.image_width is None) != (self.image_height is None):
            raise ValueError("image_width and image_height go together")
        return self

    def by_number(self) -> bool:
        """Whether no column is named, so that a table needs no header."""
        return all(isinstance(one, int) for one in self.all())

    def all(self) -> tuple[Column, ...]:
        """Every column that is told."""
        labels = self.label if isinstance(self.label, tuple) else (self.label,)
        others = (getattr(self, name) for name in ("image", *_CORNERS, "width", "height", *_IMAGE_SIZE))
        return (*labels, *(one for one in others if one is not None))


@dataclass(frozen=True, slots=True)
class Places:
    """Where in a row the parts stand, counted from 0.

    Attributes:
        box: Left, top, right and bottom; or left, top, width and height, where they aren't `corners`.
        size: Width and height of the picture that the boxes were drawn on.
    """

    image: int
    labels: tuple[int, ...]
    box: tuple[int, int, int, int] | None = None
    corners: bool = True
    size: tuple[int, int] | None = None

    @property
    def most(self) -> int:
        """How many columns a row must have at the least."""
        return 1 + max(self.image, *self.labels, *(self.box or ()), *(self.size or ()))


def told_places(columns: Columns, header: Sequence[str]) -> Places:
    """The places of the columns that the settings tell.

    Raises:
        ValueError: the header lacks some; names them.
    """
    folded = {name: place for place, name in reversed(list(enumerate(map(_plain, header))))}
    missing = [one for one in columns.all() if isinstance(one, str) and _plain(one) not in folded]
    if missing:
        raise ValueError(", ".join(map(repr, missing)))

    def place(name: str) -> int:
        column = getattr(columns, name)
        return column - 1 if isinstance(column, int) else folded[_plain(column)]

    labels = columns.label if isinstance(columns.label, tuple) else (columns.label,)
    words = tuple(one - 1 if isinstance(one, int) else folded[_plain(one)] for one in labels)
    box = _CORNERS if columns.right is not None else _SIZED if columns.width is not None else None
    left, top, right, bottom = map(place, box) if box else (0, 0, 0, 0)
    size = (place("image_width"), place("image_height")) if columns.image_width is not None else None
    return Places(place("image"), words, (left, top, right, bottom) if box else None, box != _SIZED, size)


def known_places(header: Sequence[str]) -> Places | None:
    """The places by what headers usually call them; None where an image or its label can't be told."""
    found = {_folded(name): place for place, name in reversed(list(enumerate(header)))}
    image = next((found[name] for name in _IMAGE if name in found), None)
    label = next((found[name] for name in _LABEL if name in found), None)
    if image is None or label is None or tuple(map(_plain, header)) == HUMANS_IN_THE_LOOP:
        return None
    box, corners = next(((box, corners) for corners, names in _BOXES if (box := _box(found, names))), (None, True))
    if box is None and any(name in found for _, names in _BOXES for name in names[:2]):
        return None  # half a box: what it says can't be told
    size = next((pair for names in _IMAGE_SIZES if (pair := _pair(found, names, box or ()))), None)
    return Places(image, (label,), box, corners, size)


def looks_like_header(row: Sequence[str]) -> bool:
    """Whether a first row names columns: one of them an image's or a label's, and none of them is a number."""
    names = set(map(_folded, row))
    return not names.isdisjoint({*_IMAGE, *_LABEL}) and not any(map(is_number, row))


def retinanet_places(rows: Sequence[Sequence[str]]) -> Places | None:
    """The places of `path,x1,y1,x2,y2,class` without a header, where at least half of some rows fit it."""
    places = Places(0, (5,), (1, 2, 3, 4))
    fitting = sum(1 for row in rows if len(row) == 6 and row[0].strip() and _is_box(row[1:5]))
    return places if rows and 2 * fitting >= len(rows) else None


def _is_box(cells: Sequence[str]) -> bool:
    return all(map(is_number, cells)) or not any(cell.strip() for cell in cells)


def cell_number(text: str) -> float:
    """The number in a cell; with a decimal comma too, where commas don't part the columns.

    >>> cell_number(" 16,5 ")
    16.5

    Raises:
        ValueError: it holds no finite number.
    """
    plain = text.strip()
    return number_of(plain.replace(",", ".") if _DECIMAL_COMMA.fullmatch(plain) else plain)


def is_number(text: str) -> bool:
    """Whether a cell holds a number."""
    try:
        cell_number(text)
    except ValueError:
        return False
    return True


def _box(found: Mapping[str, int], names: tuple[str, str, str, str]) -> tuple[int, int, int, int] | None:
    for prefix in _PREFIXES:
        if all(prefix + name in found for name in names):
            left, top, right, bottom = (found[prefix + name] for name in names)
            return left, top, right, bottom
    return None


def _pair(found: Mapping[str, int], names: tuple[str, str], taken: Collection[int]) -> tuple[int, int] | None:
    if not all(name in found and found[name] not in taken for name in names):
        return None
    return found[names[0]], found[names[1]]


def _plain(name: str) -> str:
    return name.strip().casefold()


def _folded(name: str) -> str:
    """A column's name without blanks, underscores and other signs between its letters."""
    return "".join(sign for sign in name.casefold() if sign.isalnum())
