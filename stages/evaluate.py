"""The `evaluate` stage: the model measured on held-out faces and real photos; metrics, plots, report and cards.

With `--model` any model is measured on folders of photos, outside of the road: a user's own photos before any training.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.core.errors import MaskwrightError
from pipeline.core.paths import EXTERNAL_CROPS, MODEL, REPORTS, SPLIT_TABLE
from stages.running.commands import dvc_stage, with_messages
from stages.running.screen import say
from stages.running.utf8 import Utf8Command

if TYPE_CHECKING:
    from pipeline.core.params import Params
    from pipeline.evaluation.external import EvaluationSet
    from pipeline.evaluation.measured import MeasuredSet


@dvc_stage
def road(params: "Params") -> None:
    """Measure the classifier on held-out faces, or with --model any model on folders of photos."""
    from pipeline.storage.presence import require_present

    require_present(MODEL, SPLIT_TABLE)
    from pipeline.core.records import Assignment
    from pipeline.evaluation.evaluating import Measuring
    from pipeline.evaluation.external import held_out_sets
    from pipeline.evaluation.inputs import dataset_flow, face_geometry, mask_pairs
    from pipeline.evaluation.measured import MeasuredSet, write_numbers
    from pipeline.evaluation.outputs import write_dataset_cards, write_pages
    from pipeline.evaluation.trained import TrainedJudge
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
        seed=params.seed,
    )
    judge = TrainedJudge(model, params.evaluate.batch_size, params.evaluate.both_ways)
    found = held_out_sets(rows, face_geometry(root)) + _external_sets(params)
    if not found:
        raise MaskwrightError("the test side has no two classes and evaluate.external is empty: nothing to measure on")
    sets = [MeasuredSet(one, measuring.measure(judge, one)) for one in found]
    flow = dataset_flow(root, params.ingest.sources)
    write_numbers(REPORTS, sets)
    write_pages(REPORTS, model, facts, sets, root=pixels, pairs=mask_pairs(root, pixels, rows), flow=flow)
    images = ingested_images(root, params.ingest.sources)
    write_dataset_cards(REPORTS, SPLIT_TABLE, rows, images, flow, root=pixels, sets=sets)
    _log(sets)


def _log(sets: "Sequence[MeasuredSet]") -> None:
    for measured in sets:
        for name, result in measured.results.items():
            scores, interval = result.scores, result.intervals.get("accuracy")
            span = f" ({interval[0]:.3f} to {interval[1]:.3f})" if interval else ""
            say(
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


def _chosen(model: str | None, external: tuple[str, ...], out: Path, **options: Any) -> None:
    """What the command runs: the road, or any model on folders."""
    if model is not None:
        with_messages(lambda: _measure_on_folders(model, _named_folders(external), out))
    elif external:
        raise click.UsageError("--external goes with --model; for the trained model name folders in params.yaml")
    else:
        click.get_current_context().invoke(road, **options)


def _named_folders(words: Sequence[str]) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for word in words:
        name, equals, folder = word.partition("=")
        if not (name and equals and folder) or "/" in name or name in found:
            raise MaskwrightError(f"--external {word}: expected NAME=FOLDER, each name once and without /")
        found[name] = Path(folder)
        if not found[name].is_dir():
            raise MaskwrightError(f"--external {word}: no such folder")
    if not found:
        raise MaskwrightError("--model: say on which photos, with --external NAME=FOLDER")
    return found


def _measure_on_folders(model: str, folders: Mapping[str, Path], out: Path) -> None:
    """Crops, numbers and plots' rows below `out`."""
    from pipeline.prediction.ready import READY
    from pipeline.storage.presence import require_present

    require_present(*([] if model == READY else [Path(model)]))
    from pipeline.core.params import Params
    from pipeline.evaluation.evaluating import Measuring
    from pipeline.evaluation.external import external_set
    from pipeline.evaluation.judges import CropJudge
    from pipeline.evaluation.measured import MeasuredSet, confusion_table, write_abstaining, write_numbers
    from pipeline.faces.finding import FaceFinder
    from pipeline.training.loading import load_classifier

    usual, classifier = Params(), load_classifier(model)
    usage, judge = classifier.usage, CropJudge(classifier, usual.evaluate.batch_size, usual.evaluate.both_ways)
    measuring = Measuring(out, usage.temperatures, frozenset(), usual.evaluate.bootstrap_samples, usual.seed)
    find = FaceFinder(usage.crop).find
    sets = []
    for name, folder in folders.items():
        found = external_set(name, folder, Path("crops") / name, root=out, find=find, params=usage.crop)
        told = replace(judge, incorrect=any(row.wear == "incorrect" for row in found.rows))
        sets.append(MeasuredSet(found, measuring.measure(told, found)))
    if not any(measured.results for measured in sets):
        raise MaskwrightError("no photo could be used: nothing to measure on")
    write_numbers(out, sets)
    write_abstaining(out, sets, usage.unsure_below)
    _log(sets)
    for measured in sets:
        for result in measured.results.values():
            say(f"\n{measured.found.name}: {result.head.name}\n{confusion_table(result)}")


command = Utf8Command(
    "evaluate",
    help=road.help,
    callback=_chosen,
    params=[
        *road.params,
        click.Option(["--model"], help="Measure this model: `ready`, an .onnx file, or a model.pt."),
        click.Option(["--external"], multiple=True, metavar="NAME=FOLDER", help="Photos in sub-folders by class."),
        click.Option(
            ["--out"], default=Path("measured"), show_default=True, type=click.Path(file_okay=False, path_type=Path)
        ),
    ],
)


if __name__ == "__main__":
    command()
