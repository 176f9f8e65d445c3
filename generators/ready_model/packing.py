"""From a trained `model.pt` to what comes along: weights as ONNX, a model card and the record of the training."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jinja2 import Environment, StrictUndefined
from numpy.typing import NDArray

from generators.ready_model.abstaining import coverage_table, unsure_below
from generators.ready_model.halving import halved
from generators.ready_model.priors import OTHER_EXPECTED, expect_fewer_covered
from pipeline.core.params import Params, load_params
from pipeline.core.paths import FACES_TABLE, MODEL, SPLIT_TABLE
from pipeline.core.records import Assignment, Face
from pipeline.masks import MaskParams, MaskSynthesizer, load_templates
from pipeline.scores.calibration import fit_temperature
from pipeline.scores.classification import score
from pipeline.storage.manifests import read_manifest
from pipeline.storage.whole_files import write_bytes
from pipeline.training.checkpoint import load_model
from pipeline.training.data import CropDataset
from pipeline.training.exporting import export_onnx
from pipeline.training.inference import predict
from pipeline.training.labels import UNKNOWN_LABEL, Head
from pipeline.training.models import MaskClassifier
from pipeline.training.random_mask import FaceMasking, landmarks_in_crops
from pipeline.training.run import usable_rows
from pipeline.training.transforms import train_transform

WANTED = {"mask_type": 0.95, "wear": 0.95, "valve": 0.95}
"""The share of the sure answers that is to be right on drawn faces as varied as those of training."""

_COVERAGES = (1.0, 0.95, 0.9, 0.8)
_COVERING_SHARE = 0.3
_BARE_TURNS = 4
"""Bare faces are shown so many times: there are fewer of them than of masked ones."""


@dataclass(frozen=True, slots=True)
class Calibrated:
    """One head on the validation side: its temperature, from which probability on it is sure, and how right it is."""

    head: Head
    temperature: float
    unsure_below: float
    accuracy: float
    count: int
    recall: dict[str, float]
    coverage: list[tuple[float, float]]


def pack(work: Path, out: Path) -> list[str]:
    """Write `model.onnx`, `card.md` and `record.json` into `out`; lines to read come back.

    Raises:
        MaskwrightError: the model of `work` can't be read.
    """
    params = load_params(work / "params.yaml")
    model, facts = load_model(work / MODEL, torch.device("cpu"))
    shift = expect_fewer_covered(model, params.train)
    found = [
        calibrated(head, *shown) for head, shown in zip(model.spec.heads, _shown(work, params, model), strict=True)
    ]
    use = facts | {
        "temperatures": {one.head.name: one.temperature for one in found},
        "unsure_below": {one.head.name: round(one.unsure_below, 4) for one in found},
    }
    data = halved(export_onnx(model, use))
    record = training_facts(params, use, found) | {"other": {"expected": OTHER_EXPECTED, "logit_shift": shift}}
    card = _card(record, len(data))
    write_bytes(out / "model.onnx", data)
    write_bytes(out / "record.json", (json.dumps(record, indent=1, sort_keys=True) + "\n").encode())
    write_bytes(out / "card.md", card.encode())
    return [f"{out}: {len(data) / 1e6:.1f} MB", *(_line(one) for one in found)]


def _line(one: Calibrated) -> str:
    return f"{one.head.name}: {one.accuracy:.1%} of {one.count} drawn, unsure below {one.unsure_below:.2f}"


def calibrated(head: Head, logits: NDArray[np.float32], labels: NDArray[np.int64]) -> Calibrated:
    """Fit the temperature, then the threshold, on logits `(N, classes)` and labels `(N,)` without unknown ones."""
    temperature = fit_temperature(logits, labels)
    shares = torch.softmax(torch.from_numpy(logits) / temperature, 1).numpy()
    scores = score(labels, shares, head.classes)
    return Calibrated(
        head,
        temperature,
        unsure_below(shares, labels, WANTED[head.name]),
        scores.accuracy,
        scores.count,
        {name: row.recall for name, row in scores.per_class.items()},
        coverage_table(shares, labels, _COVERAGES),
    )


def _shown(work: Path, params: Params, model: MaskClassifier) -> list[tuple[NDArray[np.float32], NDArray[np.int64]]]:
    """Logits and labels by head of the validation side, varied as in training and some bare faces covered."""
    heads = model.spec.heads
    data = _varied(work, params, heads, model.spec.image_px)
    logits = predict(model, data, params.train.batch_size, both_ways=True)
    labels = torch.stack([data[k][1] for k in range(len(data))])
    found = []
    for position, head in enumerate(heads):
        known = labels[:, position] != UNKNOWN_LABEL
        found.append((logits[head.name][known].numpy(), labels[known, position].numpy()))
    return found


def _varied(work: Path, params: Params, heads: tuple[Head, ...], image_px: int) -> CropDataset:
    rows = usable_rows(read_manifest(work / SPLIT_TABLE, Assignment), "val", heads)
    bare = [row for row in rows if row.mask_type == "none"]
    turns = [replace(row, sample_id=f"{row.sample_id}#{turn}") for turn in range(1, _BARE_TURNS) for row in bare]
    faces = read_manifest(work / FACES_TABLE, Face)
    points = landmarks_in_crops(faces, params.faces.crop_scale, params.faces.crop_px)
    landmarks = {row.sample_id: points[row.sample_id.split("#")[0]] for row in (*bare, *turns)}
    synthesizer = MaskSynthesizer(load_templates(), MaskParams())
    masking = FaceMasking(synthesizer, landmarks, work, 0, tuple(params.augment.masks), _COVERING_SHARE)
    transform = train_transform(params.train.augmentation, image_px)
    return CropDataset([*rows, *turns], work, heads, image_px, seed=params.seed, transform=transform, masking=masking)


def training_facts(params: Params, use: dict[str, Any], found: list[Calibrated]) -> dict[str, Any]:
    """Plain values: what the model was trained on and how, and what it does on drawn faces."""
    train = params.train.model_dump(mode="json")
    return {
        "counts": use["counts"],
        "sources": list(params.ingest.sources),
        "augment": {"per_face": params.augment.per_face, "mask": params.augment.mask},
        "train": train | {"weights": Path(train["weights"]).name},
        "best_epoch": use["best_epoch"],
        "epochs_run": use["epochs_run"],
        "parameters": use["parameters"],
        "torch": use["torch"],
        "heads": {
            one.head.name: {
                "classes": list(one.head.classes),
                "temperature": one.temperature,
                "unsure_below": one.unsure_below,
                "drawn": {"count": one.count, "accuracy": one.accuracy, "recall": one.recall},
                "coverage": one.coverage,
            }
            for one in found
        },
    }


def _card(record: dict[str, Any], size: int) -> str:
    """The card: facts of the training, then what `benchmarks.ready_model` measured, which real_photos.md keeps."""
    text = Path(__file__).with_name("card.md.j2").read_text(encoding="utf-8")
    page = Environment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False)  # noqa: S701 - Markdown of our own numbers
    real = Path(__file__).with_name("real_photos.md").read_text(encoding="utf-8")
    return page.from_string(text).render(size_mb=size / 1e6, **record) + "\n" + real
