"""From assignment rows and parameters to a trained model."""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np
import torch

from pipeline.core.arrays import Rgb
from pipeline.core.errors import MaskwrightError
from pipeline.core.locations import Location, located
from pipeline.core.params import AugmentationParams, FacesParams, TrainParams
from pipeline.core.records import Assignment, Side
from pipeline.storage.digests import code_digest, digest_of_modules
from pipeline.storage.stores import read_bytes
from pipeline.training.backbones import IMAGENET_MEAN, IMAGENET_STD, load_initial_weights
from pipeline.training.checkpoint import CheckpointFile
from pipeline.training.data import CropDataset, Masking, channel_statistics
from pipeline.training.distributed import World
from pipeline.training.folds import with_fold
from pipeline.training.inference import fitted_temperatures
from pipeline.training.labels import UNKNOWN_LABEL, FaceLabels, Head, heads_of, label_of
from pipeline.training.loop import Observer, Trainer, TrainOutcome
from pipeline.training.models import MaskClassifier, ModelSpec, build_model
from pipeline.training.transforms import train_transform

_SPEED_ONLY = {"workers", "cache_mb", "device"}
"""Parameters that never change the result: a run killed and resumed may have others."""


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """A model, how its training went and what it was trained on."""

    model: MaskClassifier
    outcome: TrainOutcome
    counts: dict[str, int]
    temperatures: dict[str, float]


def usable_rows(rows: Sequence[Assignment], side: Side, heads: tuple[Head, ...]) -> list[Assignment]:
    """The rows of one side that have a label for at least one head, sorted by id.

    Raises:
        MaskwrightError: there are none.
    """
    found = [
        row
        for row in rows
        if row.side == side and any(label_of(head, FaceLabels.of(row)) != UNKNOWN_LABEL for head in heads)
    ]
    if not found:
        names = " or ".join(head.name for head in heads)
        raise MaskwrightError(f"no sample with a known {names} stands on the {side} side: add images or change split")
    return sorted(found, key=lambda row: row.sample_id)


def puts_things_on(asked: AugmentationParams) -> bool:
    """Whether masks or coverings are put on faces while training."""
    return asked.random_mask + asked.random_covering + asked.random_partial_covering > 0


def run_fingerprint(params: TrainParams, seed: int, rows: Sequence[Assignment], root: Location) -> str:
    """A digest of all that decides a run's result, crops and this package's code included.

    Where masks or coverings are put on while training, so are the code that draws them and the templates.
    Checkpoints are keyed by it: one that was made otherwise must not be resumed.

    Raises:
        MaskwrightError: a crop is missing.
    """
    facts = [params.model_dump(mode="json", exclude=_SPEED_ONLY), seed, str(torch.__version__)]
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode())
    digest.update(digest_of_modules("pipeline.training").encode())
    if puts_things_on(params.augmentation):
        digest.update(code_digest().encode())
    digest.update(_teacher_digest(params))
    for row in rows:
        digest.update(f"{row.sample_id}\0{row.side}\0{row.mask_type}\0{row.wear}\0{row.masked}\0{row.valve}\n".encode())
        place = located(root, row.crop_path)
        try:
            digest.update(hashlib.sha256(read_bytes(place)).digest())
        except OSError as error:
            raise MaskwrightError(f"{place}: {error.strerror}; run the stages before training") from error
    return digest.hexdigest()


def _teacher_digest(params: TrainParams) -> bytes:
    """Of the file that `train.teacher` names: another one under the same name teaches otherwise."""
    if params.teacher == "none":
        return b""
    try:
        return hashlib.sha256(Path(params.teacher).read_bytes()).digest()
    except OSError as error:
        raise MaskwrightError(f"train.teacher: {params.teacher}: {error.strerror}") from error


@dataclass(frozen=True, slots=True)
class TrainingSides:
    """The two sides that a run reads, as datasets of one kind of labels."""

    train: CropDataset
    val: CropDataset
    heads: tuple[Head, ...]

    @property
    def rows(self) -> list[Assignment]:
        """The rows of both."""
        return [*self.train.rows, *self.val.rows]


def training_sides(
    rows: Sequence[Assignment], root: Location, params: TrainParams, *, seed: int, masking: Masking | None = None
) -> TrainingSides:
    """The train side with augmentation, and with masks put on by `masking`; the val side, or `params.fold`, as it is.

    Raises:
        MaskwrightError: a side is empty, there is no such fold or a crop can't be read.
    """
    heads, rows = heads_of(params.target), with_fold(rows, params.fold)
    train_rows, val_rows = usable_rows(rows, "train", heads), usable_rows(rows, "val", heads)
    transform = train_transform(params.augmentation, params.image_px)
    return TrainingSides(
        CropDataset(
            train_rows,
            root,
            heads,
            params.image_px,
            seed=seed,
            transform=transform,
            masking=masking,
            cache_mb=params.cache_mb,
        ),
        CropDataset(val_rows, root, heads, params.image_px, cache_mb=params.cache_mb),
        heads,
    )


def train_model(
    sides: TrainingSides,
    params: TrainParams,
    *,
    seed: int,
    observer: Observer,
    checkpoint: CheckpointFile | None = None,
    world: World | None = None,
) -> TrainedModel:
    """Train on the train side, choosing the epoch on the val side.

    Raises:
        MaskwrightError: the model is impossible, or the run failed in a way that a parameter mends.
    """
    model = initial_model(params, sides.train, sides.heads, seed)
    trainer = Trainer(model, params, sides.train, sides.val, seed=seed, checkpoint=checkpoint, world=world)
    outcome = trainer.run(observer)
    temperatures = fitted_temperatures(model, sides.val, params.batch_size)
    return TrainedModel(model, outcome, _counts(sides.train.rows, sides.val.rows), temperatures)


def initial_model(params: TrainParams, train_data: CropDataset, heads: tuple[Head, ...], seed: int) -> MaskClassifier:
    """The model before its first step: its heads random, its backbone random or from `params.weights`.

    Raises:
        MaskwrightError: the model or its weights are impossible.
    """
    imagenet = params.normalisation == "imagenet" or (params.normalisation == "auto" and params.weights != "none")
    mean, std = (IMAGENET_MEAN, IMAGENET_STD) if imagenet else channel_statistics(train_data)
    torch.manual_seed(seed)
    model = build_model(ModelSpec(params.model, heads, params.image_px, mean, std, params.dropout))
    if params.weights != "none":
        load_initial_weights(model.backbone, params.model, params.weights)
    return model


def sample_sheet(data: CropDataset, columns: int = 8, lines: int = 4) -> Rgb:
    """A picture of training crops as the model sees them in its first epoch, each class in turn."""
    chosen = _spread(data.rows, columns * lines)
    images = [data[position][0].permute(1, 2, 0).numpy() for position in chosen]
    side = images[0].shape[0]
    sheet = np.full((lines * side, columns * side, 3), 255, dtype=np.uint8)
    for place, image in enumerate(images):
        top, left = place // columns * side, place % columns * side
        sheet[top : top + side, left : left + side] = image
    return sheet


def _spread(rows: Sequence[Assignment], count: int) -> list[int]:
    """At most `count` positions, taken from the classes in turn."""
    classes: dict[str, list[int]] = {}
    for position, row in enumerate(rows):
        classes.setdefault(row.mask_type, []).append(position)
    turns = zip_longest(*(classes[name] for name in sorted(classes)))
    return [position for turn in turns for position in turn if position is not None][:count]


def _counts(train_rows: Sequence[Assignment], val_rows: Sequence[Assignment]) -> dict[str, int]:
    counts = Counter(f"train/{row.mask_type}" for row in train_rows)
    counts.update(f"val/{row.mask_type}" for row in val_rows)
    return dict(sorted(counts.items()))


def training_record(trained: TrainedModel, params: TrainParams, faces: FacesParams, seed: int) -> dict[str, Any]:
    """Plain values that go with a model: parameters, how faces were cut out, counts, history."""
    best = trained.outcome.best
    return {
        "seed": seed,
        "params": params.model_dump(mode="json"),
        "faces": faces.model_dump(mode="json"),
        "counts": trained.counts,
        "epochs_run": len(trained.outcome.history),
        "best_epoch": best.epoch,
        "temperatures": trained.temperatures,
        "history": [asdict(result) for result in trained.outcome.history],
        "val_accuracy": best.val_accuracy,
        "val_macro_f1": best.val_macro_f1,
        "parameters": sum(p.numel() for p in trained.model.parameters()),
        "torch": str(torch.__version__),
    }
