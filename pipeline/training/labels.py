"""What a model is asked: the classes of each output, and the label of a sample in them."""

from dataclasses import dataclass
from typing import Literal

from pipeline.core.records import MASK_TYPES, Assignment, Masked, MaskType, Valve, Wear

Target = Literal["mask_type", "wear", "type_and_wear", "mask_presence", "wear_correctness", "all"]
HeadName = Literal["mask_type", "wear", "mask_presence", "wear_correctness", "valve"]

UNKNOWN_LABEL = -100
"""A missing label: PyTorch's `ignore_index`, so that the loss leaves it out and the sample still serves other heads."""


@dataclass(frozen=True, slots=True)
class Head:
    """One output of a model and the classes it tells apart, in the order of its logits."""

    name: HeadName
    classes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FaceLabels:
    """What is known of one face; `covered` is one whose mouth is hidden by something that is no mask."""

    mask_type: MaskType = "unknown"
    wear: Wear = "unknown"
    masked: Masked = "unknown"
    valve: Valve = "unknown"
    covered: bool = False

    @classmethod
    def of(cls, row: Assignment) -> "FaceLabels":
        """Those of a sample's row."""
        return cls(row.mask_type, row.wear, row.masked, row.valve)


MASK_TYPE_HEAD = Head("mask_type", MASK_TYPES)
TYPE_OR_OTHER_HEAD = Head("mask_type", (*MASK_TYPES, "other"))
"""With a class for faces that something else covers: a hand, a cup, a scarf."""
WEAR_HEAD = Head("wear", ("none", "correct", "nose_exposed", "chin_exposed", "nose_mouth_exposed"))
PRESENCE_HEAD = Head("mask_presence", ("no_mask", "mask"))
CORRECTNESS_HEAD = Head("wear_correctness", ("none", "correct", "incorrect"))
"""What remains of the wear where a source says "worn wrongly" and not how."""

VALVE_HEAD = Head("valve", ("no", "yes"))
"""Of masks alone: a bare face has no label."""

_HEADS: dict[Target, tuple[Head, ...]] = {
    "mask_type": (MASK_TYPE_HEAD,),
    "wear": (WEAR_HEAD,),
    "type_and_wear": (MASK_TYPE_HEAD, WEAR_HEAD),
    "mask_presence": (PRESENCE_HEAD,),
    "wear_correctness": (CORRECTNESS_HEAD,),
    "all": (TYPE_OR_OTHER_HEAD, WEAR_HEAD, VALVE_HEAD),
}


def heads_of(target: Target) -> tuple[Head, ...]:
    """The outputs that a target needs; the first is the one that models are chosen by."""
    return _HEADS[target]


def label_of(head: Head, labels: FaceLabels) -> int:
    """The index of the face's class in `head.classes`, or `UNKNOWN_LABEL`.

    Whether there is a mask follows from the other labels too: a face of unknown type that wears its mask correctly has
    one. Worn wrongly, nobody said how, is a class of `wear_correctness` and none of `wear`. A covered face is bare for
    every head but the one that has a class for it, and of no class for one that tells types apart without it.

    >>> correct = FaceLabels(wear="correct")
    >>> label_of(PRESENCE_HEAD, correct), label_of(MASK_TYPE_HEAD, correct)
    (1, -100)
    """
    wear = labels.wear
    said: dict[HeadName, str] = {
        "mask_type": "other" if labels.covered else labels.mask_type,
        "wear": wear,
        "mask_presence": _presence(labels.mask_type, wear, labels.masked),
        "wear_correctness": wear if wear in {"none", "correct", "unknown"} else "incorrect",
        "valve": labels.valve if labels.mask_type != "none" else "unknown",
    }
    value = said[head.name]
    return head.classes.index(value) if value in head.classes else UNKNOWN_LABEL


def _presence(mask_type: MaskType, wear: Wear, masked: Masked) -> str:
    if masked != "unknown":
        return "mask" if masked == "yes" else "no_mask"
    known = mask_type if mask_type != "unknown" else wear
    return known if known == "unknown" else "no_mask" if known == "none" else "mask"
