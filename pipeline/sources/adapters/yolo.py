"""YOLO: a text file an image, a face a line, in numbers from 0 to 1; what the classes are called stands elsewhere."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from pipeline.core.errors import SourceError
from pipeline.sources.adapters.annotated import AnnotatedAdapter, Annotation, number_of
from pipeline.sources.adapters.layout import ParsedTree, no_layout, read_lines
from pipeline.sources.adapters.tree import TreeFile, TreeSettings
from pipeline.sources.adapters.yolo_classes import Classes, ClassFile, empty_sides, is_class_file, read_class_file
from pipeline.sources.adapters.yolo_lines import BOX_NUMBERS, LabelLines, claim_of
from pipeline.sources.image_index import ImageIndex
from pipeline.sources.offers import Offer, Refusal

EXPECTED = "images/<stem>.<ext> and labels/<stem>.txt, or both side by side; data.yaml, classes.txt or obj.names"

_FOLDERS = frozenset({"label", "labels"})


class YoloSettings(TreeSettings):
    """What the numbers of classes stand for.

    Attributes:
        class_names: In the order of their numbers, where no file names them, or in the stead of those that do.
        key_points: How many numbers of key points stand behind each box; 0 where there are outlines alone. None lets
            data.yaml tell, or lines of different lengths, which are outlines.
    """

    class_names: tuple[str, ...] = ()
    key_points: Annotated[int, Field(ge=0)] | None = None


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
        lines = LabelLines(self.settings.key_points)
        read = [row for file in papers for row in lines.read(file, classes)]
        if lines.may_be_key_points():
            raise SourceError(
                f"{self.workspace.name}: every outline has {lines.lengths.pop()} numbers, the first four of which may "
                "be a box around the others: key points, or corners?\n"
                f"Say how many numbers are key points in ingest.settings.{self.workspace.name}.key_points, or 0."
            )
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
        named = any(folder.lower() in _FOLDERS for folder in file.folders) or index.beside(
            claim_of(file, Annotation(()))
        )
        return bool(named) or begins_as_labels(file)

    return tree.take(is_label_file)


def begins_as_labels(file: TreeFile) -> bool:
    """Whether the first line that isn't blank is of a class's number and at least four others.

    A class that is written as a fraction, as NumPy does (`0.0`, `1.000e+00`), must stand before shares of a picture.
    """
    text = read_lines(file)
    if isinstance(text, Refusal):
        return False
    first = next((line.split() for line in text.splitlines() if line.strip()), [])
    try:
        numbers = [number_of(one) for one in first]
    except ValueError:
        return False
    if len(numbers) <= BOX_NUMBERS:
        return False
    shares = all(0 <= number <= 1 for number in numbers[1:])
    return first[0].isdecimal() or (shares and numbers[0] >= 0 and numbers[0].is_integer())
