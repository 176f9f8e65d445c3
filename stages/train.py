"""The `train` stage: split.parquet to a model, with metrics, plots and sample images logged by DVCLive.

Several processes: `torchrun --nproc-per-node 2 -m stages.train`.
"""

import os
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

from pipeline.core.paths import CHECKPOINT, FACES_TABLE, MASKED_TABLE, MODEL, SPLIT_TABLE, TRAINING_LOG
from stages.running.commands import dvc_stage
from stages.running.screen import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dvclive import Live

    from pipeline.core.params import Params
    from pipeline.core.records import Assignment
    from pipeline.training.distributed import World
    from pipeline.training.loop import EpochResult, Timing
    from pipeline.training.random_mask import FaceMasking
    from pipeline.training.run import TrainedModel, TrainingSides


class LiveObserver:
    """Logs each epoch with DVCLive, and shows progress on a terminal.

    A resumed run logs the earlier epochs again, so that the files end up the same.
    """

    def __init__(self, live: "Live | None", epochs: int) -> None:
        from rich.progress import Progress, TextColumn

        self._live, self._epochs = live, epochs
        columns = (*Progress.get_default_columns(), TextColumn("loss {task.fields[loss]:.3f}"))
        self.progress = Progress(*columns, transient=True, disable=not sys.stderr.isatty())
        self._task = self.progress.add_task("train", loss=float("nan"))

    def batch_done(self, epoch: int, step: int, steps: int, loss: float) -> None:
        """Move the bar."""
        done = epoch * steps + step + 1
        self.progress.update(self._task, completed=done, total=self._epochs * steps, loss=loss)

    def epoch_done(self, result: "EpochResult", timing: "Timing | None") -> None:
        """One row of metrics, and one line to read."""
        if self._live is not None:
            for name, value in asdict(result).items():
                if name != "epoch":
                    self._live.log_metric(name.replace("_", "/", 1), value)
            self._live.next_step()
        if timing is not None:
            computing = 1 - timing.waiting_s / timing.steps_s
            say(
                f"train: epoch {result.epoch}: loss {result.train_loss:.3f}, val loss {result.val_loss:.3f}, "
                f"val accuracy {result.val_accuracy:.3f}, {timing.steps_s:.1f} s, {computing:.0%} of it computing"
            )


@dvc_stage
def command(params: "Params") -> None:
    """Train the classifier."""
    from pipeline.core.records import Assignment
    from pipeline.storage.manifests import read_manifest

    rows = read_manifest(SPLIT_TABLE, Assignment)
    from pipeline.training.distributed import joined_world

    sides = sides_of(params, rows)
    with joined_world(os.environ) as world:
        if not world.is_first:
            _train(params, sides, world, None)
            return
        trained = _train_logged(params, sides, world)
    _save(params, trained)
    CHECKPOINT.unlink(missing_ok=True)  # it served to go on after a kill


def sides_of(params: "Params", rows: "Sequence[Assignment]") -> "TrainingSides":
    """Both sides as the parameters ask for them, with what is put on faces."""
    from pipeline.training.run import training_sides

    return training_sides(rows, params.storage.pixels, params.train, seed=params.seed, masking=_masking(params))


def _masking(params: "Params") -> "FaceMasking | None":
    """What puts masks and coverings on faces while training, if the parameters ask for it."""
    from pipeline.training.run import puts_things_on

    asked = params.train.augmentation
    if not puts_things_on(asked):
        return None
    from pipeline.augment.templates_in_use import templates_for
    from pipeline.core.records import Face, MaskedImage
    from pipeline.masks import MaskParams, MaskSynthesizer
    from pipeline.storage.manifests import read_manifest
    from pipeline.training.random_mask import FaceMasking, landmarks_in_crops

    templates = templates_for(params.augment.templates, params.augment.masks)
    shown = {name: t for name, t in templates.items() if name not in params.augment.holdout_templates}
    synthesizer = MaskSynthesizer(shown, MaskParams.model_validate(params.augment.mask))
    masked = read_manifest(MASKED_TABLE, MaskedImage) if asked.random_partial_covering else []
    samples: list[Face | MaskedImage] = [*read_manifest(FACES_TABLE, Face), *masked]
    return FaceMasking(
        synthesizer,
        landmarks_in_crops(samples, params.faces.crop_scale, params.faces.crop_px),
        params.storage.pixels,
        asked.random_mask,
        params.augment.masks,
        asked.random_covering,
        asked.random_partial_covering,
    )


def _train(params: "Params", sides: "TrainingSides", world: "World", live: "Live | None") -> "TrainedModel":
    from pipeline.training.checkpoint import CheckpointFile
    from pipeline.training.run import run_fingerprint, train_model

    file = CheckpointFile(CHECKPOINT, run_fingerprint(params.train, params.seed, sides.rows, params.storage.pixels))
    observer = LiveObserver(live, params.train.epochs)
    with observer.progress:
        return train_model(sides, params.train, seed=params.seed, observer=observer, checkpoint=file, world=world)


def _train_logged(params: "Params", sides: "TrainingSides", world: "World") -> "TrainedModel":
    from dvclive import Live

    from pipeline.training.run import sample_sheet

    with Live(str(TRAINING_LOG), dvcyaml=None, save_dvc_exp=False) as live:
        live.log_image("train_crops.png", sample_sheet(sides.train))
        return _train(params, sides, world, live)


def _save(params: "Params", trained: "TrainedModel") -> None:
    from pipeline.training.checkpoint import save_model
    from pipeline.training.run import training_record

    facts = training_record(trained, params.train, params.faces, params.seed)
    save_model(MODEL, trained.model, facts)
    counts = ", ".join(f"{name} {count}" for name, count in facts["counts"].items())
    say(f"train: {counts}; best epoch {facts['best_epoch']} of {facts['epochs_run']}, to {MODEL}")


if __name__ == "__main__":
    command()
