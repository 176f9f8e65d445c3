"""Which learning rate to take: the loss while the rate grows from step to step (Smith, 2017, arXiv:1506.01186)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from pipeline.core.errors import MaskwrightError
from pipeline.core.params import TrainParams
from pipeline.training.data import Batch, EpochOrder
from pipeline.training.distributed import World
from pipeline.training.inference import autocast, choose_device, train_loader
from pipeline.training.losses import multi_head_loss
from pipeline.training.optimization import make_optimizer
from pipeline.training.run import TrainingSides, initial_model
from pipeline.training.transforms import to_unit

_SMOOTHING = 0.9
"""Share of the mean so far in the loss that is told: single batches jump."""
_RUN_AWAY = 4.0
"""The search ends where the smoothed loss is so many times the least: what follows teaches nothing."""
_SKIPPED = 0.1
"""Part of the steps at the start that the steepest fall isn't sought in: the mean has not settled."""


@dataclass(frozen=True, slots=True)
class RatePoint:
    """The smoothed training loss at one learning rate of the heads."""

    lr: float
    loss: float


def losses_by_rate(
    sides: TrainingSides, params: TrainParams, *, seed: int, lowest: float, highest: float, steps: int
) -> list[RatePoint]:
    """Train for `steps` batches while the rate grows evenly in its logarithm; nothing of the model is kept.

    `backbone_lr_scale` holds as it does in training. The points end early where the loss runs away, or is
    no number any more.

    Raises:
        MaskwrightError: the model is impossible, or the rates aren't in order.
    """
    if not 0 < lowest < highest:
        raise MaskwrightError(f"the lowest rate {lowest:g} must be above 0 and below the highest, {highest:g}")
    device = choose_device(params.device)
    model = initial_model(params, sides.train, sides.heads, seed).to(device).train()
    optimizer = make_optimizer(model, params)
    scales = [group["lr"] / params.lr for group in optimizer.param_groups]
    rates, points, mean = np.geomspace(lowest, highest, steps), list[RatePoint](), 0.0
    for step, batch in enumerate(_batches(sides, params, seed, steps)):
        for group, scale in zip(optimizer.param_groups, scales, strict=True):
            group["lr"] = rates[step] * scale
        images, labels = to_unit(batch.images.to(device)), batch.labels.to(device)
        with autocast(device, params.precision):
            logits = model(images)
        loss = multi_head_loss(logits, labels, sides.heads, [None] * len(sides.heads))
        if not torch.isfinite(loss):  # no slope leads to it, and none from it
            break
        mean = _SMOOTHING * mean + (1 - _SMOOTHING) * float(loss.detach())
        points.append(RatePoint(float(rates[step]), mean / (1 - _SMOOTHING ** (step + 1))))
        if points[-1].loss >= _RUN_AWAY * min(point.loss for point in points):
            break
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return points


def _batches(sides: TrainingSides, params: TrainParams, seed: int, steps: int) -> Iterator[Batch]:
    """As many batches as are asked for, epoch after epoch."""
    torch.manual_seed(seed)
    order = EpochOrder(len(sides.train), seed, World())
    loader = train_loader(sides.train, min(params.batch_size, len(order)), 0, order, pin=False)
    done = 0
    while True:
        order.set_epoch(done)
        for batch in loader:
            if done == steps:
                return
            done += 1
            yield batch


def suggested_rate(points: Sequence[RatePoint]) -> float:
    """The rate at which the loss falls steepest; a half to a tenth of where it is least, most of the time.

    Raises:
        MaskwrightError: the loss never falls.
    """
    first = int(_SKIPPED * len(points))
    losses = np.array([point.loss for point in points])[first:]
    slopes = np.gradient(losses) if len(losses) > 2 else np.zeros(0)
    if not len(slopes) or slopes.min() >= 0:
        raise MaskwrightError("the loss falls at none of these rates: try others, or more steps")
    return points[first + int(slopes.argmin())].lr
