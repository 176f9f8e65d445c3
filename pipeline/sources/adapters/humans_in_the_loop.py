"""The medical mask dataset of Humans in the Loop: faces, and what is worn on them, as separate boxes."""

import csv
import io
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from pipeline.core.errors import SourceError
from pipeline.sources.adapters.layout import ParsedTree, match_images, no_layout, read_annotation
from pipeline.sources.adapters.tree import TreeAdapter, TreeFile, TreeSettings
from pipeline.sources.boxes import join_things
from pipeline.sources.offers import Offer, OfferedBox, Refusal

EXPECTED = "images/0001.jpg with annotations/0001.jpg.json, or train.csv with name, x1, x2, y1, y2, classname"

WEARING = frozenset({"face_with_mask", "face_with_mask_incorrect", "face_other_covering"})
COVERINGS = frozenset(
    {"mask_surgical", "mask_colorful", "face_shield", "gas_mask", "scarf_bandana", "balaclava_ski_mask", "hijab_niqab"}
)
"""Classes that say what covers a face; the others that are no face are clothes and glasses."""

_COLUMNS = ("name", "x1", "x2", "y1", "y2", "classname")


@dataclass(frozen=True, slots=True)
class _Row:
    """A line of train.csv: four numbers in the file's own order, meaning not yet known."""

    name: str
    numbers: tuple[float, float, float, float]
    label: str


class HumansInTheLoopAdapter(TreeAdapter[TreeSettings]):
    """`annotations/<image>.json` where there is one, else the lines of Kaggle's `train.csv`."""

    settings_model = TreeSettings

    def offers(self) -> Iterator[Offer | Refusal]:
        """Every image with its faces; an image without annotation has no label.

        Raises:
            SourceError: no annotation of either form, or one that can't be read.
        """
        tree = ParsedTree(self.files())
        found = list(tree.names())
        jsons = tree.take(lambda file: file.name.lower().endswith(".json"))
        tables = tree.take(lambda file: file.name.lower() == "train.csv")
        boxes = {**_from_tables(tables), **_from_jsons(jsons)}
        if not tree.images or not boxes:
            raise no_layout(self.workspace.name, EXPECTED, found)
        for one in match_images(tree.images, boxes):
            if isinstance(one, Refusal):
                yield one
            else:
                yield from _offers(one[0], one[1] or ())
        yield from tree.leftovers()


def _offers(file: TreeFile, boxes: Iterable[OfferedBox]) -> Iterator[Offer | Refusal]:
    """The image with its faces, and a refusal for each mask that no masked face wears."""
    boxes = list(boxes)
    wearing = [box for box in boxes if box.labels[0] in WEARING]
    bare = [box for box in boxes if box.labels[0].startswith("face_") and box.labels[0] not in WEARING | COVERINGS]
    things = [box for box in boxes if box not in wearing and box not in bare]
    joined, left = join_things(wearing, [thing for thing in things if thing.labels[0] in COVERINGS])
    dressed, _ = join_things([*joined, *bare], [thing for thing in things if thing.labels[0] not in COVERINGS])
    yield Offer(origin=file.origin, file=file.path, in_place=file.in_place, boxes=tuple(dressed))
    for thing in left:
        place = f"{thing.left:g},{thing.top:g},{thing.right:g},{thing.bottom:g}"
        detail = f"{thing.labels[0]} at {place} lies on no face that is labelled as covered"
        yield Refusal(origin=f"{file.origin}#box", reason="box_without_face", detail=detail)


def _from_jsons(files: Iterable[TreeFile]) -> dict[str, list[OfferedBox]]:
    boxes: dict[str, list[OfferedBox]] = {}
    for file in files:
        try:
            document = json.loads(read_annotation(file))
            name = str(document.get("FileName") or file.name.removesuffix(".json"))
            boxes[name] = [_annotation(one) for one in document["Annotations"]]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise SourceError(f"{file.path}: not an annotation as expected ({EXPECTED}): {error!r}") from error
    return boxes


def _annotation(one: dict[str, Any]) -> OfferedBox:
    left, top, right, bottom = map(float, one["BoundingBox"])
    return OfferedBox(left=left, top=top, right=right, bottom=bottom, labels=(str(one["classname"]),))


def _from_tables(files: Iterable[TreeFile]) -> dict[str, list[OfferedBox]]:
    rows = [row for file in files for row in _rows(file)]
    order = swapped_order(row.numbers for row in rows)
    boxes: defaultdict[str, list[OfferedBox]] = defaultdict(list)
    for row in rows:
        left, top, right, bottom = (row.numbers[index] for index in order)
        box = OfferedBox(left=left, top=top, right=right, bottom=bottom, labels=(row.label,))
        boxes[row.name].append(box)
    return dict(boxes)


def _rows(file: TreeFile) -> Iterator[_Row]:
    reader = csv.DictReader(io.StringIO(read_annotation(file)))
    missing = [column for column in _COLUMNS if column not in (reader.fieldnames or ())]
    if missing:
        raise SourceError(f"{file.path}: lacks the column(s) {', '.join(missing)}; {EXPECTED}")
    for line in reader:
        try:
            numbers = (float(line["x1"]), float(line["x2"]), float(line["y1"]), float(line["y2"]))
        except (TypeError, ValueError) as error:
            raise SourceError(f"{file.path}: line {reader.line_num}: {error}") from error
        yield _Row(line["name"], numbers, line["classname"])


def swapped_order(boxes: Iterable[tuple[float, float, float, float]]) -> tuple[int, int, int, int]:
    """Where left, top, right and bottom stand among the columns x1, x2, y1, y2, decided by the data.

    By their names they would be left, right, top, bottom; in Kaggle's file they are left, top, right, bottom.
    The reading under which more boxes have a positive size wins; what doesn't fit it is rejected later.

    >>> swapped_order([(10, 200, 50, 260)])  # as named this box would reach from x 10 to 200, y 50 to 260
    (0, 2, 1, 3)
    >>> swapped_order([(10, 200, 50, 260), (300, 20, 340, 70)])  # as named the second would have x2 < x1
    (0, 1, 2, 3)
    """
    as_named = as_corners = 0
    for x1, x2, y1, y2 in boxes:
        as_named += x1 < x2 and y1 < y2
        as_corners += x1 < y1 and x2 < y2
    return (0, 2, 1, 3) if as_named >= as_corners else (0, 1, 2, 3)
