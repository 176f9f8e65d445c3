"""`maskwright find-lr`: the loss while the learning rate grows, and which rate to take."""

from typing import TYPE_CHECKING

import click

from pipeline.core.paths import SPLIT_TABLE
from stages.running.commands import stage_command
from stages.running.numbers import NumberRange
from stages.running.screen import say

if TYPE_CHECKING:
    from pipeline.core.params import Params

_LINES = 20
_RATE = NumberRange(0, 1000, min_open=True)


@stage_command
@click.option("--lowest", type=_RATE, default=1e-5, show_default=True, help="Learning rate of the first step.")
@click.option("--highest", type=_RATE, default=1.0, show_default=True, help="Learning rate of the last.")
@click.option("--steps", type=click.IntRange(10), default=100, show_default=True, help="Batches to train on.")
def command(params: "Params", lowest: float, highest: float, steps: int) -> None:
    """Try learning rates: train for some batches while the rate grows, and print the loss.

    The model is the one that train would begin with, on the same crops; it is thrown away. Take the rate that is
    printed last for train.lr, or a little less.
    """
    from pipeline.core.records import Assignment
    from pipeline.storage.manifests import read_manifest

    if not lowest < highest:
        raise click.UsageError(f"--lowest {lowest:g} must be below --highest {highest:g}")
    rows = read_manifest(SPLIT_TABLE, Assignment)
    from pipeline.training.lr_finding import losses_by_rate, suggested_rate
    from stages.train import sides_of

    sides = sides_of(params, rows)
    points = losses_by_rate(sides, params.train, seed=params.seed, lowest=lowest, highest=highest, steps=steps)
    for point in points[:: max(1, len(points) // _LINES)]:
        say(f"find-lr: {point.lr:9.2g}  loss {point.loss:.3f}")
    say(f"find-lr: the loss falls steepest at {suggested_rate(points):.2g}; train.lr is {params.train.lr:g}")


if __name__ == "__main__":
    command()
