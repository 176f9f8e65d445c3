"""Shortcuts: how well the label follows from what has nothing to do with a mask.

A model that reaches the same accuracy from the file's size or from the picture's border as from the face has learnt the
collection, not the mask.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.core.arrays import Rgb
from pipeline.core.randomness import sample_seed

Features = NDArray[np.float64]
_SIDE = 16
_FOLDS = 5
_RIDGE = 1.0


@dataclass(frozen=True, slots=True)
class ShortcutScore:
    """How well one kind of evidence alone predicts the label.

    Attributes:
        evidence: What the prediction was made from.
        balanced_accuracy: Mean recall over the classes, by cross-validation over whole groups.
        chance: What guessing reaches: 1 / number of classes.
    """

    evidence: str
    balanced_accuracy: float
    chance: float


def picture_evidence(rgb: Rgb) -> dict[str, Features]:
    """What a crop shows beside the mask: its `border` and its `upper third`, as flat vectors."""
    small = cv2.resize(rgb, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).astype(np.float64) / 255
    ring = np.ones((_SIDE, _SIDE), dtype=bool)
    ring[1:-1, 1:-1] = False
    return {"border": small[ring].ravel(), "upper third": small[: _SIDE // 3].ravel()}


def one_hot(values: Sequence[str]) -> Features:
    """One column a value."""
    names = sorted(set(values))
    return np.array([[value == name for name in names] for value in values], dtype=np.float64)


def shortcut_scores(
    evidence: Mapping[str, Features], labels: Sequence[str], groups: Sequence[str]
) -> list[ShortcutScore]:
    """A score for each kind of evidence, the strongest shortcut first; none where there is a single class.

    Args:
        evidence: Feature matrices `(N, D)` by name.
        labels: The class of each sample.
        groups: Samples of one group are never on both sides of a fold.
    """
    classes = sorted(set(labels))
    if len(classes) < 2:
        return []
    target = np.array([classes.index(label) for label in labels])
    folds = np.array([sample_seed(0, f"shortcut:{group}") % _FOLDS for group in groups])
    scores = [
        ShortcutScore(name, _cross_validated(features, target, folds), 1 / len(classes))
        for name, features in evidence.items()
    ]
    return sorted(scores, key=lambda score: (-score.balanced_accuracy, score.evidence))


def _cross_validated(features: Features, target: NDArray[np.int64], folds: NDArray[np.int64]) -> float:
    predicted = np.full(len(target), -1)
    for fold in range(_FOLDS):
        inside = folds != fold
        if inside.any() and not inside.all():
            predicted[~inside] = _ridge_predictions(features[inside], target[inside], features[~inside])
    recalls = [float((predicted[target == c] == c).mean()) for c in np.unique(target)]
    return float(np.mean(recalls))


def _ridge_predictions(train: Features, target: NDArray[np.int64], test: Features) -> NDArray[np.int64]:
    """Least squares with a ridge on one indicator a class, classes weighted alike: needs no more than numpy."""
    mean, scale = train.mean(axis=0), train.std(axis=0) + 1e-9
    x = np.hstack([(train - mean) / scale, np.ones((len(train), 1))])
    counts = np.bincount(target)
    weight = 1 / np.maximum(counts[target], 1)
    indicators = np.eye(len(counts))[target]
    gram = (x * weight[:, None]).T @ x + _RIDGE / len(train) * np.eye(x.shape[1])
    solution = np.linalg.solve(gram, (x * weight[:, None]).T @ indicators)
    return np.asarray((np.hstack([(test - mean) / scale, np.ones((len(test), 1))]) @ solution).argmax(axis=1))
