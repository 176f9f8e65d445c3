"""Sources that say different things about one file: rows for a person to decide."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from pipeline.core.agreement import LABEL_FIELDS, boxes_at_odds, contradict
from pipeline.core.records import Image, LabelledBox

_FIELDS = (*LABEL_FIELDS, "synthetic")


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelConflict:
    """One image that says something else about a field than another image with the same bytes.

    `box` is the face of which it says it, as left, top, right, bottom; None where it is the whole image.
    """

    sha256: str
    field: str
    value: str
    source: str
    origin: str
    id: str
    original_label: str | None
    box: str | None = None


def find_conflicts(images: Iterable[Image]) -> Iterator[LabelConflict]:
    """Every image of every group of equal files that disagrees about a field; `unknown` disagrees with nothing.

    Boxes of one face are compared as well as the images' own labels. Whether a mask is worn is told where its type
    isn't at odds already. Only equal bytes are compared here; near duplicates are found and judged by `dedup`.
    """
    groups: defaultdict[str, list[Image]] = defaultdict(list)
    for image in images:
        groups[image.sha256].append(image)
    for sha256 in sorted(groups):
        members = sorted(groups[sha256], key=lambda image: (image.source, image.origin))
        odd = [field for field in _FIELDS if _at_odds(members, field)]
        for field in odd:
            if field != "masked" or "mask_type" not in odd:
                yield from (_row(image, field) for image in members if getattr(image, field) != "unknown")
        yield from _of_boxes(members)


def _at_odds(images: Sequence[Image], field: str) -> bool:
    values = sorted({str(getattr(image, field)) for image in images})
    return any(contradict(first, second, field) for first, second in combinations(values, 2))


def _of_boxes(images: Sequence[Image]) -> Iterator[LabelConflict]:
    """Each box once that contradicts a box of another image."""
    rows: dict[LabelConflict, None] = {}
    for one, other in combinations(images, 2):
        found = list(boxes_at_odds(one.boxes, other.boxes))
        types = {(first, second) for first, second, field in found if field == "mask_type"}
        for first, second, field in found:
            if field != "masked" or (first, second) not in types:
                rows |= {_row(one, field, first): None, _row(other, field, second): None}
    yield from rows


def _row(image: Image, field: str, box: LabelledBox | None = None) -> LabelConflict:
    said = image if box is None else box
    return LabelConflict(
        sha256=image.sha256,
        field=field,
        value=str(getattr(said, field)),
        source=image.source,
        origin=image.origin,
        id=image.id,
        original_label=said.original_label,
        box=None if box is None else f"{box.left:g} {box.top:g} {box.right:g} {box.bottom:g}",
    )
