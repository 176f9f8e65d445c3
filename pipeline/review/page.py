"""What a page of sections shows, as records; `sections.html.j2` says how it looks."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from pipeline.core.arrays import Rgb
from pipeline.core.locations import located
from pipeline.engine.containment import Contained, Failed
from pipeline.pages.rendering import jpeg_uri, render_page
from pipeline.storage.images import read_image

_PICTURE_PX = 112
_NOTHING: Rgb = np.full((8, 8, 3), 127, dtype=np.uint8)


@dataclass(frozen=True, slots=True)
class Picture:
    """A thumbnail as a data URI; `verdict` (`kept`, `lost`, empty) colours the frame."""

    uri: str
    caption: str
    verdict: str


@dataclass(frozen=True, slots=True)
class Card:
    """Pictures that belong together, in a frame."""

    note: str
    pictures: Sequence[Picture]


@dataclass(frozen=True, slots=True)
class Table:
    """Columns of numbers are aligned to the right."""

    header: Sequence[str]
    rows: Sequence[Sequence[str | int | float]]


@dataclass(frozen=True, slots=True)
class Bar:
    """A horizontal bar with its value; `percent` of the longest it could be."""

    name: str
    value: float
    percent: float


@dataclass(frozen=True, slots=True)
class Section:
    """A section that tests and links find by `name`; it shows those of its parts that hold something."""

    name: str
    title: str
    note: str = ""
    tables: Sequence[Table] = ()
    bars: Sequence[Bar] = ()
    cards: Sequence[Card] = ()
    pictures: Sequence[Picture] = ()


def page(title: str, sections: Iterable[Section], columns: Iterable[Section] = (), *, browsable: bool = False) -> str:
    """A whole document: short sections side by side, then the others below each other.

    A `browsable` one lies where `maskwright browse` writes its page, and links to it.
    """
    return render_page(
        "pipeline.review",
        "sections.html.j2",
        title=title,
        columns=list(columns),
        sections=list(sections),
        browsable=browsable,
    )


def bars(values: Mapping[str, float], largest: float) -> list[Bar]:
    """Bars in the mapping's order."""
    return [Bar(name, value, 100 * value / max(largest, 1e-9)) for name, value in values.items()]


def picture(locator: str, caption: str, verdict: str = "") -> Picture:
    """A thumbnail of the file at `locator` with its caption; a grey one that says why where it can't be shown."""
    seen = Contained(_thumbnail)(locator)
    if isinstance(seen, Failed):  # moved since the manifest was written, or odd
        return Picture(jpeg_uri(_NOTHING, quality=75), f"{caption} ({seen.reason})", verdict)
    return Picture(jpeg_uri(seen, quality=75), caption, verdict)


def _thumbnail(locator: str) -> Rgb:
    rgb = read_image(located(Path(), locator), draft_side_px=_PICTURE_PX).rgb
    height, width = rgb.shape[:2]
    factor = min(1.0, _PICTURE_PX / max(height, width))
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    return np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
