"""Which column of a table says what, and the numbers in its cells."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from pipeline.core.params import Section
from pipeline.sources.adapters.annotated import number_of

BoxForm = Literal["corners", "sized", "centred"]
Column = Annotated[int, Field(ge=1)] | Annotated[str, Field(min_length=1)]

FORMS: dict[BoxForm, tuple[str, str, str, str]] = {
    "corners": ("left", "top", "right", "bottom"),
    "sized": ("left", "top", "width", "height"),
    "centred": ("middle_x", "middle_y", "width", "height"),
}
"""What the four numbers of a box are."""
_IMAGE_SIZE = ("image_width", "image_height")

_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")


class Columns(Section):
    """Which column holds what: a name of the header, or a number counted from 1.

    Attributes:
        image: The image's path or name.
        label: Its word; several columns give several words.
        left: Of the box, as `top`; with `right` and `bottom`, or with `width` and `height`. Without a box the words are
            the whole image's.
        middle_x: Of the box, as `middle_y`, where `width` and `height` stand around its middle.
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
    middle_x: Column | None = None
    middle_y: Column | None = None
    image_width: Column | None = None
    image_height: Column | None = None

    @model_validator(mode="after")
    def _whole_boxes(self) -> Self:
        given = self._given()
        if given and given not in map(set, FORMS.values()):
            expected = ", or ".join(map(", ".join, FORMS.values()))
            raise ValueError(f"a box is {expected}; here are {sorted(given)}")
        if (self.image_width is None) != (self.image_height is None):
            raise ValueError("image_width and image_height go together")
        return self

    def _given(self) -> set[str]:
        return {name for names in FORMS.values() for name in names if getattr(self, name) is not None}

    def form(self) -> BoxForm | None:
        """What the numbers of a box are, None where it has none."""
        return next((form for form, names in FORMS.items() if set(names) == self._given()), None)

    def by_number(self) -> bool:
        """Whether no column is named, so that a table needs no header."""
        return all(isinstance(one, int) for one in self.all())

    def all(self) -> tuple[Column, ...]:
        """Every column that is told."""
        labels = self.label if isinstance(self.label, tuple) else (self.label,)
        boxes = dict.fromkeys(name for names in FORMS.values() for name in names)
        others = (getattr(self, name) for name in ("image", *boxes, *_IMAGE_SIZE))
        return (*labels, *(one for one in others if one is not None))


@dataclass(frozen=True, slots=True)
class Places:
    """Where in a row the parts stand, counted from 0.

    Attributes:
        box: The four of `form`.
        size: Width and height of the picture that the boxes were drawn on.
        folder: Where the image lies, or its side of a split; it tells images of one name apart.
        doubts: Columns of which a number makes a row no face of its class, and why.
    """

    image: int
    labels: tuple[int, ...]
    box: tuple[int, int, int, int] | None = None
    form: BoxForm = "corners"
    size: tuple[int, int] | None = None
    folder: int | None = None
    doubts: tuple[tuple[int, float, str], ...] = ()

    @property
    def most(self) -> int:
        """How many columns a row must have at the least."""
        return 1 + max(self.image, *self.labels, *(self.box or ()), *(self.size or ()))


def told_places(columns: Columns, header: Sequence[str]) -> Places:
    """The places of the columns that the settings tell.

    Raises:
        ValueError: the header lacks some; names them.
    """
    folded = {name: place for place, name in reversed(list(enumerate(map(plain, header))))}
    missing = [one for one in columns.all() if isinstance(one, str) and plain(one) not in folded]
    if missing:
        raise ValueError(", ".join(map(repr, missing)))

    def place(name: str) -> int:
        column = getattr(columns, name)
        return column - 1 if isinstance(column, int) else folded[plain(column)]

    labels = columns.label if isinstance(columns.label, tuple) else (columns.label,)
    words = tuple(one - 1 if isinstance(one, int) else folded[plain(one)] for one in labels)
    form = columns.form()
    first, second, third, fourth = map(place, FORMS[form]) if form else (0, 0, 0, 0)
    size = (place("image_width"), place("image_height")) if columns.image_width is not None else None
    box = (first, second, third, fourth) if form else None
    return Places(place("image"), words, box, form or "corners", size)


def require_once(header: Sequence[str], places: Places) -> None:
    """Stop where a column that counts has the name of another: which one is meant can't be told.

    Raises:
        ValueError: names it.
    """
    names = list(map(plain, header))
    used = (places.image, *places.labels, *(places.box or ()), *(places.size or ()))
    twice = [header[place] for place in used if place < len(names) and names.count(names[place]) > 1]
    if twice:
        alike = [name for name in header if plain(name) == plain(twice[0])]
        both = f"are called {alike[0]!r}" if len(set(alike)) == 1 else f"are {' and '.join(map(repr, alike))}"
        raise ValueError(f"two columns {both}")


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


def plain(name: str) -> str:
    """A column's name as it is compared: its blanks at the ends and its case don't count."""
    return name.strip().casefold()
