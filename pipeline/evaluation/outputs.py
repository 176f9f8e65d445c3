"""What evaluation leaves behind: numbers for DVC, rows for its plots, pages for people."""

import hashlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.core.locations import Location, located
from pipeline.core.records import Assignment, Image
from pipeline.evaluation.cards import data_card, model_card, source_rows
from pipeline.evaluation.croissant import croissant
from pipeline.evaluation.flow import FlowRow
from pipeline.evaluation.measured import MeasuredSet, as_json
from pipeline.evaluation.report import MaskPair, pictured_rows, render_report
from pipeline.evaluation.responsible import responsible_fields
from pipeline.storage.crop_files import read_crop
from pipeline.storage.whole_files import write_text
from pipeline.training.models import MaskClassifier


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
    out: Path,
    manifest: Path,
    rows: Sequence[Assignment],
    images: Sequence[Image],
    flow: Sequence[FlowRow],
    *,
    root: Location,
    sets: Sequence[MeasuredSet],
) -> None:
    """data_card.md and croissant.json of the dataset whose rows stand in `manifest` and whose crops lie below `root`.

    `sets` are what a model was measured on: the slices where it lags are known biases.
    """
    sources = source_rows(images, rows)
    write_text(out / "data_card.md", data_card(rows, sources, flow))
    digest = hashlib.sha256(manifest.read_bytes()).hexdigest()
    rai = responsible_fields(rows, sources, flow, sets)
    path, pixels = _relative(manifest, out), _relative(root, out)
    write_text(out / "croissant.json", as_json(croissant(rows, sources, rai, sha256=digest, path=path, pixels=pixels)))


def _relative(place: Location, out: Path) -> str:
    """A path as it reads from `out`; an address as it is."""
    return Path(os.path.relpath(place, out)).as_posix() if isinstance(place, Path) else str(place)
