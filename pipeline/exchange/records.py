"""What every format is written from: a picture with all its faces, wherever both came from."""

from dataclasses import dataclass
from typing import Literal

from pipeline.core.locations import Place
from pipeline.core.records import Masked, MaskType, Side, Valve, Wear

Corners = tuple[float, float, float, float]
"""Left, top, right, bottom, in pixels of the upright picture."""
Of = Literal["faces", "masks"]

NO_FACE = frozenset({"doubtful_face", "no_face", "bad_box"})
"""Reasons of rejection that say of a place that there is no face; any other says that there is one that isn't used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxedFace:
    """One face of a picture and what it wears.

    Attributes:
        box: Of the face.
        mask_box: Of the mask on it, where that was drawn in; None where there is none or nobody says where it is.
        polygon: The mask's outline as x0, y0, x1, …; empty where it isn't known.
        template: The template of a drawn mask.
        difficult: A source labels the face and the detector doesn't find it.
    """

    box: Corners
    mask_type: MaskType = "unknown"
    wear: Wear = "unknown"
    valve: Valve = "unknown"
    masked: Masked = "unknown"
    mask_box: Corners | None = None
    polygon: tuple[float, ...] = ()
    template: str | None = None
    difficult: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One image file with its faces.

    Attributes:
        id: Names it in the manifests, or its path in an output of `augment-masks`.
        file: Where its pixels are.
        side: Of the split; None where there is none.
        group: Pictures of one group belong on one side.
        synthetic: A mask was drawn in.
        complete: Every face in it is among `faces`, as far as anyone found them.
        as_written: The file is a JPEG of our own, upright and without metadata of its photo.
    """

    id: str
    file: Place
    width_px: int
    height_px: int
    faces: tuple[BoxedFace, ...]
    side: Side | None = None
    group: str = ""
    source: str = ""
    licence: str = "unknown"
    author: str | None = None
    url: str | None = None
    citation: str | None = None
    parent_sha256: str | None = None
    synthetic: bool = False
    complete: bool = True
    as_written: bool = False


@dataclass(frozen=True, slots=True)
class Unusable:
    """A picture, a face or a row that isn't exported, and why; a line of `rejected.jsonl`."""

    id: str
    reason: str
    detail: str
