"""The data behind the plots that `dvc plots` draws, as rows of CSV files."""

import csv
import io
from collections.abc import Sequence
from typing import Any

import numpy as np

from pipeline.evaluation.metrics import Labels, Probabilities


def confusion_rows(labels: Labels, probabilities: Probabilities, classes: Sequence[str]) -> list[dict[str, str]]:
    """One row a sample with its `actual` and `predicted` class, as DVC's confusion template counts them."""
    predicted = probabilities.argmax(1)
    return [{"actual": classes[a], "predicted": classes[p]} for a, p in zip(labels, predicted, strict=True)]


def roc_rows(labels: Labels, probabilities: Probabilities, classes: Sequence[str]) -> list[dict[str, Any]]:
    """The ROC curve of each class present against the rest: `class`, `fpr`, `tpr`, at most 200 points each."""
    rows = []
    for k in np.unique(labels):
        positive = labels == k
        if positive.all():
            continue
        order = np.argsort(-probabilities[:, k], kind="stable")
        hits, misses = np.cumsum(positive[order]), np.cumsum(~positive[order])
        last_of_ties = np.flatnonzero(np.append(np.diff(probabilities[order, k]) != 0, True))
        chosen = last_of_ties[np.unique(np.linspace(0, len(last_of_ties) - 1, 200).round().astype(int))]
        rows.append({"class": classes[k], "fpr": 0.0, "tpr": 0.0})
        rows += [
            {"class": classes[k], "fpr": float(misses[i] / misses[-1]), "tpr": float(hits[i] / hits[-1])}
            for i in chosen
        ]
    return rows


def to_csv(rows: Sequence[dict[str, Any]], columns: Sequence[str]) -> str:
    """CSV text with a header, also where there are no rows; numbers keep six digits."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows({k: f"{v:.6g}" if isinstance(v, float) else v for k, v in row.items()} for row in rows)
    return buffer.getvalue()
