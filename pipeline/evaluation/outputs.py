"""What evaluation leaves behind: numbers for DVC, rows for its plots, pages for people."""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pipeline.core.locations import Location, located
from pipeline.core.records import Assignment, Image
from pipeline.evaluation.cards import data_card, model_card, source_rows
from pipeline.evaluation.croissant import croissant
from pipeline.evaluation.evaluating import HeadResult
from pipeline.evaluation.flow import FlowRow
from pipeline.evaluation.plots import confusion_rows, prediction_rows, roc_rows, to_csv
from pipeline.evaluation.report import MaskPair, MeasuredSet, pictured_rows, render_report
from pipeline.storage.whole_files import write_text
from pipeline.training.data import read_crop
from pipeline.training.models import MaskClassifier


def write_numbers(out: Path, sets: Sequence[MeasuredSet]) -> None:
    """metrics.json with single numbers, evaluation.json with all the rest, and the plots' rows."""
    numbers = {m.found.name: {name: result.scalars() for name, result in m.results.items()} for m in sets}
    details = {m.found.name: {name: result.details() for name, result in m.results.items()} for m in sets}
    write_text(out / "metrics.json", _json(numbers))
    write_text(out / "evaluation.json", _json(details))
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


def write_pages(
    out: Path,
    model: MaskClassifier,
    facts: Mapping[str, Any],
    sets: Sequence[MeasuredSet],
    *,
    root: Location,
    pairs: Sequence[MaskPair],
    flow: Sequence[FlowRow],
) -> None:
    """report.html and model_card.md."""
    crops = {row.sample_id: read_crop(located(root, row.crop_path), model.spec.image_px) for row in pictured_rows(sets)}
    write_text(out / "report.html", render_report(model, facts, sets, crops=crops, pairs=pairs, flow=flow))
    write_text(out / "model_card.md", model_card(model.spec.model, facts, sets))


def write_dataset_cards(
    out: Path, manifest: Path, rows: Sequence[Assignment], images: Sequence[Image], flow: Sequence[FlowRow]
) -> None:
    """data_card.md and croissant.json of the dataset whose rows stand in `manifest`."""
    sources = source_rows(images, rows)
    write_text(out / "data_card.md", data_card(rows, sources, flow))
    digest = hashlib.sha256(manifest.read_bytes()).hexdigest()
    path = Path(os.path.relpath(manifest, out)).as_posix()
    write_text(out / "croissant.json", _json(croissant(rows, sources, sha256=digest, path=path)))


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
