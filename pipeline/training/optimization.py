"""The optimiser, the learning rate over time and the moving average of the weights."""

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.optim import SGD, AdamW, Optimizer
from torch.optim.lr_scheduler import LambdaLR

from pipeline.core.params import TrainParams
from pipeline.training.models import MaskClassifier

_FINAL_LR_SHARE = 0.001


def make_optimizer(model: MaskClassifier, params: TrainParams) -> Optimizer:
    """Weights decay, biases and normalisation don't; the backbone's rate is `backbone_lr_scale` of the heads'."""
    groups = []
    for in_backbone in (True, False):
        rate = params.lr * (params.backbone_lr_scale if in_backbone else 1.0)
        members = [p for name, p in model.named_parameters() if name.startswith("backbone.") == in_backbone]
        groups.append({"params": [p for p in members if p.ndim > 1], "lr": rate, "weight_decay": params.weight_decay})
        groups.append({"params": [p for p in members if p.ndim <= 1], "lr": rate, "weight_decay": 0.0})
    if params.optimizer == "sgd":
        return SGD(groups, lr=params.lr, momentum=params.momentum, nesterov=params.momentum > 0)
    return AdamW(groups, lr=params.lr)


def make_schedule(
    optimizer: Optimizer, params: TrainParams, steps_an_epoch: int, scores: Callable[[], Sequence[float]] = tuple
) -> LambdaLR:
    """A schedule stepped once a batch; `scores` gives those of the epochs so far, by which `plateau` falls."""
    total, warmup = params.epochs * steps_an_epoch, params.warmup_epochs * steps_an_epoch
    if params.schedule == "one_cycle":
        warmup = 0.3 * total
    decay = params.schedule in {"one_cycle", "cosine"}

    def share(step: int) -> float:
        fallen = plateau_share(scores(), params) if params.schedule == "plateau" else 1.0
        return lr_share(step, total, warmup, decay=decay) * fallen

    return LambdaLR(optimizer, share)


def refresh(schedule: LambdaLR) -> None:
    """Set the rates anew at the step where the schedule stands: an epoch's score has come in since."""
    for group, rate, share in zip(schedule.optimizer.param_groups, schedule.base_lrs, schedule.lr_lambdas, strict=True):
        group["lr"] = rate * share(schedule.last_epoch)


def plateau_share(scores: Sequence[float], params: TrainParams) -> float:
    """What is left of the learning rate after epochs with these scores: a fall for each `plateau_epochs` in vain.

    >>> params = TrainParams(schedule="plateau", plateau_epochs=2, plateau_factor=0.1)
    >>> [plateau_share(scores, params) for scores in ([], [0.5, 0.6, 0.6], [0.5, 0.6, 0.6, 0.55], [0.5, 0.4, 0.4, 0.7])]
    [1.0, 1.0, 0.1, 0.1]
    """
    best, waited, share = float("-inf"), 0, 1.0
    for score in scores:
        waited = 0 if score > best else waited + 1
        best = max(best, score)
        if waited == params.plateau_epochs:
            share, waited = share * params.plateau_factor, 0
    return share


def lr_share(step: int, total: int, warmup: float, *, decay: bool) -> float:
    """The share of the full learning rate at one step: a ramp of `warmup` steps, then half a cosine if `decay`.

    >>> [round(lr_share(step, 10, 2, decay=True), 2) for step in (0, 2, 6, 10)]
    [0.33, 1.0, 0.5, 0.0]
    """
    if step < warmup:
        return (step + 1) / (warmup + 1)
    if not decay:
        return 1.0
    done = min(1.0, (step - warmup) / max(1.0, total - warmup))
    return max(_FINAL_LR_SHARE, (1 + math.cos(math.pi * done)) / 2)


class WeightAverage:
    """An exponential moving average of a model's weights; a decay of 0 follows the model itself."""

    def __init__(self, model: nn.Module, decay: float) -> None:
        self._decay, self._steps = decay, 0
        self.weights = {name: value.detach().clone() for name, value in model.state_dict().items()}

    @torch.no_grad()
    def update(self, model: nn.Module) -> None:
        """Move towards the model; quickly at first, as `(1 + steps) / (10 + steps)`, or a short run never arrives."""
        self._steps += 1
        decay = min(self._decay, (1 + self._steps) / (10 + self._steps))
        for name, value in model.state_dict().items():
            if value.dtype.is_floating_point and decay > 0:
                self.weights[name].lerp_(value, 1 - decay)
            else:
                self.weights[name].copy_(value)

    def state_dict(self) -> dict[str, dict[str, Tensor] | int]:
        """For a checkpoint."""
        return {"weights": self.weights, "steps": self._steps}

    def load_state_dict(self, state: dict[str, dict[str, Tensor] | int]) -> None:
        """The inverse of `state_dict`."""
        weights, steps = state["weights"], state["steps"]
        if isinstance(weights, dict) and isinstance(steps, int):
            self.weights, self._steps = {k: v.clone() for k, v in weights.items()}, steps
