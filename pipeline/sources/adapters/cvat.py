"""CVAT for images 1.1: XML files with many images each, their shapes and attributes."""

from collections.abc import Callable, Iterator
from xml.etree import ElementTree

from pipeline.sources.adapters.annotated import Annotation, AnnotationClaim, box_of, number_of, size_of
from pipeline.sources.adapters.attributes import AttributedAdapter, AttributeSettings
from pipeline.sources.adapters.layout import ParsedTree, damaged, no_layout, read_xml
from pipeline.sources.adapters.tree import TreeFile
from pipeline.sources.offers import Offer, OfferedBox, Refusal
from pipeline.sources.outlines import Sides, around, around_ellipse, around_turned

EXPECTED = "an XML of CVAT for images 1.1 with <image name=…> and its boxes; images"

_AROUND = frozenset({"attribute"})
"""What stands beside shapes in an image and is none."""


class CvatAdapter(AttributedAdapter[AttributeSettings]):
    """Images by `name`; the labels are those of the shapes, with the attributes that the settings name."""

    settings_model = AttributeSettings

    def offers(self) -> Iterator[Offer | Refusal]:
        """Every image with its boxes; tags are words for the whole image.

        Raises:
            SourceError: there is no image, no such XML, or no attribute of a name that is asked for.
        """
        tree = ParsedTree(self.files())
        found = list(tree.names())
        papers = tree.take(lambda file: file.name.lower().endswith(".xml"))
        read = [row for file in papers for row in self._read(file)]
        if not tree.images or all(isinstance(row, Refusal) for row in read):
            damage = [row for row in read if isinstance(row, Refusal) and row.reason != "not_an_image"]
            raise no_layout(self.workspace.name, EXPECTED, found, damage)
        self.require_attributes()
        yield from self.all_of(tree, read)

    def _read(self, file: TreeFile) -> Iterator[AnnotationClaim | Refusal]:
        """What one file claims of its images, and a row for each of its shapes that can't be used."""
        root = read_xml(file)
        if isinstance(root, Refusal):
            yield root
            return
        if not is_cvat(root):
            detail = f"XML with the root <{str(root.tag)[:60]}>, not CVAT for images"
            yield Refusal(origin=file.origin, reason="not_an_image", detail=detail)
            return
        for track in root.iter("track"):
            name = f"track-{track.get('id') or 'without-id'}"
            yield damaged(f"{file.origin}#{name}", "a track of a video, no shape of an image")
        for place, image in enumerate(root.iter("image")):
            yield from self._of_image(file, image, f"image-{image.get('id') or f'at-{place}'}")

    def _of_image(self, file: TreeFile, image: ElementTree.Element, number: str) -> Iterator[AnnotationClaim | Refusal]:
        name = (image.get("name") or "").strip()
        if not name:
            yield damaged(f"{file.origin}#{number}", "an image without a name")
            return
        boxes: list[OfferedBox] = []
        tags: dict[str, None] = {}
        damage = False
        for place, shape in enumerate(one for one in image if one.tag not in _AROUND):
            try:
                words = dict.fromkeys(self._words(shape))
                if shape.tag == "tag":
                    tags |= words
                else:
                    boxes.append(box_of(_sides(shape), *words))
            except ValueError as error:
                damage = True
                yield damaged(f"{file.origin}#{number}-{str(shape.tag)[:20]}{place}", error)
        said = Annotation(tuple(boxes), size_of(dict(image.items())), labels=tuple(tags), damaged=damage)
        yield AnnotationClaim(file.origin, said, number=number, named=name)

    def _words(self, shape: ElementTree.Element) -> Iterator[str]:
        label = (shape.get("label") or "").strip()
        if not label:
            raise ValueError("a shape without a label")
        yield label
        yield from self.words_of((one.get("name") or "", one.text or "") for one in shape.iter("attribute"))


def is_cvat(root: ElementTree.Element) -> bool:
    """Whether the root of an XML is that of CVAT for images."""
    return root.tag == "annotations" and root.find("image") is not None


def _sides(shape: ElementTree.Element) -> Sides:
    """The upright box around a shape, in pixels.

    Raises:
        ValueError: it has none, or a number is missing or none.
    """
    if shape.tag not in _SHAPES:
        raise ValueError(f"a {str(shape.tag)[:40]}, no box and no outline")
    return _SHAPES[str(shape.tag)](shape)


def _numbers(shape: ElementTree.Element, *names: str) -> list[float]:
    missing = [name for name in names if shape.get(name) is None]
    if missing:
        raise ValueError(f"a {shape.tag} that lacks {', '.join(missing)}")
    return [number_of(shape.get(name)) for name in names]


def _turn(shape: ElementTree.Element) -> float:
    return number_of(shape.get("rotation") or 0)


def _of_box(shape: ElementTree.Element) -> Sides:
    box = Sides(*_numbers(shape, "xtl", "ytl", "xbr", "ybr"))
    box_of(box)  # corners that are swapped would be turned into a box
    return around_turned(box, _turn(shape), ((box.left + box.right) / 2, (box.top + box.bottom) / 2))


def _of_polygon(shape: ElementTree.Element) -> Sides:
    pairs = [pair.split(",") for pair in (shape.get("points") or "").split(";") if pair.strip()]
    if any(len(pair) != 2 for pair in pairs):
        raise ValueError("points aren't pairs of numbers")
    return around((number_of(x), number_of(y)) for x, y in pairs)


def _of_ellipse(shape: ElementTree.Element) -> Sides:
    x, y, across, down = _numbers(shape, "cx", "cy", "rx", "ry")
    return around_ellipse((x, y), (across, down), _turn(shape))


def _of_mask(shape: ElementTree.Element) -> Sides:
    left, top, width, height = _numbers(shape, "left", "top", "width", "height")
    return Sides(left, top, left + width, top + height)


_SHAPES: dict[str, Callable[[ElementTree.Element], Sides]] = {
    "box": _of_box, "polygon": _of_polygon, "ellipse": _of_ellipse, "mask": _of_mask,
}  # fmt: skip
