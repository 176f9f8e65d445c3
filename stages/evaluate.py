"""The `evaluate` stage: the model measured on held-out faces and real photos; metrics, plots, report and cards."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.core.errors import MaskwrightError
from pipeline.core.paths import EXTERNAL_CROPS, MODEL, REPORTS, SPLIT_TABLE
from stages.running.commands import dvc_stage

if TYPE_CHECKING:
    from pipeline.core.params import Params
    from pipeline.evaluation.external import EvaluationSet
    from pipeline.evaluation.report import MeasuredSet


@dvc_stage
def command(params: "Params") -> None:
    """Measure the classifier on held-out faces."""
    from pipeline.core.records import Assignment
    from pipeline.evaluation.evaluating import Measuring
    from pipeline.evaluation.external import held_out_sets
    from pipeline.evaluation.inputs import dataset_flow, face_geometry, mask_pairs
    from pipeline.evaluation.outputs import write_dataset_cards, write_numbers, write_pages
    from pipeline.evaluation.report import MeasuredSet
    from pipeline.storage.ingested import ingested_images
    from pipeline.storage.manifests import read_manifest
    from pipeline.training.checkpoint import load_model
    from pipeline.training.inference import choose_device
    from pipeline.training.stored import require_facts

    root, pixels = Path(), params.storage.pixels
    model, facts = load_model(MODEL, choose_device(params.train.device))
    require_facts(MODEL, facts, "temperatures", "history", "params", "parameters", "counts")
    rows = read_manifest(SPLIT_TABLE, Assignment)
    measuring = Measuring(
        root=pixels,
        temperatures=facts["temperatures"],
        seen_templates=frozenset(row.template for row in rows if row.template and row.side == "train"),
        bootstrap_samples=params.evaluate.bootstrap_samples,
        batch_size=params.evaluate.batch_size,
        both_ways=params.evaluate.both_ways,
        seed=params.seed,
    )
    found = held_out_sets(rows, face_geometry(root)) + _external_sets(params)
    if not found:
        raise MaskwrightError("the test side has no two classes and evaluate.external is empty: nothing to measure on")
    sets = [MeasuredSet(one, measuring.measure(model, one)) for one in found]
    flow = dataset_flow(root, params.ingest.sources)
    write_numbers(REPORTS, sets)
    write_pages(REPORTS, model, facts, sets, root=pixels, pairs=mask_pairs(root, pixels, rows), flow=flow)
    write_dataset_cards(REPORTS, SPLIT_TABLE, rows, ingested_images(root, params.ingest.sources), flow)
    _log(sets)


def _log(sets: "Sequence[MeasuredSet]") -> None:
    for measured in sets:
        for name, result in measured.results.items():
            scores, interval = result.scores, result.intervals.get("accuracy")
            span = f" ({interval[0]:.3f} to {interval[1]:.3f})" if interval else ""
            click.echo(
                f"evaluate: {measured.found.name}: {name}: {scores.count} crops, "
                f"{len(measured.found.rejections)} rejected, accuracy {scores.accuracy:.3f}{span}, "
                f"macro-F1 {scores.macro_f1:.3f}"
            )


def _external_sets(params: "Params") -> "list[EvaluationSet]":
    from pipeline.evaluation.external import external_set
    from pipeline.faces.finding import FaceFinder

    if not params.evaluate.external:
        return []
    find = FaceFinder(params.faces).find
    return [
        external_set(name, folder, EXTERNAL_CROPS / name, root=params.storage.pixels, find=find, params=params.faces)
        for name, folder in params.evaluate.external.items()
    ]


if __name__ == "__main__":
    command()
