"""Scores of a classifier from its probabilities."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.core.errors import MaskwrightError

Labels = NDArray[np.int64]
Probabilities = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class ClassScores:
    """One class: how much of what was called so is so, how much of what is so was called so, and how many there are."""

    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores of one head on one set of samples; `confusion[true][predicted]` counts samples.

    Balanced accuracy, macro-F1 and ROC-AUC are means over the classes that have samples; the AUC is one class
    against the rest and None where only one class has samples.
    """

    count: int
    accuracy: float
    balanced_accuracy: float
    macro_f1: float
    roc_auc: float | None
    per_class: dict[str, ClassScores]
    confusion: tuple[tuple[int, ...], ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


def confusion_matrix(labels: Labels, predicted: Labels, classes: int) -> NDArray[np.int64]:
    """Counts `(classes, classes)`, the true class by row.

    >>> confusion_matrix(np.array([0, 0, 1]), np.array([0, 1, 1]), 2).tolist()
    [[1, 1], [0, 1]]
    """
    matrix = np.zeros((classes, classes), dtype=np.int64)
    np.add.at(matrix, (labels, predicted), 1)
    return matrix


def score(labels: Labels, probabilities: Probabilities, classes: Sequence[str]) -> Scores:
    """All scores of probabilities `(N, classes)` against labels `(N,)`.

    Raises:
        MaskwrightError: there are no samples.
    """
    if len(labels) == 0:
        raise MaskwrightError(f"no sample has a known label among {', '.join(classes)}: nothing to score")
    matrix = confusion_matrix(labels, probabilities.argmax(1).astype(np.int64), len(classes))
    per_class = _per_class(matrix)
    present = matrix.sum(1) > 0
    return Scores(
        count=len(labels),
        accuracy=float(np.trace(matrix) / matrix.sum()),
        balanced_accuracy=float(per_class[present, 1].mean()),
        macro_f1=float(per_class[present, 2].mean()),
        roc_auc=roc_auc(labels, probabilities),
        per_class={
            name: ClassScores(float(p), float(r), float(f), int(matrix[k].sum()))
            for k, (name, (p, r, f)) in enumerate(zip(classes, per_class, strict=True))
        },
        confusion=tuple(tuple(int(value) for value in row) for row in matrix),
    )


def _per_class(matrix: NDArray[np.int64]) -> NDArray[np.float64]:
    """Precision, recall and F1 by class, 0 where nothing was called so or is so."""
    right = np.diag(matrix).astype(np.float64)
    precision = right / np.maximum(matrix.sum(0), 1)
    recall = right / np.maximum(matrix.sum(1), 1)
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
    return np.stack([precision, recall, f1], axis=1)


def roc_auc(labels: Labels, probabilities: Probabilities) -> float | None:
    """The mean over the classes present of the area under the curve of that class against the rest."""
    present = np.unique(labels)
    if len(present) < 2:
        return None
    return float(np.mean([_binary_auc(labels == k, probabilities[:, k]) for k in present]))


def _binary_auc(positive: NDArray[np.bool_], values: NDArray[np.float32]) -> float:
    """The chance that a positive sample's value is above a negative one's, ties counted half (Mann-Whitney)."""
    negatives = np.sort(values[~positive])
    below = np.searchsorted(negatives, values[positive], side="left")
    up_to = np.searchsorted(negatives, values[positive], side="right")
    return float((below + up_to).mean() / 2 / len(negatives))
