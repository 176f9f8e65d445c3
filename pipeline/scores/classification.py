"""Scores of a classifier from its probabilities."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, confusion_matrix, precision_recall_fscore_support, roc_auc_score

from pipeline.core.errors import MaskwrightError
from pipeline.scores.probabilities import Probabilities

Labels = NDArray[np.int64]


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


def score(labels: Labels, probabilities: Probabilities, classes: Sequence[str]) -> Scores:
    """All scores of probabilities `(N, classes)` against labels `(N,)`.

    Raises:
        MaskwrightError: there are no samples.
    """
    if len(labels) == 0:
        raise MaskwrightError(f"no sample has a known label among {', '.join(classes)}: nothing to score")
    predicted, numbers = probabilities.argmax(1), range(len(classes))
    columns = precision_recall_fscore_support(labels, predicted, labels=numbers, zero_division=0)
    per_class = [ClassScores(float(p), float(r), float(f), int(n)) for p, r, f, n in zip(*columns, strict=True)]
    present = [row for row in per_class if row.support]
    matrix = confusion_matrix(labels, predicted, labels=numbers)
    return Scores(
        count=len(labels),
        accuracy=float(accuracy_score(labels, predicted)),
        balanced_accuracy=float(np.mean([row.recall for row in present])),
        macro_f1=float(np.mean([row.f1 for row in present])),
        roc_auc=roc_auc(labels, probabilities),
        per_class=dict(zip(classes, per_class, strict=True)),
        confusion=tuple(tuple(row) for row in matrix.tolist()),
    )


def roc_auc(labels: Labels, probabilities: Probabilities) -> float | None:
    """The mean over the classes present of the area under the curve of that class against the rest."""
    present = np.unique(labels)
    if len(present) < 2:
        return None
    return float(np.mean([roc_auc_score(labels == k, probabilities[:, k]) for k in present]))
