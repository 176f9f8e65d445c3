"""What the formats have in common: where pictures lie, and the files that grow with them."""

import json
from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, ClassVar, TextIO

from pipeline.exchange.classes import ClassList
from pipeline.exchange.pixels import Pixels
from pipeline.exchange.records import Picture
from pipeline.exchange.targets import Target

NO_SIDE = "train"
"""Where pictures go that no split placed: what every loader reads unless told otherwise."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One picture of an export.

    Attributes:
        picture: What is known of it.
        stem: Its file's name without ending, used once in the export.
        targets: Its objects, none for a picture without.
        names: The class of each.
        complete: There can't be others.
    """

    picture: Picture
    stem: str
    targets: tuple[Target, ...]
    names: tuple[str, ...]
    complete: bool

    @property
    def side(self) -> str:
        """The part of the data set that it belongs to."""
        return self.picture.side or NO_SIDE


class FormatWriter(ABC):
    """Writes one picture after another to a folder; nothing of a picture is held once it is written.

    Attributes:
        suffixes: Endings of image files that readers of the format take.
        needs_pixels: The pixels stand in the format's own files.
    """

    suffixes: ClassVar[frozenset[str]] = frozenset({".jpg", ".png"})
    needs_pixels: ClassVar[bool] = False

    def __init__(self, folder: Path, classes: ClassList, *, outlines: bool = False) -> None:
        """Write to `folder`; with `outlines` masks are written as outlines where a format has one shape an object."""
        self.folder = folder
        self.classes = classes
        self.outlines = outlines
        self.sides: dict[str, None] = {}
        self._files = ExitStack()
        self._open: dict[str, TextIO] = {}
        self._made: dict[str, Path] = {}

    def add(self, entry: Entry, pixels: Pixels, *, put: bool, link: bool) -> str:
        """Add one picture, its file too where `put` says so, and return the file's path below the folder.

        Raises:
            SampleRejected: its file can't be read; nothing of it is written.
            OSError: the disk is full or refuses.
        """
        name = self.file_name(entry, pixels.suffix)
        if put:
            pixels.put(self.place(name), link=link)
        self.sides[entry.side] = None
        self.write(entry, name)
        return name

    @abstractmethod
    def file_name(self, entry: Entry, suffix: str) -> str:
        """Where the picture's file lies below the folder."""

    @abstractmethod
    def write(self, entry: Entry, name: str) -> None:
        """Write what is said of a picture whose file is `name`."""

    def finish(self, names: Sequence[str]) -> None:  # noqa: B027 - not every format says something of all
        """Write what is said of all; `names` are the classes."""

    def close(self) -> None:
        """Close all files."""
        self._files.close()

    def place(self, name: str) -> Path:
        """Where a file goes by its path below the folder, its own folder made."""
        folder, _, file = name.rpartition("/")
        if folder not in self._made:  # once, as there is a file a picture
            self._made[folder] = self.folder / folder
            self._made[folder].mkdir(parents=True, exist_ok=True)
        return self._made[folder] / file

    def text_file(self, name: str) -> TextIO:
        """A file that grows, by its path below the folder; its lines end as they are written."""
        if name not in self._open:
            opened = self.place(name).open("w", encoding="utf-8", newline="")
            self._open[name] = self._files.enter_context(opened)
        return self._open[name]

    def waiting_file(self) -> TextIO:
        """A file without a name, for what is to follow when the rest is written."""
        return self._files.enter_context(TemporaryFile("w+", encoding="utf-8", newline="", dir=self.folder))

    def ordered_sides(self) -> list[str]:
        """The sides that have pictures, in the usual order."""
        return [side for side in ("train", "val", "test") if side in self.sides]


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
"""`json.dumps` makes one each time."""


def as_json(value: Any) -> str:
    """One line of JSON, the same for the same value."""
    return _ENCODER.encode(value)


def short(polygon: tuple[float, ...]) -> tuple[float, ...]:
    """The same numbers, as integers where all are whole: drawn outlines follow pixels; they take half the room.

    >>> short((1.0, 2.0)), short((1.0, 2.5))
    ((1, 2), (1.0, 2.5))
    """
    whole = tuple(map(int, polygon))
    return whole if whole == polygon else polygon


def points_of(polygon: tuple[float, ...]) -> list[tuple[float, float]]:
    """An outline as a list of x, y."""
    numbers = short(polygon)
    return list(zip(numbers[::2], numbers[1::2], strict=True))
