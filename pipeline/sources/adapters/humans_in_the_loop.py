"""The medical mask dataset of Humans in the Loop: faces, and what is worn on them, as separate boxes."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pipeline.sources.adapters.annotated import AnnotatedAdapter, Annotation, AnnotationClaim, box_of, number_of
from pipeline.sources.adapters.layout import ParsedTree, annotation_bytes, damaged, no_layout, table_rows
from pipeline.sources.adapters.tree import TreeFile, TreeSettings
from pipeline.sources.boxes import join_things
from pipeline.sources.matching import match_claims
from pipeline.sources.offers import Offer, OfferedBox, Refusal
from pipeline.sources.papers import decode_text

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

    paper: str
    line: int
    name: str
    numbers: tuple[float, float, float, float]
    label: str


class HumansInTheLoopAdapter(AnnotatedAdapter[TreeSettings]):
    """`annotations/<image>.json` where there is one, else the lines of Kaggle's `train.csv`."""

    settings_model = TreeSettings

    def offers(self) -> Iterator[Offer | Refusal]:
        """Every image with its faces.

        Raises:
            SourceError: there is no annotation of either form that can be read.
        """
        tree = ParsedTree(self.files())
        found = list(tree.names())
        jsons = tree.take(lambda file: file.name.lower().endswith(".json"))
        tables = tree.take(lambda file: file.name.lower() == "train.csv")
        read = [*(row for file in jsons for row in _from_json(file)), *_from_tables(tables)]
        claims = [row for row in read if not isinstance(row, Refusal)]
        if not tree.images or not claims:
            raise no_layout(self.workspace.name, EXPECTED, found, [row for row in read if isinstance(row, Refusal)])
        yield from self.matched(tree, _jsons_first(tree, claims), _offers)
        yield from (row for row in read if isinstance(row, Refusal))
        yield from tree.leftovers()


def _jsons_first(tree: ParsedTree, claims: list[AnnotationClaim]) -> list[AnnotationClaim]:
    """The claims of the JSON files, and those of the tables about images that no JSON file is of."""
    origins = [image.origin for image in tree.images]
    jsons, tables = ([claim for claim in claims if bool(claim.stem) == of_file] for of_file in (True, False))
    known = match_claims(origins, jsons)
    said_again = {
        claim.origin
        for origin, claim in match_claims(origins, tables).found.items()
        if origin in known.found or origin in known.contested
    }
    return [*jsons, *(claim for claim in tables if claim.origin not in said_again)]


def _offers(file: TreeFile, said: Annotation) -> Iterator[Offer | Refusal]:
    """The image with its faces, and a refusal for each mask that no masked face wears."""
    boxes = said.boxes
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


def _from_json(file: TreeFile) -> Iterator[AnnotationClaim | Refusal]:
    """What one file claims, and a row for each of its annotations that can't be used."""
    try:
        document = json.loads(decode_text(annotation_bytes(file)))
        name = str(document.get("FileName") or "")
        entries = list(document["Annotations"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        yield damaged(file.origin, f"not as expected ({EXPECTED}): {error!r}")
        return
    boxes = []
    for number, one in enumerate(entries):
        try:
            boxes.append(box_of(one["BoundingBox"], str(one["classname"])))
        except (ValueError, KeyError, TypeError) as error:
            yield damaged(f"{file.origin}#annotation{number}", repr(error))
    yield AnnotationClaim(file.origin, Annotation(tuple(boxes)), named=name, stem=file.name[: -len(".json")])


def _from_tables(files: Iterable[TreeFile]) -> Iterator[AnnotationClaim | Refusal]:
    """What the tables claim; what their columns mean is decided over all lines."""
    read = [row for file in files for row in _rows(file)]
    rows = [row for row in read if not isinstance(row, Refusal)]
    yield from (row for row in read if isinstance(row, Refusal))
    order = swapped_order(row.numbers for row in rows)
    boxes: defaultdict[tuple[str, str], list[OfferedBox]] = defaultdict(list)
    for row in rows:
        found = boxes[row.paper, row.name]
        try:
            found.append(box_of((row.numbers[index] for index in order), row.label))
        except ValueError as error:
            yield damaged(f"{row.paper}#line{row.line}", f"{row.name}: {error}")
    for (paper, name), found in boxes.items():
        yield AnnotationClaim(paper, Annotation(tuple(found)), number=name, named=name)


def _rows(file: TreeFile) -> Iterator[_Row | Refusal]:
    for found in table_rows(file, _COLUMNS):
        if isinstance(found, Refusal):
            yield found
            continue
        number, line = found
        try:
            x1, x2, y1, y2 = (number_of(line[column]) for column in ("x1", "x2", "y1", "y2"))
            if not line["name"] or not line["classname"]:
                raise ValueError("lacks its name or classname")
        except ValueError as error:
            yield damaged(f"{file.origin}#line{number}", error)
            continue
        yield _Row(file.origin, number, line["name"], (x1, x2, y1, y2), line["classname"])


def swapped_order(boxes: Iterable[tuple[float, float, float, float]]) -> tuple[int, int, int, int]:
    """Where left, top, right and bottom stand among the columns x1, x2, y1, y2, decided by the data.

    By their names they would be left, right, top, bottom; in Kaggle's file they are left, top, right, bottom.
    The reading under which more boxes are larger than a pixel wins; what doesn't fit it is rejected later.

    >>> swapped_order([(10, 200, 50, 260)])  # as named this box would reach from x 10 to 200, y 50 to 260
    (0, 2, 1, 3)
    >>> swapped_order([(10, 200, 50, 260), (300, 20, 340, 70)])  # as named the second would have x2 < x1
    (0, 1, 2, 3)
    """
    as_named = as_corners = 0
    for x1, x2, y1, y2 in boxes:
        as_named += x2 - x1 > 1 and y2 - y1 > 1
        as_corners += y1 - x1 > 1 and y2 - x2 > 1
    return (0, 2, 1, 3) if as_named >= as_corners else (0, 1, 2, 3)
