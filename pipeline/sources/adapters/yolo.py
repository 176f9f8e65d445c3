"""YOLO: a text file an image, a face a line, in numbers from 0 to 1; what the classes are called stands elsewhere."""

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from pipeline.sources.adapters.annotated import AnnotatedAdapter, Annotation, AnnotationClaim, box_of, number_of
from pipeline.sources.adapters.layout import NOT_TEXT, ParsedTree, damaged, no_layout, read_lines
from pipeline.sources.adapters.tree import TreeFile, TreeSettings
from pipeline.sources.adapters.yolo_classes import Classes, ClassFile, empty_sides, is_class_file, read_class_file
from pipeline.sources.matching import ImageIndex, as_path
from pipeline.sources.offers import Offer, OfferedBox, Refusal
from pipeline.sources.outlines import around
from pipeline.sources.papers import is_text

EXPECTED = "images/<stem>.<ext> and labels/<stem>.txt, or both side by side; data.yaml, classes.txt or obj.names"

_BEYOND = 1e-3
"""Numbers that were rounded may lie so far outside 0 to 1."""
_BOX, _LEAST_OUTLINE = 4, 6
_FOLDERS = frozenset({"label", "labels"})


class YoloSettings(TreeSettings):
    """What the numbers of classes stand for.

    Attributes:
        class_names: In the order of their numbers, where no file names them, or in the stead of those that do.
    """

    class_names: tuple[str, ...] = ()


class YoloAdapter(AnnotatedAdapter[YoloSettings]):
    """One text file an image, beside it or under `labels/`; boxes, outlines and turned boxes become upright boxes."""

    settings_model = YoloSettings

    def offers(self) -> Iterator[Offer | Refusal]:
        """Every image with its boxes; the labels are the names of their classes, or the numbers where none has a name.

        Raises:
            SourceError: there is no image or no label file, or the names of classes are at odds.
        """
        tree = ParsedTree(self.files())
        found = list(tree.names())
        classes = self._classes(tree)
        papers = take_label_files(tree)
        if not papers or not tree.images:
            raise no_layout(self.workspace.name, EXPECTED, found)
        read = [row for file in papers for row in _read(file, classes)]
        yield from self.matched(tree, (row for row in read if not isinstance(row, Refusal)))
        yield from (row for row in read if isinstance(row, Refusal))
        yield from classes.refusals
        for one in classes.files:
            yield from one.refusals
            yield from empty_sides(one, found)
        yield from tree.leftovers()

    def _classes(self, tree: ParsedTree) -> Classes:
        """The files that name classes, taken out of the tree; the others stay in it."""
        read = {file.origin: read_class_file(file) for file in tree.others if is_class_file(file)}
        tree.take(lambda file: read.get(file.origin) is not None)
        named = tuple(one for one in read.values() if isinstance(one, ClassFile))
        refusals = tuple(one for one in read.values() if isinstance(one, Refusal))
        return Classes(self.workspace.name, named, self.settings.class_names, refusals)


def take_label_files(tree: ParsedTree) -> list[TreeFile]:
    """Take the text files that are labels out of the tree.

    They are those of an image by name, those under `labels/`, and those that begin as labels do: a README and the
    lists of images that training reads lie among them.
    """
    index = ImageIndex(image.origin for image in tree.images)

    def is_label_file(file: TreeFile) -> bool:
        if not file.name.lower().endswith(".txt"):
            return False
        named = any(folder.lower() in _FOLDERS for folder in file.folders) or index.beside(_claim(file, Annotation(())))
        return bool(named) or begins_as_labels(file)

    return tree.take(is_label_file)


def begins_as_labels(file: TreeFile) -> bool:
    """Whether the first line that isn't blank is of a class's number and at least four others."""
    text = read_lines(file)
    if isinstance(text, Refusal):
        return False
    first = next((line.split() for line in text.splitlines() if line.strip()), [])
    try:
        return len([number_of(one) for one in first]) > _BOX and first[0].isdecimal()
    except ValueError:
        return False


def _claim(file: TreeFile, said: Annotation) -> AnnotationClaim:
    return AnnotationClaim(file.origin, said, stem=PurePosixPath(file.name).stem)


def _read(file: TreeFile, classes: Classes) -> Iterator[AnnotationClaim | Refusal]:
    """What one file claims, after a row for each of its lines that can't be used."""
    text = read_lines(file)
    if isinstance(text, Refusal):
        yield text
        return
    named = classes.of(as_path(file.origin).parent)
    boxes: list[OfferedBox] = []
    for count, line in enumerate(text.splitlines(), start=1):
        try:
            boxes += [_box(line, named)] if line.strip() else []
        except ValueError as error:
            yield damaged(f"{file.origin}#line{count}", error)
    yield _claim(file, Annotation(tuple(boxes), relative=True))


def _box(line: str, named: ClassFile | None) -> OfferedBox:
    """The upright box of a line.

    Raises:
        ValueError: it is no line of a box or an outline.
    """
    if not is_text(line):
        raise ValueError(NOT_TEXT)
    word, *rest = line.split()
    label = _label(word, named)
    points = named.point_numbers if named else 0
    if points and len(rest) == _BOX + points:
        rest = rest[:_BOX]  # what follows are the face's key points
    if len(rest) != _BOX and (len(rest) < _LEAST_OUTLINE or len(rest) % 2):
        raise ValueError(f"{len(rest)} numbers behind the class: expected 4 of a box, or pairs of an outline")
    numbers = [_share(one) for one in rest]
    if len(numbers) != _BOX:
        return box_of(around(zip(numbers[::2], numbers[1::2], strict=True)), label)
    across, down, width, height = numbers
    return box_of((across - width / 2, down - height / 2, across + width / 2, down + height / 2), label)


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
