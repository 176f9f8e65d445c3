"""What a source says against itself of one image: of it as a whole and of its faces, or twice of one face."""

from collections.abc import Iterator, Mapping

from pipeline.core.agreement import LABEL_FIELDS, SAME_FACE, contradict, overlap
from pipeline.core.records import LabelledBox
from pipeline.sources.labels import Label


def boxes_at_odds_with_each_other(boxes: Mapping[int, LabelledBox]) -> dict[int, str]:
    """Why a box can't be believed, by its number: another lies in its place, and its label says something else.

    Two annotators draw one face a little differently; none of them is known to be right.
    """
    odd: dict[int, str] = {}
    for one, other in _of_one_place(boxes):
        for field in LABEL_FIELDS:
            values = getattr(boxes[one], field), getattr(boxes[other], field)
            if contradict(*values, field):
                odd.setdefault(one, f"{field} {values[0]}, and box{other} in its place says {values[1]}")
                odd.setdefault(other, f"{field} {values[1]}, and box{one} in its place says {values[0]}")
    return odd


def _of_one_place(boxes: Mapping[int, LabelledBox]) -> Iterator[tuple[int, int]]:
    """The pairs of boxes of one face, by their numbers; nothing where all have one label."""
    labels = {tuple(getattr(box, field) for field in LABEL_FIELDS) for box in boxes.values()}
    order = sorted(boxes, key=lambda number: boxes[number].left) if len(labels) > 1 else []
    for place, one in enumerate(order):
        for other in order[place + 1 :]:
            if boxes[other].left >= boxes[one].right:
                break
            if overlap(boxes[one], boxes[other]) >= SAME_FACE:
                yield one, other


def image_against_boxes(label: Label, boxes: Mapping[int, LabelledBox]) -> str:
    """What the label of a whole image says that its boxes deny, in words; empty where it may be true.

    That there is no mask is denied by one that is worn, anything else by boxes that all say otherwise.
    """
    for field in LABEL_FIELDS:
        said = getattr(label, field)
        odd = [number for number, box in boxes.items() if contradict(said, getattr(box, field), field)]
        if odd and (len(odd) == len(boxes) or (label.masked == "no" and field in {"masked", "mask_type"})):
            return f"the image is said to have {field} {said}, and its box{odd[0]} {getattr(boxes[odd[0]], field)}"
    return ""
