"""The data behind the plots that `dvc plots` draws, as rows of CSV files."""

import csv
import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_curve

from pipeline.scores.classification import Labels
from pipeline.scores.probabilities import Probabilities

_MOST_POINTS = 200


def confusion_rows(labels: Labels, probabilities: Probabilities, classes: Sequence[str]) -> list[dict[str, str]]:
    """One row a sample with its `actual` and `predicted` class, as DVC's confusion template counts them."""
    predicted = probabilities.argmax(1)
    return [{"actual": classes[a], "predicted": classes[p]} for a, p in zip(labels, predicted, strict=True)]


def prediction_rows(
    sample_ids: Sequence[str], labels: Labels, probabilities: Probabilities, classes: Sequence[str]
) -> list[dict[str, Any]]:
    """One row a sample with its id, `actual`, `predicted` and the probability of each class."""
    confusion = confusion_rows(labels, probabilities, classes)
    shares = [{f"p_{name}": float(p) for name, p in zip(classes, row, strict=True)} for row in probabilities]
    return [
        {"sample_id": sample_id} | names | row
        for sample_id, names, row in zip(sample_ids, confusion, shares, strict=True)
    ]


def roc_rows(labels: Labels, probabilities: Probabilities, classes: Sequence[str]) -> dict[str, list[dict[str, float]]]:
    """The ROC curve of each class present against the rest: rows of `fpr` and `tpr`, at most 200, by class."""
    present = [k for k in np.unique(labels) if not (labels == k).all()]
    return {classes[k]: _curve(labels == k, probabilities[:, k]) for k in present}


def _curve(positive: NDArray[np.bool_], values: NDArray[np.float32]) -> list[dict[str, float]]:
    false, true, _ = roc_curve(positive, values, drop_intermediate=False)
    chosen = 1 + np.unique(np.linspace(0, len(true) - 2, _MOST_POINTS).round().astype(int))
    return [{"fpr": float(false[i]), "tpr": float(true[i])} for i in (0, *chosen)]


def to_csv(rows: Sequence[dict[str, Any]], columns: Sequence[str]) -> str:
    """CSV text with a header, also where there are no rows; numbers keep six digits."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows({k: f"{v:.6g}" if isinstance(v, float) else v for k, v in row.items()} for row in rows)
    return buffer.getvalue()
