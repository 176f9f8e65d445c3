"""One model on one set of crops: every score, interval, curve and slice, as plain values."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import numpy as np

from pipeline.core.arrays import Rgb
from pipeline.core.locations import Location, located
from pipeline.core.randomness import sample_rng
from pipeline.core.records import Assignment
from pipeline.core.shares import Interval
from pipeline.evaluation.attributes import FaceGeometry, attributes_of
from pipeline.evaluation.external import EvaluationSet
from pipeline.evaluation.slices import SliceScore, lagging, slice_scores
from pipeline.scores.calibration import expected_calibration_error, reliability
from pipeline.scores.classification import Labels, Scores, score
from pipeline.scores.intervals import bootstrap_intervals
from pipeline.scores.probabilities import Logits, Probabilities, softmax
from pipeline.storage.crop_files import read_crop
from pipeline.training.labels import UNKNOWN_LABEL, FaceLabels, Head, label_of

_ATTRIBUTE_PX = 112


class Judge(Protocol):
    """A classifier that is measured, whatever runs it."""

    @property
    def heads(self) -> tuple[Head, ...]:
        """What it tells apart."""
        ...

    def logits(self, rows: Sequence[Assignment], root: Location) -> Mapping[str, Logits]:
        """Logits `(N, classes)` by head of the rows' crops, which lie under `root`."""
        ...


@dataclass(frozen=True, slots=True)
class HeadResult:
    """One head on one set; rows, labels and probabilities are those whose label is known, in one order."""

    head: Head
    rows: tuple[Assignment, ...]
    labels: Labels
    probabilities: Probabilities
    scores: Scores
    intervals: dict[str, Interval]
    calibration_error: float
    uncalibrated_error: float
    slices: tuple[SliceScore, ...]

    @property
    def predicted(self) -> Labels:
        """The most probable class of each row."""
        return np.asarray(self.probabilities.argmax(1), dtype=np.int64)

    def scalars(self) -> dict[str, Any]:
        """The numbers that `dvc metrics diff` compares."""
        found: dict[str, Any] = {
            "count": self.scores.count,
            "accuracy": self.scores.accuracy,
            "balanced_accuracy": self.scores.balanced_accuracy,
            "macro_f1": self.scores.macro_f1,
            "calibration_error": self.calibration_error,
            "uncalibrated_error": self.uncalibrated_error,
        }
        if self.scores.roc_auc is not None:
            found["roc_auc"] = self.scores.roc_auc
        for name, (low, high) in self.intervals.items():
            found |= {f"{name}_low": low, f"{name}_high": high}
        for kind in ("precision", "recall", "f1"):
            found[kind] = {name: getattr(row, kind) for name, row in self.scores.per_class.items() if row.support}
        return rounded_dict(found)

    def details(self) -> dict[str, Any]:
        """The scalars and all that is no single number."""
        found = {
            "classes": list(self.head.classes),
            "confusion": [list(row) for row in self.scores.confusion],
            "support": {name: row.support for name, row in self.scores.per_class.items()},
            "reliability": [asdict(b) for b in reliability(self.labels, self.probabilities)],
            "slices": [asdict(row) for row in self.slices],
            "lagging": [asdict(row) for row in lagging(self.slices, self.scores.accuracy)],
        }
        return self.scalars() | rounded_dict(found)


def rounded_dict(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values with every float at six digits: what lies beyond is noise between machines."""
    return {key: _rounded(value) for key, value in values.items()}


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return rounded_dict(value)
    if isinstance(value, list):
        return [_rounded(part) for part in value]
    return round(value, 6) if isinstance(value, float) else value


@dataclass(frozen=True, slots=True)
class Measuring:
    """How sets are measured, the same for each of them.

    Attributes:
        root: What `crop_path` is relative to.
        temperatures: By head, from the validation side.
        seen_templates: Names of the templates on the training side.
        bootstrap_samples: Resamplings behind each interval; 0 gives none.
    """

    root: Location
    temperatures: Mapping[str, float]
    seen_templates: frozenset[str]
    bootstrap_samples: int
    seed: int

    def measure(self, judge: Judge, found: EvaluationSet) -> dict[str, HeadResult]:
        """The result of each head that has a known label in the set."""
        logits = judge.logits(found.rows, self.root)
        attributes = [self._attributes(row, found.geometry.get(row.sample_id, FaceGeometry())) for row in found.rows]
        results: dict[str, HeadResult] = {}
        for head in judge.heads:
            labels = _labels(head, found.rows)
            known = np.flatnonzero(labels != UNKNOWN_LABEL)
            if len(known):
                results[head.name] = self._head_result(
                    head,
                    rows=[found.rows[k] for k in known],
                    labels=labels[known],
                    logits=logits[head.name][known],
                    attributes=[attributes[k] for k in known],
                )
        return results

    def _head_result(
        self,
        head: Head,
        *,
        rows: Sequence[Assignment],
        labels: Labels,
        logits: Logits,
        attributes: Sequence[dict[str, str]],
    ) -> HeadResult:
        probabilities = softmax(logits, self.temperatures.get(head.name, 1.0))
        predicted = probabilities.argmax(1).astype(np.int64)
        intervals: dict[str, Interval] = {}
        if self.bootstrap_samples:
            intervals = bootstrap_intervals(
                labels,
                predicted,
                [row.group for row in rows],
                len(head.classes),
                samples=self.bootstrap_samples,
                rng=sample_rng(self.seed, f"bootstrap:{head.name}"),
            )
        return HeadResult(
            head=head,
            rows=tuple(rows),
            labels=labels,
            probabilities=probabilities,
            scores=score(labels, probabilities, head.classes),
            intervals=intervals,
            calibration_error=expected_calibration_error(labels, probabilities),
            uncalibrated_error=expected_calibration_error(labels, softmax(logits)),
            slices=tuple(slice_scores(labels, predicted, attributes)),
        )

    def _attributes(self, row: Assignment, geometry: FaceGeometry) -> dict[str, str]:
        return attributes_of(row, self._crop(row), geometry, self.seen_templates)

    def _crop(self, row: Assignment) -> Rgb:
        return read_crop(located(self.root, row.crop_path), _ATTRIBUTE_PX)


def _labels(head: Head, rows: Sequence[Assignment]) -> Labels:
    return np.array([label_of(head, FaceLabels.of(row)) for row in rows], dtype=np.int64)


def worst_mistakes(result: HeadResult, count: int) -> list[int]:
    """Positions of the wrong answers, the most confident first."""
    wrong = np.flatnonzero(result.predicted != result.labels)
    confidence = result.probabilities[wrong].max(1)
    return [int(wrong[k]) for k in np.argsort(-confidence, kind="stable")[:count]]
