"""Pascal VOC: one XML an image."""

from collections.abc import Iterator
from pathlib import PurePosixPath
from xml.etree import ElementTree

from pipeline.sources.adapters.annotated import Annotation, AnnotationClaim, box_of, size_of
from pipeline.sources.adapters.attributes import AttributedAdapter, AttributeSettings
from pipeline.sources.adapters.layout import ParsedTree, damaged, no_layout, read_xml
from pipeline.sources.adapters.tree import TreeFile
from pipeline.sources.offers import Offer, OfferedBox, Refusal

_SIDES = ("xmin", "ymin", "xmax", "ymax")


class VocAdapter(AttributedAdapter[AttributeSettings]):
    """One XML an image, matched by the path in `filename`, the XML's own stem or its `filename`."""

    settings_model = AttributeSettings

    def offers(self) -> Iterator[Offer | Refusal]:
        """Every image with its boxes; the labels are the objects' names."""
        tree = ParsedTree(self.files())
        found = list(tree.names())
        papers = tree.take(lambda file: file.name.lower().endswith(".xml"))
        read = [row for file in papers for row in self._read(file)]
        if not tree.images or all(isinstance(row, Refusal) and row.reason == "not_an_image" for row in read):
            raise no_layout(self.workspace.name, "annotations/<stem>.xml and images/<stem>.<ext>", found)
        self.require_attributes()
        yield from self.all_of(tree, read)

    def _read(self, file: TreeFile) -> Iterator[AnnotationClaim | Refusal]:
        """What one file claims, after a row for each of its objects that can't be used."""
        root = read_xml(file)
        if isinstance(root, Refusal):
            yield root
            return
        if root.tag != "annotation":
            yield Refusal(origin=file.origin, reason="not_an_image", detail=f"XML with the root <{root.tag}>, not VOC")
            return
        boxes: list[OfferedBox] = []
        damage = False
        for number, one in enumerate(root.iter("object")):
            try:
                boxes.append(self._box(one))
            except ValueError as error:
                damage = True
                yield damaged(f"{file.origin}#object{number}", error)
        size = size_of({side: root.findtext(f"size/{side}") for side in ("width", "height")})
        named = (root.findtext("filename") or "").strip()
        said = Annotation(tuple(boxes), size, damaged=damage)
        yield AnnotationClaim(file.origin, said, named=named, stem=PurePosixPath(file.name).stem)

    def _box(self, one: ElementTree.Element) -> OfferedBox:
        name = (one.findtext("name") or "").strip()
        if not name:
            raise ValueError("an object without a name")
        for tag in ("name", "bndbox", *(f"bndbox/{side}" for side in _SIDES)):
            if len(one.findall(tag)) > 1:
                raise ValueError(f"an object {name!r} with several {tag}")
        if (one.findtext("deleted") or "").strip() == "1":
            raise ValueError(f"an object {name!r} that was deleted")
        sides = [one.findtext(f"bndbox/{side}") for side in _SIDES]
        missing = [side for side, value in zip(_SIDES, sides, strict=True) if value is None]
        if missing:
            raise ValueError(f"an object {name!r} whose box lacks {', '.join(missing)}")
        attributes = one.iterfind("attributes/attribute")
        words = self.words_of((each.findtext("name") or "", each.findtext("value") or "") for each in attributes)
        return box_of(sides, name, *words)
