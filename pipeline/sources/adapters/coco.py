"""COCO: JSON files with `images`, `annotations` and `categories`."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.sources.adapters.annotated import Annotation, AnnotationClaim, box_of, number_of, size_of
from pipeline.sources.adapters.attributes import AttributedAdapter, AttributeSettings
from pipeline.sources.adapters.box_forms import BoxesAre, require_told, sides_of
from pipeline.sources.adapters.layout import ParsedTree, annotation_bytes, damaged, no_layout
from pipeline.sources.adapters.tree import TreeFile
from pipeline.sources.offers import Offer, OfferedBox, Refusal
from pipeline.sources.papers import decode_text

WordsOf = Callable[[Iterable[tuple[str, Any]]], Iterator[str]]

_PARTS = ("images", "annotations", "categories")


def is_coco(document: Any) -> bool:
    """Whether a JSON document has the three parts of COCO."""
    return isinstance(document, dict) and all(isinstance(document.get(part), list) for part in _PARTS)


class CocoSettings(AttributeSettings):
    """What the boxes are.

    Attributes:
        boxes_are: The four numbers of `bbox`: `sized`, left, top, width and height, as COCO has it, or `corners`;
            `auto` is COCO's, unless boxes reach far out of their pictures and all may be corners.
    """

    boxes_are: BoxesAre = "auto"


class CocoAdapter(AttributedAdapter[CocoSettings]):
    """Images by `file_name`, relative to the JSON's folder or to the images' beside it; labels are the categories."""

    settings_model = CocoSettings

    def offers(self) -> Iterator[Offer | Refusal]:
        """Every image with its boxes.

        Raises:
            SourceError: there is no image, no such JSON, or it can't be told what its boxes are.
        """
        tree = ParsedTree(self.files())
        found = list(tree.names())
        read = [_Document.read(file) for file in tree.take(lambda file: file.name.lower().endswith(".json"))]
        documents = [one for one in read if isinstance(one, _Document)]
        if not documents or not tree.images:
            raise no_layout(self.workspace.name, "a JSON file with images, annotations, categories; images", found)
        boxes_are = self.settings.boxes_are
        require_told(self.workspace.name, boxes_are, (one for document in documents for one in document.drawn()))
        claims = [claim for document in documents for claim in document.claims(self.words_of, boxes_are)]
        self.require_attributes()
        yield from self.matched(tree, claims)
        for one in read:
            yield from one.refusals if isinstance(one, _Document) else [one]
        yield from tree.leftovers()


@dataclass
class _Document:
    """One JSON, and what of it can't be used."""

    origin: str
    parts: Mapping[str, list[Any]]
    refusals: list[Refusal] = field(default_factory=list)

    @classmethod
    def read(cls, file: TreeFile) -> "_Document | Refusal":
        """The document, or why it is none."""
        try:
            document = json.loads(decode_text(annotation_bytes(file)))
        except (ValueError, RecursionError) as error:
            return damaged(file.origin, f"not JSON: {error}")
        if not is_coco(document):
            return Refusal(origin=file.origin, reason="not_an_image", detail="a document beside the images")
        return cls(file.origin, {part: document[part] for part in _PARTS})

    def drawn(self) -> Iterator[tuple[list[float], tuple[int, int] | None]]:
        """The numbers of every sound box with the size of its picture, where that is stated."""
        sizes = {str(one["id"]): size_of(one) for one in self.parts["images"] if isinstance(one, dict) and "id" in one}
        for one in self.parts["annotations"]:
            if isinstance(one, dict) and (one.get("iscrowd") or one.get("ignore")):
                continue
            try:
                yield _numbers(one), sizes.get(str(one.get("image_id")))
            except ValueError:  # it becomes a row where it is claimed
                continue

    def claims(self, words_of: WordsOf, boxes_are: BoxesAre) -> Iterator[AnnotationClaim]:
        """What it says about each of its images; `words_of` makes words of a box's attributes."""
        categories = {key: str(one["name"]) for key, one in self._keyed("categories", "name").items()}
        images = self._keyed("images", "file_name")
        boxes: defaultdict[str, list[OfferedBox]] = defaultdict(list)
        damage: set[str] = set()
        for place, one in enumerate(self.parts["annotations"]):
            image = ""
            try:
                image = _key(_of(one, "image_id"))
                if image not in images:
                    raise ValueError(f"its image_id {image} is no image's")
                boxes[image].append(_box(one, categories, words_of, boxes_are))
            except ValueError as error:
                self._refuse("annotation", one, place, error)
                damage.add(image)
        for image, one in images.items():
            said = Annotation(tuple(boxes[image]), size_of(one), damaged=image in damage)
            yield AnnotationClaim(self.origin, said, number=f"image-{image}", named=str(one["file_name"]))

    def _keyed(self, part: str, wanted: str) -> dict[str, dict[str, Any]]:
        """The entries by their id; of those that share one and differ none can be meant."""
        found: dict[str, dict[str, Any]] = {}
        double: set[str] = set()
        for place, one in enumerate(self.parts[part]):
            try:
                key = _key(_of(one, "id"))
                if not str(_of(one, wanted)).strip():
                    raise ValueError(f"its {wanted} is blank")
            except ValueError as error:
                self._refuse(part, one, place, error)
                continue
            if key in found and found[key][wanted] != one[wanted]:
                double.add(key)
                self._refuse(part, one, place, ValueError(f"another has its id: {found[key][wanted]!r}"))
            found.setdefault(key, one)
        return {key: one for key, one in found.items() if key not in double}

    def _refuse(self, part: str, one: Any, place: int, error: ValueError) -> None:
        known = isinstance(one, dict) and isinstance(one.get("id"), int | str)
        name = f"{part}-{one['id']}" if known else f"{part}-at-{place}"
        self.refusals.append(damaged(f"{self.origin}#{name}", error))


def _of(one: Any, key: str) -> Any:
    if not isinstance(one, dict) or one.get(key) is None:
        raise ValueError(f"lacks {key}")
    return one[key]


def _key(value: Any) -> str:
    """An id as a word: 7, 7.0 and "7" are one."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError(f"{value!r} is no id")
    return str(value)


def _numbers(one: Any) -> list[float]:
    """The four numbers of an annotation's box.

    Raises:
        ValueError: it has none.
    """
    sides = _of(one, "bbox")
    if not isinstance(sides, list) or len(sides) != 4:
        raise ValueError(f"bbox {sides!r} is not left, top, width, height")
    return list(map(number_of, sides))


def _box(one: dict[str, Any], categories: Mapping[str, str], words_of: WordsOf, boxes_are: BoxesAre) -> OfferedBox:
    if one.get("iscrowd") or one.get("ignore"):
        raise ValueError("a crowd, or to be ignored: no face")
    category = _key(_of(one, "category_id"))
    if category not in categories:
        raise ValueError(f"its category_id {category} is no category's")
    sides = sides_of(_numbers(one), boxes_are)
    attributes = one.get("attributes")
    words = words_of(attributes.items() if isinstance(attributes, dict) else ())
    return box_of(sides, categories[category], *words)
