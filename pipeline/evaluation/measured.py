"""A set of crops with what a model made of it, and its numbers as files."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipeline.core.shares import wilson_interval
from pipeline.evaluation.evaluating import HeadResult, rounded_dict
from pipeline.evaluation.external import EvaluationSet
from pipeline.evaluation.plots import confusion_rows, prediction_rows, roc_rows, to_csv
from pipeline.storage.whole_files import write_text

_TITLES = {
    "test_synthetic": "Held-out faces, masks drawn by us",
    "test_real": "Held-out faces, masks people wore",
}


@dataclass(frozen=True, slots=True)
class MeasuredSet:
    """A set of crops and a model's results on it, by head."""

    found: EvaluationSet
    results: Mapping[str, HeadResult]

    @property
    def title(self) -> str:
        """The set's name for people."""
        return _TITLES.get(self.found.name, f"External photos: {self.found.name}")

    @property
    def is_real(self) -> bool:
        """Whether no mask in it was drawn."""
        return not any(row.synthetic for row in self.found.rows)


def write_numbers(out: Path, sets: Sequence[MeasuredSet]) -> None:
    """metrics.json with single numbers, evaluation.json with all the rest, and the plots' rows."""
    numbers = {m.found.name: {name: result.scalars() for name, result in m.results.items()} for m in sets}
    details = {m.found.name: {name: result.details() for name, result in m.results.items()} for m in sets}
    write_text(out / "metrics.json", as_json(numbers))
    write_text(out / "evaluation.json", as_json(details))
    for measured in sets:
        for name, result in measured.results.items():
            _write_plots(out / "plots" / measured.found.name / name, result)


def _write_plots(folder: Path, result: HeadResult) -> None:
    labels, probabilities, classes = result.labels, result.probabilities, result.head.classes
    confusion = to_csv(confusion_rows(labels, probabilities, classes), ("actual", "predicted"))
    write_text(folder / "confusion.csv", confusion)
    for name, curve in roc_rows(labels, probabilities, classes).items():
        write_text(folder / "roc" / f"{name}.csv", to_csv(curve, ("fpr", "tpr")))
    columns = ("attribute", "value", "count", "accuracy", "low", "high")
    write_text(folder / "slices.csv", to_csv([asdict(row) for row in result.slices], columns))
    predictions = prediction_rows([row.sample_id for row in result.rows], labels, probabilities, classes)
    write_text(folder / "predictions.csv", to_csv(predictions, tuple(predictions[0])))


def as_json(value: Any) -> str:
    """The text of a JSON file that people may read and compare."""
    return json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def write_abstaining(out: Path, sets: Sequence[MeasuredSet], unsure_below: Mapping[str, float]) -> None:
    """unsure.json: how many answers a model stands by, and how many of those are right; of heads that may abstain."""
    found = {
        measured.found.name: {
            name: abstaining(result, unsure_below[name])
            for name, result in measured.results.items()
            if name in unsure_below
        }
        for measured in sets
    }
    write_text(out / "unsure.json", as_json(found))


def abstaining(result: HeadResult, threshold: float) -> dict[str, Any]:
    """The share of answers at or above a threshold, and their accuracy with its 95 % interval."""
    answered = result.probabilities.max(1) >= threshold
    right = int((result.predicted == result.labels)[answered].sum())
    count = int(answered.sum())
    low, high = wilson_interval(right, count)
    accuracy = right / count if count else None
    share = {"unsure_below": threshold, "answered": count / len(answered), "accuracy_low": low, "accuracy_high": high}
    return rounded_dict(share | {"accuracy": accuracy})


def confusion_table(result: HeadResult) -> str:
    """Lines for people: a row what it is, a column what the model said, and how much of each class it knew."""
    classes = result.head.classes
    width = max(map(len, classes)) + 2
    lines = [" " * width + "".join(name.rjust(width) for name in classes) + "recall".rjust(width)]
    for name, counts in zip(classes, result.scores.confusion, strict=True):
        if support := sum(counts):
            recall = f"{result.scores.per_class[name].recall:.1%}".rjust(width)
            lines.append(name.ljust(width) + "".join(str(count).rjust(width) for count in counts) + recall)
            low, high = wilson_interval(counts[classes.index(name)], support)
            lines[-1] += f"  ({low:.1%} to {high:.1%})"
    return "\n".join(lines)
