"""The optimiser, the learning rate over time and the moving average of the weights."""

import math

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


def make_schedule(optimizer: Optimizer, params: TrainParams, steps_an_epoch: int) -> LambdaLR:
    """A schedule stepped once a batch."""
    total, warmup = params.epochs * steps_an_epoch, params.warmup_epochs * steps_an_epoch
    if params.schedule == "one_cycle":
        warmup = 0.3 * total
    return LambdaLR(optimizer, lambda step: lr_share(step, total, warmup, decay=params.schedule != "constant"))


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
