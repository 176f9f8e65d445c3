"""Which label of an image belongs to which of its faces."""

from collections.abc import Sequence
from typing import TypedDict

from pipeline.core.agreement import overlap
from pipeline.core.records import Image, LabelledBox, Masked, MaskType, Valve, Wear
from pipeline.faces.detectors import Box

MIN_OVERLAP = 0.3
"""Intersection over union from which a source's box and a found box are one face: annotators draw whole heads,
detectors draw faces, and the two overlap by about half."""


class FaceLabel(TypedDict):
    """The label columns of a `Face`."""

    mask_type: MaskType
    wear: Wear
    valve: Valve
    masked: Masked


UNKNOWN = FaceLabel(mask_type="unknown", wear="unknown", valve="unknown", masked="unknown")


def label_faces(image: Image, boxes: Sequence[Box]) -> tuple[list[FaceLabel | None], list[LabelledBox]]:
    """A label for each found box, the largest first, and the source's boxes in which no face was found.

    A source's boxes go to the faces they overlap most. Without boxes the image's one label speaks of its main face:
    whether the people behind wear masks, it doesn't say. Where the image labels some face, one that it says nothing of
    has None; where it labels none, all are unknown.
    """
    if not image.boxes:
        main = _label(image)
        rest = UNKNOWN if main == UNKNOWN else None
        return [main if index == 0 else rest for index in range(len(boxes))], []
    owners = _match(image.boxes, boxes)
    labels = [_label(image.boxes[owners[index]]) if index in owners else None for index in range(len(boxes))]
    taken = set(owners.values())
    return labels, [box for index, box in enumerate(image.boxes) if index not in taken]


def _label(said: Image | LabelledBox) -> FaceLabel:
    return FaceLabel(mask_type=said.mask_type, wear=said.wear, valve=said.valve, masked=said.masked)


def _match(labelled: Sequence[LabelledBox], found: Sequence[Box]) -> dict[int, int]:
    """Found index -> labelled index, the best overlaps first, each box used once."""
    pairs = [(overlap(a, b), i, j) for i, a in enumerate(labelled) for j, b in enumerate(found)]
    owners: dict[int, int] = {}
    for score, i, j in sorted(pairs, key=lambda pair: (-pair[0], pair[1], pair[2])):
        if score >= MIN_OVERLAP and i not in owners.values() and j not in owners:
            owners[j] = i
    return owners
