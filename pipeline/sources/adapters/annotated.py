"""What the layouts with a file of annotations have in common: matching, and a row for whatever is left."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pipeline.sources.adapters.layout import ParsedTree
from pipeline.sources.adapters.tree import TreeAdapter, TreeFile, TreeSettings
from pipeline.sources.image_index import Claim
from pipeline.sources.matching import Matches, match_claims
from pipeline.sources.offers import Offer, OfferedBox, Refusal

Settings = TypeVar("Settings", bound=TreeSettings)


@dataclass(frozen=True, slots=True)
class Annotation:
    """What one annotation says about one image.

    Attributes:
        size: Of the picture that the boxes were drawn on.
        relative: The boxes are shares of its width and height.
        labels: Words for the whole image.
        damaged: Some of it couldn't be used, which rows of their own tell.
    """

    boxes: tuple[OfferedBox, ...]
    size: tuple[int, int] | None = None
    relative: bool = False
    labels: tuple[str, ...] = ()
    damaged: bool = field(default=False, compare=False)


AnnotationClaim = Claim[Annotation]
Annotated = Callable[[TreeFile, Annotation], Iterable[Offer | Refusal]]


class AnnotatedAdapter(TreeAdapter[Settings]):
    """Base of the layouts whose labels and boxes stand in files beside the images."""

    def matched(
        self, tree: ParsedTree, claims: Iterable[AnnotationClaim], annotated: Annotated | None = None
    ) -> Iterator[Offer | Refusal]:
        """Every image once: as `annotated` makes it of its annotation, or as a row; and the claims without an image."""
        matches = match_claims((image.origin for image in tree.images), claims)
        for image in tree.images:
            claim = matches.found.get(image.origin)
            if image.origin in matches.contested:
                yield contested(image, matches)
            elif claim is None or not (claim.said.boxes or claim.said.labels):
                yield self.unlabelled(image, _why_unlabelled(claim))
            else:
                yield from (annotated or as_offered)(image, claim.said)
        yield from without_image(matches)

    def all_of(self, tree: ParsedTree, read: Sequence[AnnotationClaim | Refusal]) -> Iterator[Offer | Refusal]:
        """What `matched` gives, then a row for each annotation that can't be used and each paper that nobody took."""
        yield from self.matched(tree, (row for row in read if not isinstance(row, Refusal)))
        yield from (row for row in read if isinstance(row, Refusal))
        yield from tree.leftovers()

    def unlabelled(self, image: TreeFile, why: str) -> Offer | Refusal:
        """An image that nothing labels, as `unannotated` wants it."""
        if self.settings.unannotated == "unknown":
            return Offer(origin=image.origin, file=image.path, in_place=image.in_place)
        return Refusal(origin=image.origin, reason="no_label", detail=why)


def _why_unlabelled(claim: AnnotationClaim | None) -> str:
    if claim is None:
        return "no annotation is of it"
    return f"{claim.origin}: {'what it says of a face is damaged' if claim.said.damaged else 'no face'}"


def as_offered(image: TreeFile, said: Annotation) -> Iterator[Offer]:
    """The image with its words and boxes."""
    yield Offer(
        origin=image.origin,
        file=image.path,
        in_place=image.in_place,
        labels=said.labels,
        boxes=said.boxes,
        boxes_size=said.size,
        boxes_relative=said.relative,
    )


def contested(image: TreeFile, matches: Matches[Any], reason: str = "ambiguous_annotation") -> Refusal:
    """The row of an image that several annotations claim, or one that may be of another image as well."""
    papers = [claim.origin for claim in matches.contested[image.origin]]
    what = "may be of another image too, or of another set" if len(papers) == 1 else "speak of it, and differ"
    return Refusal(origin=image.origin, reason=reason, detail=f"{', '.join(papers)} {what}")


def without_image(matches: Matches[Any]) -> Iterator[Refusal]:
    """A row for each claim that led to no image."""
    for claim in matches.missing:
        named = claim.named or claim.stem
        yield Refusal(origin=claim.origin, reason="image_missing", detail=f"of {named!r}, but there is no such image")


def number_of(value: Any) -> float:
    """A number of an annotation.

    Raises:
        ValueError: it is none, or not finite.
    """
    try:
        number = float(value)
        if isinstance(value, str) and "_" in value:
            raise ValueError("Python's way to write a long number, nobody else's")
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"{str(value)[:60]!r} is no number") from error
    if number - number != 0:
        raise ValueError(f"{value!r} is not finite")
    return number


def box_of(sides: Iterable[Any], *labels: str) -> OfferedBox:
    """A box of left, top, right and bottom.

    Raises:
        ValueError: a side is no finite number or missing, or right is not beyond left, or bottom not beyond top.
    """
    left, top, right, bottom = map(number_of, sides)
    if right <= left or bottom <= top:
        raise ValueError(f"box {left:g}, {top:g}, {right:g}, {bottom:g}: its corners are swapped, or it has no area")
    return OfferedBox(left=left, top=top, right=right, bottom=bottom, labels=labels)


def size_of(said: Mapping[str, Any]) -> tuple[int, int] | None:
    """Width and height as stated, None where they aren't or are no size.

    >>> size_of({"width": "640", "height": 480.0}), size_of({"width": 0, "height": 0})
    ((640, 480), None)
    """
    try:
        width, height = number_of(said.get("width")), number_of(said.get("height"))
    except ValueError:
        return None
    return (int(width), int(height)) if width >= 1 and height >= 1 else None
