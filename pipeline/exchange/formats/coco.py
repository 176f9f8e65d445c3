"""COCO: one JSON a side with `images`, `annotations`, `categories` and `licenses`.

https://cocodataset.org/#format-data; what it has no field for stands in `attributes`, as CVAT and Datumaro have it, and
in further keys of an image, which readers leave alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from shutil import copyfileobj
from typing import TextIO

from pipeline.core.version import VERSION
from pipeline.exchange.classes import ClassList
from pipeline.exchange.formats.base import Entry, FormatWriter, as_json, short
from pipeline.exchange.targets import Target, area_of


@dataclass(slots=True)
class _Document:
    """One side's file while it grows: annotations wait in a file of their own until all images are written."""

    images: TextIO
    annotations: TextIO
    licences: dict[str, int] = field(default_factory=dict)
    image_count: int = 0
    annotation_count: int = 0


_INFO = {"description": "Exported by Maskwright", "version": VERSION}


class CocoWriter(FormatWriter):
    """`annotations/instances_<side>.json`, and images in `images/<side>/`, which `file_name` is relative to."""

    def __init__(self, folder: Path, classes: ClassList, *, outlines: bool = False) -> None:
        """As every format."""
        super().__init__(folder, classes, outlines=outlines)
        self._documents: dict[str, _Document] = {}

    def file_name(self, entry: Entry, suffix: str) -> str:
        """A folder a side."""
        return f"images/{entry.side}/{entry.stem}{suffix}"

    def write(self, entry: Entry, name: str) -> None:
        """Its entry under `images` and one a target under `annotations`."""
        document = self._document(entry.side)
        document.image_count += 1
        licence = document.licences.setdefault(entry.picture.licence, len(document.licences) + 1)
        document.images.write(_separator(document.image_count) + as_json(_image(document, entry, name, licence)))
        for target in entry.targets:
            document.annotation_count += 1
            one = self._annotation(document, target)
            document.annotations.write(_separator(document.annotation_count) + as_json(one))

    def _document(self, side: str) -> _Document:
        if side not in self._documents:
            images = self.text_file(f"annotations/instances_{side}.json")
            images.write(f'{{"info":{as_json(_INFO)},\n"images":[')
            self._documents[side] = _Document(images, self.waiting_file())
        return self._documents[side]

    def _annotation(self, document: _Document, target: Target) -> dict[str, object]:
        outline = short(target.polygon)
        boxes_masks = self.classes.of == "masks"
        shape = {"segmentation": [outline] if outline else []}
        return {
            "id": document.annotation_count,
            "image_id": document.image_count,
            "category_id": target.number + 1,
            "bbox": list(target.sides),
            "area": area_of(target) if boxes_masks else round(target.sides[2] * target.sides[3], 3),
            "iscrowd": 0,
            **(shape if boxes_masks else {"segmentation": [], "mask_polygon": outline}),
            "attributes": _attributes(target),
        }

    def finish(self, names: Sequence[str]) -> None:
        """The rest of each file."""
        kind = self.classes.of.removesuffix("s")
        categories = [{"id": place, "name": name, "supercategory": kind} for place, name in enumerate(names, start=1)]
        for document in self._documents.values():
            licences = [{"id": number, "name": name, "url": ""} for name, number in document.licences.items()]
            document.images.write('],\n"annotations":[')
            document.annotations.seek(0)
            copyfileobj(document.annotations, document.images)
            document.images.write(f'],\n"categories":{as_json(categories)},\n"licenses":{as_json(licences)}}}\n')


def _image(document: _Document, entry: Entry, name: str, licence: int) -> dict[str, object]:
    picture = entry.picture
    return {
        "id": document.image_count,
        "width": picture.width_px,
        "height": picture.height_px,
        "file_name": name.rpartition("/")[2],
        "license": licence,
        "coco_url": picture.url or "",
        "author": picture.author,
        "citation": picture.citation,
        "source": picture.source,
        "source_id": picture.id,
        "group": picture.group,
        "parent_sha256": picture.parent_sha256,
        "synthetic": picture.synthetic,
        "complete": entry.complete,
    }


def _attributes(target: Target) -> dict[str, object]:
    face = target.face
    return {
        "mask_type": face.mask_type,
        "wear": face.wear,
        "valve": face.valve,
        "masked": face.masked,
        "template": face.template,
        "truncated": target.truncated,
        "difficult": face.difficult,
    }


def _separator(count: int) -> str:
    """What stands before an entry, each on a line of its own."""
    return "\n" if count == 1 else ",\n"
