"""The training loop: the same parameters and data give the same model on one machine, killed and resumed or not.

Nothing random is carried from epoch to epoch: order, augmentation, mixing and dropout are seeded anew from the seed
and the epoch's number, so a checkpoint needs no generator's state.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from pipeline.core.errors import MaskwrightError
from pipeline.core.params import TrainParams
from pipeline.core.randomness import sample_rng, sample_seed
from pipeline.training.checkpoint import CheckpointFile
from pipeline.training.data import Batch, CropDataset, EpochOrder
from pipeline.training.distillation import Teacher
from pipeline.training.distributed import World
from pipeline.training.inference import autocast, choose_device, head_scores, predict, timed, train_loader
from pipeline.training.losses import class_weights, mix_images, multi_head_loss, sample_weights
from pipeline.training.models import MaskClassifier
from pipeline.training.optimization import WeightAverage, make_optimizer, make_schedule, refresh
from pipeline.training.transforms import to_unit


@dataclass(frozen=True, slots=True)
class EpochResult:
    """What one epoch came to; the scores are those of the first head on the validation side."""

    epoch: int
    lr: float
    train_loss: float
    val_loss: float
    val_accuracy: float
    val_balanced_accuracy: float
    val_macro_f1: float


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds of one epoch's optimiser steps: all of them, and the part in which the model waited for data."""

    steps_s: float
    waiting_s: float


class Observer(Protocol):
    """Is told how a run goes."""

    def batch_done(self, epoch: int, step: int, steps: int, loss: float) -> None:
        """One optimiser step was made."""
        ...

    def epoch_done(self, result: EpochResult, timing: Timing | None) -> None:
        """One epoch was made; `timing` is None for those that a resumed run made before."""
        ...


@dataclass(frozen=True, slots=True)
class TrainOutcome:
    """The history of a run and which of its epochs the model was taken from."""

    history: tuple[EpochResult, ...]
    best: EpochResult


class Trainer:
    """One run: a model, its optimiser and where it stands."""

    def __init__(
        self,
        model: MaskClassifier,
        params: TrainParams,
        train_data: CropDataset,
        val_data: CropDataset,
        *,
        seed: int,
        checkpoint: CheckpointFile | None = None,
        world: World | None = None,
    ) -> None:
        self._world = world or World()
        self._device = choose_device(params.device)
        self.model = model.to(self._device).to(memory_format=torch.channels_last)
        self._forward: nn.Module = self.model
        self._params, self._seed, self._checkpoint = params, seed, checkpoint
        self._train_data, self._val_data = train_data, val_data
        self._heads = model.spec.heads
        self._teacher = Teacher.of(params, self._heads, self._device)
        self._weights = self._loss_weights()
        self._order = EpochOrder(len(train_data), seed, self._world, self._sampling_weights())
        batch_size = max(1, min(params.batch_size // self._world.size, len(self._order)))
        self._loader = train_loader(
            train_data, batch_size, params.workers, self._order, pin=self._device.type == "cuda"
        )
        self._optimizer = make_optimizer(model, params)
        self._history: list[EpochResult] = []
        self._schedule = make_schedule(self._optimizer, params, len(self._loader), self._scores)
        self._scaler = torch.amp.GradScaler(self._device.type, enabled=params.precision == "fp16")
        self._average = WeightAverage(model, params.ema_decay)
        self._best: dict[str, Tensor] = {}

    def run(self, observer: Observer) -> TrainOutcome:
        """Train to the end, or on from the checkpoint, and leave the best epoch's weights in the model.

        Raises:
            MaskwrightError: the loss is no number, or memory ran out.
        """
        self._resume(observer)
        with explained_memory(self._params):
            while len(self._history) < self._params.epochs and not self._should_stop():
                self._epoch(len(self._history), observer)
        self.model.load_state_dict(self._best)
        return TrainOutcome(tuple(self._history), best_epoch(self._history))

    def _epoch(self, epoch: int, observer: Observer) -> None:
        lr = float(self._optimizer.param_groups[-1]["lr"])
        loss, timing = self._train_epoch(epoch, observer)
        self._world.follow_first(self._average.weights)
        result = self._validate(epoch, lr, self._world.mean(loss))
        self._history.append(result)
        refresh(self._schedule)
        if best_epoch(self._history) == result:
            self._best = {name: value.clone() for name, value in self._average.weights.items()}
        if self._world.is_first:
            self._save()
            observer.epoch_done(result, timing)

    def _train_epoch(self, epoch: int, observer: Observer) -> tuple[float, Timing]:
        rank = self._world.rank
        torch.manual_seed(sample_seed(self._seed, f"epoch:{epoch}:{rank}"))
        rng = sample_rng(self._seed, f"mix:{epoch}:{rank}")
        self._order.set_epoch(epoch)
        self._train_data.set_epoch(epoch)
        self._prepare_model(frozen=epoch < self._params.freeze_epochs)
        started, total, waiting_s = time.perf_counter(), 0.0, 0.0
        for step, (batch, waited_s) in enumerate(timed(self._loader)):
            loss = self._step(batch, rng)
            total, waiting_s = total + loss, waiting_s + waited_s
            if self._world.is_first:
                observer.batch_done(epoch, step, len(self._loader), loss)
        return total / len(self._loader), Timing(time.perf_counter() - started, waiting_s)

    def _prepare_model(self, *, frozen: bool) -> None:
        self.model.train()
        for parameter in self.model.backbone.parameters():
            parameter.requires_grad_(not frozen)
        if frozen:
            self.model.backbone.eval()  # or batch normalisation's statistics would move all the same
        self._forward = self._world.wrap(self.model)  # anew, as it notes which parameters learn
        if self._params.compile:
            self._forward.compile()

    def _step(self, batch: Batch, rng: np.random.Generator) -> float:
        images = to_unit(batch.images.to(self._device, non_blocking=True))
        labels = batch.labels.to(self._device, non_blocking=True)
        images, mix = mix_images(images, self._params.mixup_alpha, self._params.cutmix_alpha, rng)
        with autocast(self._device, self._params.precision):
            logits = self._forward(images.contiguous(memory_format=torch.channels_last))
        smoothing = self._params.label_smoothing
        loss = multi_head_loss(logits, labels, self._heads, self._weights, label_smoothing=smoothing, mix=mix)
        if self._teacher is not None:
            loss = self._teacher.blended(loss, logits, images, labels, self._heads)
        value = float(loss.detach())
        if not np.isfinite(value):
            raise MaskwrightError(self._explain_loss(value, batch))
        self._learn(loss)
        return value

    def _learn(self, loss: Tensor) -> None:
        self._optimizer.zero_grad(set_to_none=True)
        self._scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
        if self._params.clip_grad_norm > 0:
            self._scaler.unscale_(self._optimizer)
            nn.utils.clip_grad_norm_(self.model.parameters(), self._params.clip_grad_norm)
        self._scaler.step(self._optimizer)
        self._scaler.update()
        self._schedule.step()
        self._average.update(self.model)

    def _explain_loss(self, value: float, batch: Batch) -> str:
        ids = ", ".join(self._train_data.rows[int(position)].sample_id for position in batch.positions)
        return f"the loss is {value}: try a smaller train.lr, or train.precision fp32; the batch held {ids}"

    def _validate(self, epoch: int, lr: float, train_loss: float) -> EpochResult:
        learning = {name: value.clone() for name, value in self.model.state_dict().items()}
        self.model.load_state_dict(self._average.weights)
        share = predict(
            self.model, self._val_data, self._params.batch_size, first=self._world.rank, step=self._world.size
        )
        self.model.load_state_dict(learning)
        logits, labels = self._world.interleave(share, len(self._val_data)), self._val_data.labels
        loss = multi_head_loss(logits, labels, self._heads, [None] * len(self._heads))
        scores = head_scores(logits, labels, self._heads[:1])[self._heads[0].name]
        return EpochResult(
            epoch=epoch,
            lr=lr,
            train_loss=train_loss,
            val_loss=float(loss),
            val_accuracy=scores.accuracy,
            val_balanced_accuracy=scores.balanced_accuracy,
            val_macro_f1=scores.macro_f1,
        )

    def _scores(self) -> list[float]:
        return [result.val_macro_f1 for result in self._history]

    def _should_stop(self) -> bool:
        patience = self._params.early_stop_epochs
        if not patience or not self._history:
            return False
        return self._history[-1].epoch - best_epoch(self._history).epoch >= patience

    def _counts(self) -> list[Tensor]:
        return [self._train_data.class_counts(position) for position in range(len(self._heads))]

    def _sampling_weights(self) -> Tensor | None:
        if self._params.balance != "sampler":
            return None
        return sample_weights(self._train_data.labels[:, 0], self._counts()[0])

    def _loss_weights(self) -> list[Tensor | None]:
        if self._params.balance != "weights":
            return [None] * len(self._heads)
        return [class_weights(counts).to(self._device) for counts in self._counts()]

    def _save(self) -> None:
        if self._checkpoint is not None:
            parts = {name: part.state_dict() for name, part in self._parts().items()}
            self._checkpoint.save(parts | {"best": self._best, "history": [asdict(row) for row in self._history]})

    def _resume(self, observer: Observer) -> None:
        state = self._checkpoint.load() if self._checkpoint else None
        if state is None or self._checkpoint is None:
            return
        try:
            self._take(state)
        except (RuntimeError, LookupError, TypeError, ValueError, AttributeError) as error:
            raise MaskwrightError(f"{self._checkpoint.path}: cannot be resumed, remove it: {error}") from error
        if self._world.is_first:
            for result in self._history:
                observer.epoch_done(result, None)

    def _take(self, state: dict[str, Any]) -> None:
        for name, part in self._parts().items():
            part.load_state_dict(state[name])
        self._best = {name: value.to(self._device) for name, value in state["best"].items()}
        self._history = [EpochResult(**values) for values in state["history"]]

    def _parts(self) -> dict[str, Any]:
        return {
            "model": self.model,
            "optimizer": self._optimizer,
            "schedule": self._schedule,
            "scaler": self._scaler,
            "average": self._average,
        }


def best_epoch(history: Sequence[EpochResult]) -> EpochResult:
    """The epoch of the highest macro-F1 on the validation side; of equals the one with the lower loss."""
    return max(history, key=lambda result: (result.val_macro_f1, -result.val_loss))


@contextmanager
def explained_memory(params: TrainParams) -> Iterator[None]:
    """Turn running out of memory into a message that names the dials.

    Raises:
        MaskwrightError: memory ran out.
    """
    try:
        yield
    except (torch.OutOfMemoryError, MemoryError) as error:
        raise MaskwrightError(_memory_advice(params)) from error
    except RuntimeError as error:
        if "can't allocate memory" not in str(error):  # what PyTorch's CPU allocator raises
            raise
        raise MaskwrightError(_memory_advice(params)) from error


def _memory_advice(params: TrainParams) -> str:
    return (
        f"out of memory: halve train.batch_size (now {params.batch_size}), or lower train.image_px "
        f"(now {params.image_px}); on a GPU train.precision bf16 needs half as well, and a smaller train.cache_mb "
        f"(now {params.cache_mb}) frees the machine's own memory"
    )
