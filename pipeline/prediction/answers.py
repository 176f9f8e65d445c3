"""What a classifier says of a face, in words: the most probable class of each head, or that it is unsure."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.faces.detectors import Box
from pipeline.prediction.usage import ModelUsage
from pipeline.scores.probabilities import Logits, softmax

Shares = Mapping[str, NDArray[np.float32]]
"""The probability of each class by head, `float32 (classes,)`."""

_WITHOUT_VALVE = frozenset({"none", "other"})


@dataclass(frozen=True, slots=True)
class Answer:
    """What one head says of a face: the most probable class, its probability, and those of all classes.

    `unsure` says that the probability is below what the model needs to be right often enough: `label` is then the best
    guess, and no answer to build on.
    """

    label: str
    probability: float
    probabilities: dict[str, float]
    unsure: bool = False


@dataclass(frozen=True, slots=True)
class FacePrediction:
    """One face of a photo: its box in pixels, and the answers by head.

    A head `valve` answers only where `mask_type` is a mask.
    """

    box: Box
    answers: dict[str, Answer]


def shares_of(usage: ModelUsage, logits: Mapping[str, Logits]) -> list[dict[str, NDArray[np.float32]]]:
    """Calibrated probabilities by head for each of the faces that logits `(N, classes)` speak of."""
    by_head = {head: softmax(values, usage.temperatures.get(head, 1.0)) for head, values in logits.items()}
    count = len(next(iter(by_head.values())))
    return [{head: shares[face] for head, shares in by_head.items()} for face in range(count)]


def answers_of(usage: ModelUsage, shares: Shares) -> dict[str, Answer]:
    """The answer of each head that has one, in the model's order."""
    return {head: _answer(usage, head, shares[head]) for head in answering_heads(usage, shares)}


def answering_heads(usage: ModelUsage, shares: Shares) -> list[str]:
    """The heads that have an answer, in the model's order: `valve` where the type is a mask alone."""
    types = usage.classes.get("mask_type")
    bare = types is not None and types[int(shares["mask_type"].argmax())] in _WITHOUT_VALVE
    return [head for head in usage.classes if not (bare and head == "valve")]


def _answer(usage: ModelUsage, head: str, shares: NDArray[np.float32]) -> Answer:
    classes = usage.classes[head]
    best = int(shares.argmax())
    by_class = {name: float(share) for name, share in zip(classes, shares, strict=True)}
    probability = by_class[classes[best]]
    return Answer(classes[best], probability, by_class, probability < usage.unsure_below.get(head, 0.0))
