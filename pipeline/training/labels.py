"""What a model is asked: the classes of each output, and the label of a sample in them."""

from dataclasses import dataclass
from typing import Literal

from pipeline.core.records import MASK_TYPES, MaskType, Wear

Target = Literal["mask_type", "wear", "type_and_wear", "mask_presence"]
HeadName = Literal["mask_type", "wear", "mask_presence"]

UNKNOWN_LABEL = -100
"""A missing label: PyTorch's `ignore_index`, so that the loss leaves it out and the sample still serves other heads."""


@dataclass(frozen=True, slots=True)
class Head:
    """One output of a model and the classes it tells apart, in the order of its logits."""

    name: HeadName
    classes: tuple[str, ...]


MASK_TYPE_HEAD = Head("mask_type", MASK_TYPES)
WEAR_HEAD = Head("wear", ("none", "correct", "nose_exposed", "chin_exposed", "nose_mouth_exposed"))
PRESENCE_HEAD = Head("mask_presence", ("no_mask", "mask"))

_HEADS: dict[Target, tuple[Head, ...]] = {
    "mask_type": (MASK_TYPE_HEAD,),
    "wear": (WEAR_HEAD,),
    "type_and_wear": (MASK_TYPE_HEAD, WEAR_HEAD),
    "mask_presence": (PRESENCE_HEAD,),
}


def heads_of(target: Target) -> tuple[Head, ...]:
    """The outputs that a target needs; the first is the one that models are chosen by."""
    return _HEADS[target]


def label_of(head: Head, mask_type: MaskType, wear: Wear) -> int:
    """The index of the sample's class in `head.classes`, or `UNKNOWN_LABEL`.

    Whether there is a mask follows from either label: a face of unknown type that wears its mask correctly has one.

    >>> label_of(PRESENCE_HEAD, "unknown", "correct"), label_of(MASK_TYPE_HEAD, "unknown", "correct")
    (1, -100)
    """
    if head.name == "mask_presence":
        known = mask_type if mask_type != "unknown" else wear
        return UNKNOWN_LABEL if known == "unknown" else int(known != "none")
    value = mask_type if head.name == "mask_type" else wear
    return UNKNOWN_LABEL if value == "unknown" else head.classes.index(value)
