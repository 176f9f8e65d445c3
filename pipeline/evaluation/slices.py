"""Accuracy on parts of a set: where a model lags."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.core.shares import wilson_interval
from pipeline.scores.classification import Labels

_SMALLEST_LAGGING = 8
"""Fewer samples than this say nothing about a slice."""


@dataclass(frozen=True, slots=True)
class SliceScore:
    """Accuracy on the samples that share one value of an attribute, with its 95 % interval."""

    attribute: str
    value: str
    count: int
    accuracy: float
    low: float
    high: float


def slice_scores(labels: Labels, predicted: Labels, attributes: Sequence[dict[str, str]]) -> list[SliceScore]:
    """One score for each value of each attribute, attributes in their order, values sorted."""
    right = labels == predicted
    found = []
    for attribute in attributes[0] if attributes else ():
        values = np.array([row[attribute] for row in attributes])
        for value in np.unique(values):
            chosen = right[values == value]
            low, high = wilson_interval(int(chosen.sum()), len(chosen))
            found.append(SliceScore(attribute, str(value), len(chosen), float(chosen.mean()), low, high))
    return found


def lagging(scores: Sequence[SliceScore], accuracy: float) -> list[SliceScore]:
    """The slices whose whole interval lies below the set's accuracy, the farthest first."""
    below = [score for score in scores if score.high < accuracy and score.count >= _SMALLEST_LAGGING]
    return sorted(below, key=lambda score: (score.accuracy - accuracy, score.attribute, score.value))
