"""Pixels on their way into an export: the file as it is where readers agree on what it shows, else written anew."""

import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from pipeline.core.locations import Place, Stretch
from pipeline.exchange.records import Picture
from pipeline.storage.containers import JPEG
from pipeline.storage.images import ImageLimits, decode_image, encode_image, read_file
from pipeline.storage.orientation import orientation_of
from pipeline.storage.signatures import extension_by_content

Files = Literal["copy", "link", "none"]

_LIMITS = ImageLimits(max_file_bytes=1 << 30, max_pixels=1 << 29, min_side_px=1)
"""What was taken in under the limits of `ingest` is handed on."""
_COMMON = frozenset({".jpg", ".png"})


@dataclass(frozen=True, slots=True)
class Pixels:
    """What a picture's file holds: a file to be taken as it is, or the bytes of one that was written anew.

    Attributes:
        suffix: `.jpg` or `.png`.
    """

    place: Place
    suffix: str
    data: bytes | None = None

    def read(self) -> bytes:
        """The bytes.

        Raises:
            SampleRejected: `unreadable_file`, `file_too_large`.
        """
        return read_file(self.place, _LIMITS) if self.data is None else self.data

    def put(self, target: Path, *, link: bool) -> None:
        """Make the file at `target`; as a link to the same file where that is asked for and the disk can do it.

        Raises:
            SampleRejected: as `read`.
            OSError: the disk is full or refuses.
        """
        if link and self.data is None and isinstance(self.place, Path) and _linked(self.place, target):
            return
        target.write_bytes(self.read())


def _linked(place: Path, target: Path) -> bool:
    """Whether the file is at `target` too: a disk may not be able to, and another disk can't."""
    try:
        if place.is_symlink():  # a data cache has links where the files are meant
            place = Path(os.path.realpath(place))
        if not place.is_file():
            return False
        target.hardlink_to(place)
    except OSError:  # what is wrong with the file is told when it is read
        return False
    return True


def pixels_of(picture: Picture, taken: frozenset[str] = _COMMON, *, reencode: bool = False) -> Pixels:
    """The file of a picture, with a name ending in `taken`.

    An upright JPEG or PNG is taken as it is. Readers disagree on whether a turned one is to be turned back, and on
    other formats: those become a JPEG of quality 95 of the upright pixels, on which the boxes were found.

    Raises:
        SampleRejected: it can't be read.
    """
    if picture.as_written:
        return Pixels(picture.file, ".jpg")
    data = read_file(picture.file, _LIMITS)
    suffix = extension_by_content(data)
    if suffix in taken and not reencode and _is_upright(data):
        return Pixels(picture.file, suffix)
    return Pixels(picture.file, ".jpg", encode_image(decode_image(data, _LIMITS).rgb))


def _is_upright(data: bytes) -> bool:
    """Whether nothing in the file says that its pixels are to be turned; most JPEGs are told without being opened."""
    if data.startswith(JPEG) and b"Exif" not in data and b"Orientation" not in data:
        return True
    return orientation_of(data) == 1


def named_pixels(picture: Picture, taken: frozenset[str] = _COMMON) -> Pixels:
    """As `pixels_of` by the file's name alone, which is not read."""
    name = picture.file.file.name if isinstance(picture.file, Stretch) else picture.file.name
    suffix = PurePosixPath(name).suffix.lower()
    return Pixels(picture.file, suffix if suffix in taken and not picture.as_written else ".jpg")
