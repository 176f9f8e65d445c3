"""Boxes of faces and of the things worn on them: which belongs to which."""

from collections.abc import Sequence

from pipeline.sources.offers import OfferedBox

MIN_INSIDE = 0.5
"""A thing belongs to a face when at least this share of its area lies inside the face's box."""


def share_inside(thing: OfferedBox, face: OfferedBox) -> float:
    """The share of the thing's area that lies inside the face's box, in [0, 1]."""
    width = min(thing.right, face.right) - max(thing.left, face.left)
    height = min(thing.bottom, face.bottom) - max(thing.top, face.top)
    area = (thing.right - thing.left) * (thing.bottom - thing.top)
    return max(width, 0.0) * max(height, 0.0) / area if area > 0 else 0.0


def join_things(faces: Sequence[OfferedBox], things: Sequence[OfferedBox]) -> tuple[list[OfferedBox], list[OfferedBox]]:
    """The faces with the words of the things they wear, and the things that no face wears.

    Each thing goes to the one face that holds most of it; of equals, to the smaller face: it stands in front.
    """
    worn: list[list[str]] = [[] for _ in faces]
    left: list[OfferedBox] = []
    for thing in things:
        best = max(range(len(faces)), key=lambda i: (share_inside(thing, faces[i]), -_area(faces[i])), default=None)
        if best is None or share_inside(thing, faces[best]) < MIN_INSIDE:
            left.append(thing)
        else:
            worn[best].extend(thing.labels)
    return [_wearing(face, words) for face, words in zip(faces, worn, strict=True)], left


def _area(box: OfferedBox) -> float:
    return (box.right - box.left) * (box.bottom - box.top)


def _wearing(face: OfferedBox, words: list[str]) -> OfferedBox:
    return OfferedBox(
        left=face.left,
        top=face.top,
        right=face.right,
        bottom=face.bottom,
        labels=(*face.labels, *dict.fromkeys(words)),
    )
