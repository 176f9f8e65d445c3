"""Folders with annotations in the common formats: Pascal VOC and COCO."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any
from xml.etree import ElementTree

from pipeline.core.errors import SourceError
from pipeline.sources.adapters.layout import ParsedTree, match_images, no_layout, read_annotation
from pipeline.sources.adapters.tree import TreeAdapter, TreeFile, TreeSettings
from pipeline.sources.offers import Offer, OfferedBox, Refusal


class VocAdapter(TreeAdapter[TreeSettings]):
    """One XML an image, matched by its `filename` or its own stem; labels are the objects' names."""

    settings_model = TreeSettings

    def offers(self) -> Iterator[Offer | Refusal]:
        """Every image with its boxes; an image without XML has no label."""
        tree = ParsedTree(self.files())
        found = list(tree.names())
        papers = tree.take(lambda file: file.name.lower().endswith(".xml"))
        if not papers or not tree.images:
            raise no_layout(self.workspace.name, "annotations/<stem>.xml and images/<stem>.<ext>", found)
        boxes, refusals = _voc_boxes(papers)
        yield from _with_boxes(tree.images, boxes)
        yield from refusals
        yield from tree.leftovers()


def _voc_boxes(papers: Iterable[TreeFile]) -> tuple[dict[str, list[OfferedBox]], list[Refusal]]:
    """Boxes by the image's name, or by the XML's stem where it names none."""
    boxes: dict[str, list[OfferedBox]] = {}
    refusals: list[Refusal] = []
    for file in papers:
        text = read_annotation(file)
        if "<!DOCTYPE" in text or "<!ENTITY" in text:  # entities are how a small XML becomes a huge one
            refusals.append(Refusal(origin=file.origin, reason="unsafe_xml", detail="declares a document type"))
            continue
        try:
            root = ElementTree.fromstring(text)  # noqa: S314 - without a document type there are no entities
            found = [_voc_box(one) for one in root.iter("object")]
        except (ElementTree.ParseError, ValueError) as error:
            refusals.append(Refusal(origin=file.origin, reason="damaged_annotation", detail=str(error)))
            continue
        named = PurePosixPath((root.findtext("filename") or "").strip()).name
        boxes[named or PurePosixPath(file.name).stem] = found
    return boxes, refusals


def _voc_box(one: ElementTree.Element) -> OfferedBox:
    values = [one.findtext(f"bndbox/{side}") for side in ("xmin", "ymin", "xmax", "ymax")]
    name = (one.findtext("name") or "").strip()
    if not name or None in values:
        raise ValueError("an object lacks its name or a side of its box")
    left, top, right, bottom = (float(value or "nan") for value in values)
    return OfferedBox(left=left, top=top, right=right, bottom=bottom, labels=(name,))


class CocoAdapter(TreeAdapter[TreeSettings]):
    """JSON files with `images`, `annotations` and `categories`; boxes are x, y, width, height."""

    settings_model = TreeSettings

    def offers(self) -> Iterator[Offer | Refusal]:
        """Every image with its boxes; an image that no file names has no label."""
        tree = ParsedTree(self.files())
        found = list(tree.names())
        documents = [document for file in tree.take(_is_json) if (document := _coco(file)) is not None]
        if not documents or not tree.images:
            raise no_layout(self.workspace.name, "a JSON file with images, annotations, categories; images", found)
        boxes: dict[str, list[OfferedBox]] = {}
        for document in documents:
            boxes.update(_coco_boxes(document))
        yield from _with_boxes(tree.images, boxes)
        yield from tree.leftovers()


def _is_json(file: TreeFile) -> bool:
    return file.name.lower().endswith(".json")


def _coco(file: TreeFile) -> dict[str, Any] | None:
    """The document, or None where it is some other JSON."""
    try:
        document = json.loads(read_annotation(file))
    except ValueError as error:
        raise SourceError(f"{file.path}: not JSON: {error}") from error
    wanted = {"images", "annotations", "categories"}
    return document if isinstance(document, dict) and wanted <= document.keys() else None


def _coco_boxes(document: dict[str, Any]) -> dict[str, list[OfferedBox]]:
    """Boxes by the image's file name."""
    try:
        categories = {one["id"]: str(one["name"]) for one in document["categories"]}
        names = {one["id"]: PurePosixPath(str(one["file_name"])).name for one in document["images"]}
        boxes: defaultdict[str, list[OfferedBox]] = defaultdict(list, {name: [] for name in names.values()})
        for one in document["annotations"]:
            left, top, width, height = map(float, one["bbox"])
            labels = (categories[one["category_id"]],)
            box = OfferedBox(left=left, top=top, right=left + width, bottom=top + height, labels=labels)
            boxes[names[one["image_id"]]].append(box)
    except (KeyError, TypeError, ValueError) as error:
        raise SourceError(f"COCO annotations: not as expected: {error!r}") from error
    return dict(boxes)


def _with_boxes(images: Sequence[TreeFile], boxes: Mapping[str, list[OfferedBox]]) -> Iterator[Offer | Refusal]:
    for found in match_images(images, boxes):
        if isinstance(found, Refusal):
            yield found
        else:
            image, known = found
            yield Offer(origin=image.origin, file=image.path, in_place=image.in_place, boxes=tuple(known or ()))
