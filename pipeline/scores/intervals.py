"""How far scores would vary on other samples of the same kind."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.core.shares import Interval
from pipeline.scores.classification import Labels

_BLOCK = 200
"""Resamplings at a time, so that memory doesn't grow with their number."""


def bootstrap_intervals(
    labels: Labels, predicted: Labels, groups: Sequence[str], classes: int, *, samples: int, rng: np.random.Generator
) -> dict[str, Interval]:
    """95 % percentile intervals of accuracy, balanced accuracy and macro-F1 (Efron & Tibshirani, 1993, ch. 13).

    Whole groups are drawn with replacement, not samples: photos of one person succeed and fail together. A
    resampling in which a class is missing scores over the others.
    """
    by_group = _group_confusions(labels, predicted, groups, classes)
    scores = []
    for start in range(0, samples, _BLOCK):
        draws = rng.multinomial(len(by_group), np.full(len(by_group), 1 / len(by_group)), min(_BLOCK, samples - start))
        scores.append(_scores(np.tensordot(draws, by_group, axes=1)))
    values = np.concatenate(scores)
    lows, highs = np.nanpercentile(values, [2.5, 97.5], axis=0)
    names = ("accuracy", "balanced_accuracy", "macro_f1")
    return {name: (float(low), float(high)) for name, low, high in zip(names, lows, highs, strict=True)}


def _group_confusions(labels: Labels, predicted: Labels, groups: Sequence[str], classes: int) -> NDArray[np.int64]:
    """Confusion matrices `(groups, classes, classes)`."""
    names, places = np.unique(np.asarray(groups), return_inverse=True)
    matrices = np.zeros((len(names), classes, classes), dtype=np.int64)
    np.add.at(matrices, (places, labels, predicted), 1)
    return matrices


def _scores(matrices: NDArray[np.int64]) -> NDArray[np.float64]:
    """Accuracy, balanced accuracy and macro-F1 `(N, 3)` of confusion matrices `(N, C, C)`."""
    right = np.diagonal(matrices, axis1=1, axis2=2).astype(np.float64)
    actual, called = matrices.sum(2), matrices.sum(1)
    present = actual > 0
    recall = right / np.maximum(actual, 1)
    f1 = 2 * right / np.maximum(actual + called, 1)
    count = np.maximum(present.sum(1), 1)
    accuracy = right.sum(1) / np.maximum(actual.sum(1), 1)
    return np.stack([accuracy, (recall * present).sum(1) / count, (f1 * present).sum(1) / count], axis=1)
