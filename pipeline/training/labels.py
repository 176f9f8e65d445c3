"""What a model is asked: the classes of each output, and the label of a sample in them."""

from dataclasses import dataclass
from typing import Literal

from pipeline.core.records import MASK_TYPES, Masked, MaskType, Wear

Target = Literal["mask_type", "wear", "type_and_wear", "mask_presence", "wear_correctness"]
HeadName = Literal["mask_type", "wear", "mask_presence", "wear_correctness"]

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
CORRECTNESS_HEAD = Head("wear_correctness", ("none", "correct", "incorrect"))
"""What remains of the wear where a source says "worn wrongly" and not how."""

_HEADS: dict[Target, tuple[Head, ...]] = {
    "mask_type": (MASK_TYPE_HEAD,),
    "wear": (WEAR_HEAD,),
    "type_and_wear": (MASK_TYPE_HEAD, WEAR_HEAD),
    "mask_presence": (PRESENCE_HEAD,),
    "wear_correctness": (CORRECTNESS_HEAD,),
}


def heads_of(target: Target) -> tuple[Head, ...]:
    """The outputs that a target needs; the first is the one that models are chosen by."""
    return _HEADS[target]


def label_of(head: Head, mask_type: MaskType, wear: Wear, masked: Masked = "unknown") -> int:
    """The index of the sample's class in `head.classes`, or `UNKNOWN_LABEL`.

    Whether there is a mask follows from the other labels too: a face of unknown type that wears its mask correctly has
    one. Worn wrongly, nobody said how, is a class of `wear_correctness` and none of `wear`.

    >>> label_of(PRESENCE_HEAD, "unknown", "correct"), label_of(MASK_TYPE_HEAD, "unknown", "correct")
    (1, -100)
    """
    said: dict[HeadName, str] = {
        "mask_type": mask_type,
        "wear": wear,
        "mask_presence": _presence(mask_type, wear, masked),
        "wear_correctness": wear if wear in {"none", "correct", "unknown"} else "incorrect",
    }
    value = said[head.name]
    return head.classes.index(value) if value in head.classes else UNKNOWN_LABEL


def _presence(mask_type: MaskType, wear: Wear, masked: Masked) -> str:
    if masked != "unknown":
        return "mask" if masked == "yes" else "no_mask"
    known = mask_type if mask_type != "unknown" else wear
    return known if known == "unknown" else "no_mask" if known == "none" else "mask"
