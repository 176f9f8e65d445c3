"""The `train` stage: split.parquet to a model, with metrics and plots logged by DVCLive."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from stages.common import stage_command

if TYPE_CHECKING:
    from dvclive import Live

    from pipeline.config import Params
    from pipeline.training.loop import EpochResult, Timing

SPLIT = Path("data/split/split.parquet")
MODEL = Path("models/model.pt")
CHECKPOINT = Path("models/checkpoints/last.pt")
LIVE = Path("reports/train")


class LiveObserver:
    """Logs each epoch with DVCLive; a resumed run logs the earlier epochs again, so that the files end up the same."""

    def __init__(self, live: "Live") -> None:
        self._live = live

    def batch_done(self, epoch: int, step: int, steps: int, loss: float) -> None:
        """Nothing: one row an epoch is logged."""

    def epoch_done(self, result: "EpochResult", timing: "Timing | None") -> None:
        """One row of metrics, and one line of progress."""
        from dataclasses import asdict

        for name, value in asdict(result).items():
            if name != "epoch":
                self._live.log_metric(name.replace("_", "/", 1), value)
        self._live.next_step()
        if timing is not None:
            busy = 1 - timing.waiting_s / timing.epoch_s
            click.echo(
                f"train: epoch {result.epoch}: loss {result.train_loss:.3f}, val loss {result.val_loss:.3f}, "
                f"val accuracy {result.val_accuracy:.3f}, {timing.epoch_s:.1f} s, {busy:.0%} of it computing"
            )


@stage_command
def command(params: "Params") -> None:
    """Train the classifier."""
    from dvclive import Live

    from pipeline.manifests import read_manifest
    from pipeline.records import Assignment
    from pipeline.training.checkpoint import save_model
    from pipeline.training.run import train_model, training_facts

    rows = read_manifest(SPLIT, Assignment)
    with Live(str(LIVE), dvcyaml=None, save_dvc_exp=False) as live:
        trained = train_model(
            rows, Path(), params.train, seed=params.seed, observer=LiveObserver(live), checkpoint=CHECKPOINT
        )
    facts = training_facts(trained, params.train, params.seed)
    save_model(MODEL, trained.model, facts)
    counts = ", ".join(f"{name} {count}" for name, count in facts["counts"].items())
    click.echo(f"train: {counts}; best epoch {facts['best_epoch']} of {facts['epochs_run']}, to {MODEL}")


if __name__ == "__main__":
    command()
