"""One row a picture, as `imagefolder` and the samples of WebDataset have it."""

from typing import Any

from pipeline.exchange.formats.base import Entry, points_of


def row_of(entry: Entry) -> dict[str, Any]:
    """What is known of a picture; `objects` are lists of one length.

    Every key has a value of one type in every row, since readers guess a column's type from the first rows: a text that
    isn't known is empty, and so is an outline.
    """
    picture = entry.picture
    return {
        "id": picture.id,
        "width": picture.width_px,
        "height": picture.height_px,
        "objects": _objects(entry),
        "source": picture.source,
        "licence": picture.licence,
        "author": picture.author or "",
        "url": picture.url or "",
        "citation": picture.citation or "",
        "group": picture.group,
        "parent_sha256": picture.parent_sha256 or "",
        "synthetic": picture.synthetic,
        "complete": entry.complete,
    }


def _objects(entry: Entry) -> dict[str, list[Any]]:
    targets = entry.targets
    return {
        "bbox": [list(target.sides) for target in targets],
        "category": list(entry.names),
        "mask_type": [target.face.mask_type for target in targets],
        "wear": [target.face.wear for target in targets],
        "valve": [target.face.valve for target in targets],
        "template": [target.face.template or "" for target in targets],
        "mask_polygon": [points_of(target.polygon) for target in targets],
        "truncated": [target.truncated for target in targets],
        "difficult": [target.face.difficult for target in targets],
    }
