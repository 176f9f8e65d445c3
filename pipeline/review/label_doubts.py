"""Labels that are worth a second look: a list for a person, never applied.

Two witnesses are asked. The masked-face cue, trained on synthetic masks, tells bare from masked. And a linear model on
the cue's features, trained on the other folds of the same labels, tells the types; what it surely takes for another
type is doubted, by confident learning (Northcutt, Jiang, Chuang: JAIR 70, 2021).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from pipeline.core.randomness import sample_seed
from pipeline.core.records import Face, Image
from pipeline.engine.containment import Contained, Failed
from pipeline.faces.masked_cue import align_patch, face_features, masked_face_cue
from pipeline.storage.images import read_image

FOLDS = 5
_FEWEST = 2 * FOLDS
"""A type with fewer faces than this isn't learnt, and isn't doubted by the model."""
_REGULARISATION = 0.003
_SURE = 0.98
"""Probability from which the cue is believed against a label."""

Probabilities = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelDoubt:
    """A face whose label is doubted, a row of `review.parquet`.

    Attributes:
        mask_type: The label.
        suggested: What the model takes the face for; `none` or `masked` where only the cue doubts.
        margin: How much likelier the suggestion is than the label, 0 to 1.
        witness: `model`, `cue` or `both`.
    """

    face_id: str
    image_id: str
    path: str
    mask_type: str
    suggested: str
    margin: float
    witness: str


@dataclass(frozen=True, slots=True)
class Doubt:
    """The doubt about one label, by its position."""

    row: int
    suggested: str
    margin: float
    witness: str


@dataclass(frozen=True, slots=True)
class Review:
    """The doubts, the most doubtful first, of so many labelled faces; `unreadable` ones were left out."""

    doubts: list[LabelDoubt]
    faces: int
    unreadable: int


def review_faces(images: Sequence[Image], faces: Sequence[Face], groups: Mapping[str, str], seed: int) -> Review:
    """Doubt the labels of the faces; `groups` names the group of each image, `seed` chooses the folds."""
    by_id = {image.id: image for image in images}
    labelled = [face for face in faces if face.mask_type != "unknown" and face.image_id in by_id]
    look = Contained(_look)
    seen, masked, features = [], [], []
    for face in labelled:
        looked = look((face, Path(by_id[face.image_id].path)))
        if isinstance(looked, Failed):  # the file went since, or is odd; the count says so
            continue
        seen.append(face)
        masked.append(looked[0])
        features.append(looked[1])
    doubts = doubt_labels(
        [face.mask_type for face in seen],
        np.array(masked),
        np.array(features, dtype=np.float32),
        [groups[face.image_id] for face in seen],
        seed,
    )
    rows = [
        LabelDoubt(
            face_id=seen[doubt.row].id,
            image_id=seen[doubt.row].image_id,
            path=by_id[seen[doubt.row].image_id].path,
            mask_type=seen[doubt.row].mask_type,
            suggested=doubt.suggested,
            margin=doubt.margin,
            witness=doubt.witness,
        )
        for doubt in doubts
    ]
    return Review(rows, len(labelled), len(labelled) - len(seen))


def _look(shown: tuple[Face, Path]) -> tuple[float, NDArray[np.float32]]:
    """The cue's probability that a face of a photo is masked, and its features."""
    face, photo = shown
    rgb = read_image(photo).rgb
    landmarks = np.array(face.landmarks, dtype=np.float32).reshape(-1, 2)
    return masked_face_cue().probability(rgb, landmarks), face_features(align_patch(rgb, landmarks))


def doubt_labels(
    labels: Sequence[str], masked: Probabilities, features: NDArray[np.float32], groups: Sequence[str], seed: int = 0
) -> list[Doubt]:
    """The doubted labels, the most doubtful first.

    Args:
        labels: The mask type of each face.
        masked: The cue's probability that each is masked, `(N,)`.
        features: `face_features` of each, `(N, F)`.
        groups: Faces of one group are never on both sides of a fold.
        seed: Another seed gives other folds.
    """
    by_model = {doubt.row: doubt for doubt in _doubts_of_model(labels, features, groups, seed)}
    by_cue = {doubt.row: doubt for doubt in _doubts_of_cue(labels, masked)}
    doubts = [
        Doubt(row, by_model[row].suggested, max(by_model[row].margin, by_cue[row].margin), "both")
        if row in by_model and row in by_cue
        else by_model.get(row) or by_cue[row]
        for row in sorted(by_model.keys() | by_cue.keys())
    ]
    return sorted(doubts, key=lambda doubt: (doubt.witness != "both", -doubt.margin, doubt.row))


def _doubts_of_cue(labels: Sequence[str], masked: Probabilities) -> list[Doubt]:
    doubts = []
    for row, (label, probability) in enumerate(zip(labels, masked, strict=True)):
        against = probability if label == "none" else 1 - probability
        if against >= _SURE:
            doubts.append(Doubt(row, "masked" if label == "none" else "none", float(2 * against - 1), "cue"))
    return doubts


def _doubts_of_model(
    labels: Sequence[str], features: NDArray[np.float32], groups: Sequence[str], seed: int
) -> list[Doubt]:
    counts = {name: labels.count(name) for name in sorted(set(labels))}
    classes = [name for name, count in counts.items() if count >= _FEWEST]
    rows = np.array([row for row, label in enumerate(labels) if label in classes])
    if len(classes) < 2:
        return []
    target = np.array([classes.index(labels[row]) for row in rows])
    folds = np.array([sample_seed(seed, f"review:{groups[row]}") % FOLDS for row in rows])
    probabilities = out_of_fold(features[rows], target, folds, len(classes))
    return [
        Doubt(int(rows[i]), classes[j], float(probabilities[i, j] - probabilities[i, target[i]]), "model")
        for i, j in confident_disagreements(probabilities, target)
    ]


def out_of_fold(
    features: NDArray[np.float32], target: NDArray[np.int64], folds: NDArray[np.int64], classes: int
) -> Probabilities:
    """Probabilities `(N, classes)`, each from a model that was trained on the other folds."""
    found = np.full((len(target), classes), 1 / classes)
    for fold in np.unique(folds):
        inside = folds != fold
        if len(np.unique(target[inside])) < 2:
            continue
        scaler = StandardScaler().fit(features[inside])
        model = LogisticRegression(C=_REGULARISATION, class_weight="balanced", max_iter=500)
        model.fit(scaler.transform(features[inside]), target[inside])
        held_out = np.zeros((int((~inside).sum()), classes))
        held_out[:, model.classes_] = model.predict_proba(scaler.transform(features[~inside]))
        found[~inside] = held_out
    return found


def confident_disagreements(probabilities: Probabilities, target: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Positions and other classes: where another class is at least as likely as it is on average where it is the label.

    >>> confident_disagreements(np.array([[0.9, 0.1], [0.8, 0.2], [0.2, 0.8], [0.95, 0.05]]), np.array([0, 0, 1, 1]))
    [(3, 0)]
    """
    usual = np.array([probabilities[target == c, c].mean() for c in range(probabilities.shape[1])])
    confident = np.where(probabilities >= usual, probabilities, -1.0)
    best = confident.argmax(axis=1)
    doubted = (confident.max(axis=1) >= 0) & (best != target)
    return [(int(row), int(best[row])) for row in np.flatnonzero(doubted)]
