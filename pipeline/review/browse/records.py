"""What the page shows of one picture, whatever it was gathered from."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from pipeline.core.locations import Place

Kind = Literal["face", "masked", "rejected"]
Cut = tuple[float, float, float]
"""Left, top and side of a square in pixels of the upright picture; it may reach beyond it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facets:
    """What pictures are filtered by; an empty text is a value that the picture hasn't."""

    kind: Kind
    side: str = ""
    source: str = ""
    mask_type: str = ""
    wear: str = ""
    valve: str = ""
    template: str = ""
    pose: str = ""
    size: str = ""
    quality: str = ""
    licence: str = ""
    reason: str = ""
    doubt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """What pictures are sorted by; None is a score that the picture hasn't.

    The first six are of the face, of its parent's where a mask was drawn; the others are of the whole photo, as
    `quality.parquet` has them, and how far `review-labels` doubts the label.
    """

    detector_score: float | None = None
    face_px: float | None = None
    sharpness: float | None = None
    yaw_deg: float | None = None
    pitch_deg: float | None = None
    roll_deg: float | None = None
    brightness: float | None = None
    contrast: float | None = None
    photo_sharpness: float | None = None
    compression: float | None = None
    label_doubt: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """Where things are in the picture, in its pixels.

    Attributes:
        width_px: Of the upright picture, 0 where it isn't known.
        height_px: Likewise.
        cut: What of it the tile shows, None where that isn't known.
        box: The face: left, top, right, bottom.
        polygon: The mask's outline as x0, y0, x1, …
        landmarks: Likewise the points of the face.
    """

    width_px: int = 0
    height_px: int = 0
    cut: Cut | None = None
    box: tuple[float, float, float, float] | None = None
    polygon: tuple[float, ...] = ()
    landmarks: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Relative:
    """Another record that belongs to this one, and why, in words."""

    id: str
    why: str


@dataclass(frozen=True, slots=True)
class Key:
    """Which record this is, and which one it was made from."""

    id: str
    parent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One tile of the page, with all that is told when it is opened.

    Attributes:
        key: Its id and its parent's.
        name: What a person calls it: the file it comes from.
        detail: A sentence on why it was rejected, else empty.
        tile: The file that the tile is made from; None where there is none.
        picture: The file of the whole picture.
        parent_picture: The file that the picture was made from, where no record stands for it.
        row: Its columns, by what they tell of.
    """

    key: Key
    name: str
    facets: Facets
    scores: Scores = Scores()
    detail: str = ""
    tile: Place | None = None
    picture: Place | None = None
    parent_picture: Place | None = None
    outline: Outline = Outline()
    relatives: tuple[Relative, ...] = ()
    row: Mapping[str, Mapping[str, Any]]


class Collection(Protocol):
    """What can be looked through: its records in an order that depends on the data alone, read anew in each pass."""

    @property
    def title(self) -> str:
        """What the page is called."""

    def keys(self) -> Iterator[Key]:
        """The key of each record, in their order."""

    def records(self) -> Iterator[Record]:
        """The records."""


POSES = (
    "left, 45° and more",
    "left, 15° to 45°",
    "frontal, within 15°",
    "right, 15° to 45°",
    "right, 45° and more",
)
SIZES = ("below 32 px", "32 to 64 px", "64 to 128 px", "128 to 256 px", "256 px and more")
QUALITIES = ("blurred, below 50", "soft, 50 to 200", "sharp, 200 to 800", "very sharp, 800 and more")


def pose_of(yaw_deg: float | None) -> str:
    """How far the head is turned, and to which side of the viewer.

    >>> pose_of(-20.0), pose_of(0.0), pose_of(None)
    ('left, 15° to 45°', 'frontal, within 15°', '')
    """
    return _binned(yaw_deg, (-45, -15, 15, 45), POSES)


def size_of_face(face_px: float | None) -> str:
    """The range that the longer side of the face's box lies in.

    >>> size_of_face(64.0)
    '64 to 128 px'
    """
    return _binned(face_px, (32, 64, 128, 256), SIZES)


def quality_of(sharpness: float | None) -> str:
    """How sharp the face is, by the variance of its Laplacian.

    >>> quality_of(49.9)
    'blurred, below 50'
    """
    return _binned(sharpness, (50, 200, 800), QUALITIES)


def _binned(value: float | None, edges: tuple[float, ...], names: tuple[str, ...]) -> str:
    if value is None or not math.isfinite(value):
        return ""
    return names[sum(value >= edge for edge in edges)]


def whole_picture(width_px: int, height_px: int) -> Cut | None:
    """The square around a whole picture; None where its size isn't known.

    >>> whole_picture(200, 100)
    (0.0, -50.0, 200.0)
    """
    if min(width_px, height_px) < 1:
        return None
    side = max(width_px, height_px)
    return (width_px - side) / 2, (height_px - side) / 2, float(side)
