"""From an inspected offer to its rows in the taxonomy."""

import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipeline.core.agreement import LABEL_FIELDS
from pipeline.core.errors import SampleRejected, SourceError
from pipeline.core.records import Image, LabelledBox, Rejection
from pipeline.sources.contradictions import boxes_at_odds_with_each_other, image_against_boxes
from pipeline.sources.frames import Picture, upright_boxes
from pipeline.sources.inspection import record_id, rejection
from pipeline.sources.labels import Label, LabelMap, normalised
from pipeline.sources.offers import Inspected, Offer, OfferedBox
from pipeline.sources.settings import SourceSettings

MIN_BOX_INSIDE = 0.5
"""A box that reaches over the image's edge is cut; with less than this share of its area inside it is wrong."""


@dataclass(frozen=True, slots=True)
class RowMaker:
    """Makes the rows of one source.

    Attributes:
        pasted: The sha256 of known files whose masks are drawn in; None where no such set was given.
    """

    source: str
    settings: SourceSettings
    labels: LabelMap
    pasted: frozenset[str] | None = None

    def rows(self, found: Inspected | Rejection) -> Iterator[Image | Rejection]:
        """The image's row, after a rejection for each of its boxes that is wrong; or the image's own rejection."""
        if isinstance(found, Rejection):
            yield found
            return
        try:
            label = self.labels.resolve(found.offer.labels)
            _check_mark(found, label)
            drawn = one_a_place(self._upright(found))
        except SampleRejected as error:
            yield rejection(self.source, found.offer.origin, error.reason, error.detail)
            return
        placed: dict[int, LabelledBox] = {}
        for number, offered in enumerate(drawn):
            try:
                placed[number] = self._box(offered, found)
            except SampleRejected as error:
                yield rejection(self.source, f"{found.offer.origin}#box{number}", error.reason, error.detail)
        if odd := image_against_boxes(label, placed):
            yield rejection(self.source, found.offer.origin, "label_conflict", odd)
            return
        at_odds = boxes_at_odds_with_each_other(placed)
        for number, why in at_odds.items():
            yield rejection(self.source, f"{found.offer.origin}#box{number}", "label_conflict", why)
        boxes = [box for number, box in placed.items() if number not in at_odds]
        if drawn and not boxes and not found.offer.labels and self.settings.unannotated == "reject":
            yield rejection(self.source, found.offer.origin, "no_label", "not one of its boxes can be used")
        else:
            yield self._image(found, label if found.offer.labels else _common(boxes), boxes)

    def _upright(self, found: Inspected) -> tuple[OfferedBox, ...]:
        picture = Picture((found.width_px, found.height_px), found.orientation)
        offer, frame = found.offer, self.settings.boxes_frame
        if not offer.boxes:
            return ()
        return upright_boxes(offer.boxes, offer.boxes_size, picture, frame, relative=offer.boxes_relative)

    def _image(self, found: Inspected, label: Label, boxes: Sequence[LabelledBox]) -> Image:
        offer = found.offer
        return Image(
            id=record_id(self.source, offer.origin),
            sha256=found.sha256,
            path=found.path,
            source=self.source,
            origin=offer.origin,
            width_px=found.width_px,
            height_px=found.height_px,
            licence=offer.licence or self.settings.licence,
            url=offer.url,
            author=offer.author or self.settings.author,
            citation=offer.citation or self.settings.citation,
            original_label=" ".join(offer.labels) or None,
            mask_type=label.mask_type,
            wear=label.wear,
            valve=label.valve,
            masked=label.masked,
            synthetic=found.mask_drawn or self._synthetic(offer, found.sha256),
            person_id=offer.person_id,
            photo_id=offer.photo_id,
            parent_sha256=offer.parent_sha256,
            boxes=tuple(boxes),
        )

    def _synthetic(self, offer: Offer, sha256: str) -> bool:
        if offer.synthetic is not None:
            return offer.synthetic
        if self.pasted is not None:
            return self.settings.synthetic or sha256 in self.pasted
        drawn_in = set(map(normalised, self.settings.synthetic_labels))
        return self.settings.synthetic or not drawn_in.isdisjoint(map(normalised, offer.words()))

    def _box(self, box: OfferedBox, found: Inspected) -> LabelledBox:
        label = self.labels.resolve(box.labels)
        left, top, right, bottom = inside(box, found.width_px, found.height_px)
        return LabelledBox(
            left=left,
            top=top,
            right=right,
            bottom=bottom,
            original_label=" ".join(box.labels),
            mask_type=label.mask_type,
            wear=label.wear,
            valve=label.valve,
            masked=label.masked,
        )


def _check_mark(found: Inspected, label: Label) -> None:
    """Refuse a picture with a drawn mask that is said to show a bare face: an output of ours among photos.

    Raises:
        SampleRejected: `label_conflict`.
    """
    if found.mask_drawn and label.mask_type == "none":
        raise SampleRejected("label_conflict", "its own XMP says that Maskwright drew a mask into it, the source: none")


def one_a_place(boxes: Sequence[OfferedBox]) -> list[OfferedBox]:
    """The boxes, those with the same sides as one: they are of one face, of which their words speak together."""
    placed: dict[tuple[float, float, float, float], OfferedBox] = {}
    for box in boxes:
        sides = (box.left, box.top, box.right, box.bottom)
        known = placed.setdefault(sides, box)
        placed[sides] = replace(known, labels=tuple(dict.fromkeys((*known.labels, *box.labels))))
    return list(placed.values())


def inside(box: OfferedBox, width_px: int, height_px: int) -> tuple[float, float, float, float]:
    """The part of the box that lies in the image, as left, top, right, bottom.

    Raises:
        SampleRejected: `bad_box` where it has no area, is no larger than a pixel, or lies mostly outside.
    """
    sides = (box.left, box.top, box.right, box.bottom)
    text = ", ".join(f"{side:g}" for side in sides)
    if not all(map(math.isfinite, sides)) or box.right <= box.left or box.bottom <= box.top:
        raise SampleRejected("bad_box", f"{text} has no area")
    if min(box.right - box.left, box.bottom - box.top) <= 1:  # shares that were taken for pixels, most of all
        raise SampleRejected("bad_box", f"{text} is no larger than a pixel: are these shares of width and height?")
    left, right = (min(max(side, 0.0), float(width_px)) for side in (box.left, box.right))
    top, bottom = (min(max(side, 0.0), float(height_px)) for side in (box.top, box.bottom))
    area = (box.right - box.left) * (box.bottom - box.top)
    if (right - left) * (bottom - top) < MIN_BOX_INSIDE * area:
        raise SampleRejected("bad_box", f"{text} lies outside the image of {width_px}x{height_px}")
    return left, top, right, bottom


def _common(boxes: Sequence[LabelledBox]) -> Label:
    """What all faces of an image have in common; the rest is unknown."""
    said: dict[str, Any] = {}
    for field in LABEL_FIELDS:
        values = {getattr(box, field) for box in boxes}
        said[field] = values.pop() if len(values) == 1 else "unknown"
    return Label.model_validate(said)


def pasted_sha256(settings: SourceSettings, root: Path) -> frozenset[str] | None:
    """The hashes of the files in `pasted_reference`, or None where the source has none.

    Raises:
        SourceError: it is no folder.
    """
    if settings.pasted_reference is None:
        return None
    folder = root / settings.pasted_reference
    if not folder.is_dir():
        raise SourceError(f"pasted_reference: {folder} is no folder")
    files = (file for file in folder.rglob("*") if file.is_file())
    return frozenset(hashlib.sha256(file.read_bytes()).hexdigest() for file in files)
