"""The lines of YOLO's label files: a class's number, then a box, an outline, or a box with key points behind it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from pipeline.sources.adapters.annotated import Annotation, AnnotationClaim, box_of, number_of
from pipeline.sources.adapters.layout import NOT_TEXT, damaged, read_lines
from pipeline.sources.adapters.tree import TreeFile
from pipeline.sources.adapters.yolo_classes import Classes, ClassFile
from pipeline.sources.image_index import as_path
from pipeline.sources.offers import OfferedBox, Refusal
from pipeline.sources.outlines import Sides, around
from pipeline.sources.papers import is_text

_BEYOND = 1e-3
"""Numbers that were rounded may lie so far outside 0 to 1."""
BOX_NUMBERS = 4
_LEAST_OUTLINE = 6
_LEAST_POINTS = 10
"""Numbers of a box with three key points: four corners are a turned box, and three stand for no face."""


def claim_of(file: TreeFile, said: Annotation) -> AnnotationClaim:
    """What a label file says, of the image of its own name."""
    return AnnotationClaim(file.origin, said, stem=PurePosixPath(file.name).stem)


@dataclass
class LabelLines:
    """Reads the lines of label files, and notes whether key points may stand in them that nobody speaks of.

    Attributes:
        key_points: As the settings tell.
        lengths: How many numbers outlines have.
        holding: The first four numbers of all of them are a box that holds the rest.
    """

    key_points: int | None
    lengths: set[int] = field(default_factory=set)
    holding: bool = True

    def may_be_key_points(self) -> bool:
        """Whether all outlines are of one length, as corners of faces hardly are, and each can be read as a box."""
        return (
            self.key_points is None and len(self.lengths) == 1 and min(self.lengths) >= _LEAST_POINTS and self.holding
        )

    def read(self, file: TreeFile, classes: Classes) -> Iterator[AnnotationClaim | Refusal]:
        """What one file claims, after a row for each of its lines that can't be used."""
        text = read_lines(file)
        if isinstance(text, Refusal):
            yield text
            return
        named = classes.of(as_path(file.origin).parent)
        points = named.point_numbers if named and self.key_points is None else self.key_points or 0
        boxes: list[OfferedBox] = []
        damage = False
        for count, line in enumerate(text.splitlines(), start=1):
            try:
                boxes += [self._box(line, named, points)] if line.strip() else []
            except ValueError as error:
                damage = True
                yield damaged(f"{file.origin}#line{count}", error)
        yield claim_of(file, Annotation(tuple(boxes), relative=True, damaged=damage))

    def _box(self, line: str, named: ClassFile | None, points: int) -> OfferedBox:
        word, *rest = line.split()
        box = _box(word, rest, line, named, points)
        if len(rest) not in {BOX_NUMBERS, BOX_NUMBERS + points}:
            self.lengths.add(len(rest))
            self.holding = self.holding and _holds([_share(one) for one in rest])
        return box


def _holds(numbers: Sequence[float]) -> bool:
    """Whether the first four numbers are the middle and size of a box in the picture that holds the points behind."""
    box = _around_middle(numbers[:BOX_NUMBERS])
    inside = box.left >= -_BEYOND and box.top >= -_BEYOND and box.right <= 1 + _BEYOND and box.bottom <= 1 + _BEYOND
    points = zip(numbers[BOX_NUMBERS::2], numbers[BOX_NUMBERS + 1 :: 2], strict=True)
    return inside and all(box.left <= x <= box.right and box.top <= y <= box.bottom for x, y in points)


def _around_middle(numbers: Sequence[float]) -> Sides:
    across, down, width, height = numbers
    return Sides(across - width / 2, down - height / 2, across + width / 2, down + height / 2)


def _box(word: str, rest: list[str], line: str, named: ClassFile | None, points: int) -> OfferedBox:
    """The upright box of a line.

    Raises:
        ValueError: it is no line of a box or an outline.
    """
    if not is_text(line):
        raise ValueError(NOT_TEXT)
    label = _label(word, named)
    if points and len(rest) == BOX_NUMBERS + points:
        rest = rest[:BOX_NUMBERS]  # what follows are the face's key points
    if len(rest) != BOX_NUMBERS and (len(rest) < _LEAST_OUTLINE or len(rest) % 2):
        raise ValueError(f"{len(rest)} numbers behind the class: expected 4 of a box, or pairs of an outline")
    numbers = [_share(one) for one in rest]
    if len(numbers) != BOX_NUMBERS:
        return box_of(around(zip(numbers[::2], numbers[1::2], strict=True)), label)
    return box_of(_around_middle(numbers), label)


def _label(word: str, named: ClassFile | None) -> str:
    number = number_of(word)
    if not number.is_integer() or number < 0:
        raise ValueError(f"{word[:60]!r} is no class's number")
    if named is None:
        return str(int(number))
    if int(number) not in named.names:
        known: Sequence[int] = sorted(named.names)
        said = f"{known[0]} to {known[-1]}" if known else "none"
        raise ValueError(f"class {int(number)} has no name in {named.origin}, which names {said}")
    return named.names[int(number)]


def _share(text: str) -> float:
    number = number_of(text)
    if not -_BEYOND <= number <= 1 + _BEYOND:
        raise ValueError(f"{text[:60]} lies outside 0 to 1: numbers are shares of the picture's width and height")
    return min(max(number, 0.0), 1.0)
