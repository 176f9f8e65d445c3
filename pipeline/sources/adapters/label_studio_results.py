"""What one annotation of Label Studio says: regions in percent of the picture, each with its words."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.sources.adapters.annotated import Annotation, box_of, number_of, size_of
from pipeline.sources.offers import OfferedBox
from pipeline.sources.outlines import Sides, around, around_ellipse, around_turned

_WORD_KEYS = ("labels", "choices")
_NO_BOX = ("brush", "keypoint", "video", "vector", "paragraph", "hypertext", "time", "bitmask")
"""What the kinds of regions that can't be a face's box begin with."""


@dataclass(slots=True)
class _Region:
    """A box and the words for it; words without a box are the whole image's."""

    name: str
    box: Sides | None = None
    words: dict[str, None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Said:
    """What an annotation says, and each of its results that can't be used, by its name."""

    annotation: Annotation
    damage: tuple[tuple[str, ValueError], ...]


def read_results(results: Sequence[Any]) -> Said:
    """The boxes and words of one annotation.

    Boxes are in pixels of the size that the results state; where they state none, shares of the picture.
    """
    regions: dict[str, _Region] = {}
    damage: list[tuple[str, ValueError]] = []
    size = next((stated for one in results if (stated := _stated_size(one))), None)
    for place, one in enumerate(results):
        name = _name(one, place)
        try:
            _note(regions, one, name, size)
        except ValueError as error:
            damage.append((name, error))
    boxes: list[OfferedBox] = []
    for region in regions.values():
        try:
            boxes += [_offered(region)] if region.box else []
        except ValueError as error:
            damage.append((region.name, error))
    labels = dict.fromkeys(word for region in regions.values() if not region.box for word in region.words)
    return Said(Annotation(tuple(boxes), size, size is None, tuple(labels), bool(damage)), tuple(damage))


def _name(one: Any, place: int) -> str:
    known = one.get("id") if isinstance(one, dict) else None
    return f"result-{known}" if isinstance(known, str | int) else f"result-at-{place}"


def _stated_size(one: Any) -> tuple[int, int] | None:
    told = one if isinstance(one, dict) else {}
    return size_of({"width": told.get("original_width"), "height": told.get("original_height")})


def _offered(region: _Region) -> OfferedBox:
    if not region.words:
        raise ValueError("a region without a label")
    return box_of(region.box or (), *region.words)


def _note(regions: dict[str, _Region], one: Any, name: str, size: tuple[int, int] | None) -> None:
    """Add a result to its region: results of one id are the box and the words for it.

    Raises:
        ValueError: it is no box and no word, or of a picture of another size.
    """
    value = one.get("value", one) if isinstance(one, dict) else None
    if not isinstance(value, dict):
        raise ValueError("it, or its value, is no object")
    kind = str(one.get("type", "")).lower()
    if kind == "relation":
        return
    if kind.startswith(_NO_BOX):
        raise ValueError(f"{str(one['type'])[:40]!r} is no box and no outline")
    stated = _stated_size(one)
    if size and stated and size != stated:
        raise ValueError(f"drawn on {stated[0]}x{stated[1]}, others on {size[0]}x{size[1]}")
    box, words = _box(value, one, size), dict.fromkeys(_words(value))
    if box is None and not words:
        return  # a note, a rating, a relation: nothing that labels a face
    region = regions.setdefault(name, _Region(name))
    region.box = region.box or box
    region.words.update(words)


def _words(value: Mapping[str, Any]) -> Iterator[str]:
    """Every word of a value, under `rectanglelabels`, `polygonlabels`, `labels`, `choices` and their like."""
    for key, words in value.items():
        if str(key).endswith(_WORD_KEYS) and words:
            for word in words if isinstance(words, list) else [words]:
                if not isinstance(word, str) or not word.strip():
                    raise ValueError(f"{key} holds {str(word)[:60]!r}, which is no word")
                yield word.strip()


def _box(value: Mapping[str, Any], one: Mapping[str, Any], size: tuple[int, int] | None) -> Sides | None:
    """The upright box in pixels, or in shares where the size isn't known; None where the value has none.

    Raises:
        ValueError: it is none, or it is turned and the picture's shape isn't known.
    """
    outline, ellipse = value.get("points"), "radiusX" in value
    if outline is None and not ellipse and not ("x" in value and "width" in value):
        return None
    if number_of(one.get("image_rotation") or 0) % 360:
        raise ValueError(f"drawn on the picture turned by {str(one['image_rotation'])[:20]} degrees")
    across, down = (size[0] / 100, size[1] / 100) if size else (0.01, 0.01)
    if outline is not None:
        return around((x * across, y * down) for x, y in _points(outline))
    degrees = number_of(value.get("rotation") or 0)
    if degrees % 360 and size is None:
        raise ValueError(f"turned by {degrees:g} degrees, on a picture whose size isn't stated")
    keys = ("radiusX", "radiusY") if ellipse else ("width", "height")
    x, y, width, height = (number_of(value.get(key)) for key in ("x", "y", *keys))
    corner, width, height = (x * across, y * down), width * across, height * down
    if ellipse:
        return around_ellipse(corner, (width, height), degrees)
    if min(width, height) <= 0:
        raise ValueError(f"a box of {width:g} by {height:g}: it has no area")
    return around_turned(Sides(*corner, corner[0] + width, corner[1] + height), degrees, corner)


def _points(outline: Any) -> list[tuple[float, float]]:
    if not isinstance(outline, list) or not all(isinstance(one, list) and len(one) == 2 for one in outline):
        raise ValueError("points aren't pairs of numbers")
    return [(number_of(x), number_of(y)) for x, y in outline]
