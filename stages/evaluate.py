"""The `evaluate` stage: the model measured on the held-out side, as metrics.json and plots."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stages.common import stage_command

if TYPE_CHECKING:
    from pipeline.config import Params

SPLIT = Path("data/split/split.parquet")
MODEL = Path("models/model.pt")
METRICS = Path("reports/metrics.json")
PLOTS = Path("reports/plots")


@stage_command
def command(params: "Params") -> None:
    """Measure the classifier on held-out faces."""
    import torch

    from pipeline.evaluation.plots import confusion_rows, roc_rows, to_csv
    from pipeline.files import write_text
    from pipeline.manifests import read_manifest
    from pipeline.records import Assignment
    from pipeline.training.checkpoint import load_model
    from pipeline.training.data import CropDataset
    from pipeline.training.inference import choose_device, head_scores, predict
    from pipeline.training.run import usable_rows

    model, _ = load_model(MODEL, choose_device(params.train.device))
    heads = model.spec.heads
    rows = usable_rows(read_manifest(SPLIT, Assignment), "test", heads)
    data = CropDataset(rows, Path(), heads, model.spec.image_px)
    logits = predict(model, data, params.evaluate.batch_size)
    scores = head_scores(logits, data.labels, heads)
    metrics = {"test": {name: found.to_dict() for name, found in scores.items()}}
    write_text(METRICS, json.dumps(metrics, indent=2, sort_keys=True) + "\n")
    for position, head in enumerate(heads):
        known = data.labels[:, position] >= 0
        labels = data.labels[known, position].numpy()
        probabilities = torch.softmax(logits[head.name][known], 1).numpy()
        confusion = confusion_rows(labels, probabilities, head.classes)
        write_text(PLOTS / f"confusion_{head.name}.csv", to_csv(confusion, ("actual", "predicted")))
        curves = roc_rows(labels, probabilities, head.classes)
        write_text(PLOTS / f"roc_{head.name}.csv", to_csv(curves, ("class", "fpr", "tpr")))
    first = scores[heads[0].name]
    click.echo(f"evaluate: {len(rows)} test crops, accuracy {first.accuracy:.3f}, macro-F1 {first.macro_f1:.3f}")


if __name__ == "__main__":
    command()
