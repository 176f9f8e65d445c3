"""The training loop: the same parameters and data give the same model on one machine, killed and resumed or not."""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

from pipeline.config import TrainParams
from pipeline.errors import MaskwrightError
from pipeline.evaluation.metrics import Scores, score
from pipeline.randomness import sample_rng, sample_seed
from pipeline.training.checkpoint import CheckpointFile
from pipeline.training.data import Batch, CropDataset, EpochOrder, class_counts, collate
from pipeline.training.labels import UNKNOWN_LABEL, Head
from pipeline.training.losses import class_weights, mix_images, multi_head_loss, sample_weights
from pipeline.training.models import MaskClassifier
from pipeline.training.optimization import WeightAverage, make_optimizer, make_schedule
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
    """Seconds of one epoch: all of it, and the part in which the model waited for data."""

    epoch_s: float
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
    ) -> None:
        self.device = choose_device(params.device)
        self.model, self._params, self._seed = model.to(self.device), params, seed
        self._train_data, self._val_data, self._checkpoint = train_data, val_data, checkpoint
        self._heads: tuple[Head, ...] = model.spec.heads
        self._order = EpochOrder(len(train_data), seed, weights=self._sampling_weights())
        self._loader = make_loader(train_data, params.batch_size, params.workers, self.device, self._order)
        self._weights = self._loss_weights()
        self._optimizer = make_optimizer(model, params)
        self._schedule = make_schedule(self._optimizer, params, len(self._loader))
        self._average = WeightAverage(model, params.ema_decay)
        self._history: list[EpochResult] = []
        self._best: dict[str, Tensor] = {}

    def run(self, observer: Observer) -> TrainOutcome:
        """Train to the end, or on from the checkpoint, and leave the best epoch's weights in the model.

        Raises:
            MaskwrightError: the loss is no number, or memory ran out.
        """
        self._resume(observer)
        while len(self._history) < self._params.epochs and not self._should_stop():
            self._epoch(len(self._history), observer)
        self.model.load_state_dict(self._best)
        return TrainOutcome(tuple(self._history), best_epoch(self._history))

    def _epoch(self, epoch: int, observer: Observer) -> None:
        started = time.perf_counter()
        torch.manual_seed(sample_seed(self._seed, f"epoch:{epoch}"))  # dropout's draws; a resumed run has them too
        self._order.set_epoch(epoch)
        self._train_data.set_epoch(epoch)
        lr = self._optimizer.param_groups[-1]["lr"]
        loss, waiting_s = self._train_epoch(epoch, observer)
        result = self._validate(replace(_EMPTY_RESULT, epoch=epoch, lr=lr, train_loss=loss))
        self._history.append(result)
        if best_epoch(self._history) == result:
            self._best = {name: value.clone() for name, value in self._average.weights.items()}
        self._save()
        observer.epoch_done(result, Timing(time.perf_counter() - started, waiting_s))

    def _train_epoch(self, epoch: int, observer: Observer) -> tuple[float, float]:
        self.model.train()
        self._freeze(frozen=epoch < self._params.freeze_epochs)
        rng = sample_rng(self._seed, f"mix:{epoch}")
        total, waiting_s = 0.0, 0.0
        for step, (batch, waited_s) in enumerate(timed(self._loader)):
            loss = self._step(batch, rng)
            total, waiting_s = total + loss, waiting_s + waited_s
            observer.batch_done(epoch, step, len(self._loader), loss)
        return total / len(self._loader), waiting_s

    def _step(self, batch: Batch, rng: np.random.Generator) -> float:
        images = to_unit(batch.images.to(self.device, non_blocking=True))
        labels = batch.labels.to(self.device, non_blocking=True)
        images, mix = mix_images(images, self._params.mixup_alpha, self._params.cutmix_alpha, rng)
        with autocast(self.device, self._params.precision):
            logits = self.model(images.contiguous(memory_format=torch.channels_last))
        loss = multi_head_loss(
            logits, labels, self._heads, self._weights, label_smoothing=self._params.label_smoothing, mix=mix
        )
        value = float(loss.detach())
        if not np.isfinite(value):
            raise MaskwrightError(self._explain_loss(value, batch))
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        if self._params.clip_grad_norm > 0:
            nn.utils.clip_grad_norm_(self.model.parameters(), self._params.clip_grad_norm)
        self._optimizer.step()
        self._schedule.step()
        self._average.update(self.model)
        return value

    def _explain_loss(self, value: float, batch: Batch) -> str:
        ids = ", ".join(self._train_data.rows[int(position)].sample_id for position in batch.positions)
        return f"the loss is {value}: try a smaller train.lr or train.precision fp32; the batch held {ids}"

    def _freeze(self, *, frozen: bool) -> None:
        for parameter in self.model.backbone.parameters():
            parameter.requires_grad_(not frozen)
        if frozen:
            self.model.backbone.eval()  # or batch normalisation's statistics would move all the same

    def _validate(self, result: EpochResult) -> EpochResult:
        weights = {name: value.clone() for name, value in self.model.state_dict().items()}
        self.model.load_state_dict(self._average.weights)
        predicted = predict(self.model, self._val_data, self._params.batch_size, self._params.workers)
        self.model.load_state_dict(weights)
        loss = multi_head_loss(predicted, self._val_data.labels, self._heads, [None] * len(self._heads))
        head = self._heads[0]
        scores = head_scores(predicted, self._val_data.labels, self._heads)[head.name]
        return replace(
            result,
            val_loss=float(loss),
            val_accuracy=scores.accuracy,
            val_balanced_accuracy=scores.balanced_accuracy,
            val_macro_f1=scores.macro_f1,
        )

    def _should_stop(self) -> bool:
        patience = self._params.early_stop_epochs
        if not patience or not self._history:
            return False
        return self._history[-1].epoch - best_epoch(self._history).epoch >= patience

    def _sampling_weights(self) -> Tensor | None:
        if self._params.balance != "sampler":
            return None
        counts = class_counts(self._train_data.labels, 0, len(self._heads[0].classes))
        return sample_weights(self._train_data.labels[:, 0], counts)

    def _loss_weights(self) -> list[Tensor | None]:
        if self._params.balance != "weights":
            return [None] * len(self._heads)
        labels = self._train_data.labels
        counts = [class_counts(labels, position, len(head.classes)) for position, head in enumerate(self._heads)]
        return [class_weights(count).to(self.device) for count in counts]

    def _save(self) -> None:
        if self._checkpoint is None:
            return
        self._checkpoint.save(
            {
                "model": self.model.state_dict(),
                "optimizer": self._optimizer.state_dict(),
                "schedule": self._schedule.state_dict(),
                "average": self._average.state_dict(),
                "best": self._best,
                "history": [asdict(result) for result in self._history],
            }
        )

    def _resume(self, observer: Observer) -> None:
        state = self._checkpoint.load() if self._checkpoint else None
        if state is None:
            return
        self.model.load_state_dict(state["model"])
        self._optimizer.load_state_dict(state["optimizer"])
        self._schedule.load_state_dict(state["schedule"])
        self._average.load_state_dict(state["average"])
        self._best = state["best"]
        self._history = [EpochResult(**values) for values in state["history"]]
        for result in self._history:
            observer.epoch_done(result, None)


_EMPTY_RESULT = EpochResult(0, 0, 0, 0, 0, 0, 0)


def best_epoch(history: Sequence[EpochResult]) -> EpochResult:
    """The epoch of the highest macro-F1 on the validation side; of equals the one with the lower loss."""
    return max(history, key=lambda result: (result.val_macro_f1, -result.val_loss))


def choose_device(name: str) -> torch.device:
    """The device of that name; `auto` takes a GPU where there is one.

    Raises:
        MaskwrightError: a GPU is asked for and there is none.
    """
    available = torch.cuda.is_available()
    if name == "cuda" and not available:
        raise MaskwrightError("train.device: cuda: no GPU is available to PyTorch; use cpu or auto")
    return torch.device("cuda" if available and name != "cpu" else "cpu")


def autocast(device: torch.device, precision: str) -> Any:
    """The context in which the model computes at that precision."""
    if precision == "fp32":
        return nullcontext()
    return torch.autocast(device.type, torch.bfloat16 if precision == "bf16" else torch.float16)


def make_loader(
    data: CropDataset, batch_size: int, workers: int, device: torch.device, order: EpochOrder | None = None
) -> DataLoader[Any]:
    """Batches in the data's order, or in `order`."""
    return DataLoader(
        data,
        batch_size,
        sampler=order,
        num_workers=workers,
        collate_fn=collate,
        pin_memory=device.type == "cuda",
        persistent_workers=workers > 0 and order is not None,
        generator=torch.Generator(),  # or each pass would draw from the global one and shift dropout's draws
    )


def timed(loader: Iterable[Batch]) -> Iterator[tuple[Batch, float]]:
    """Each batch with the seconds it was waited for."""
    batches = iter(loader)
    while True:
        started = time.perf_counter()
        batch = next(batches, None)
        if batch is None:
            return
        yield batch, time.perf_counter() - started


@torch.inference_mode()
def predict(model: MaskClassifier, data: CropDataset, batch_size: int, workers: int = 0) -> dict[str, Tensor]:
    """Logits of every sample by head, `float32 (N, classes)` on the CPU, in the data's order."""
    model.eval()
    device = next(model.parameters()).device
    parts: dict[str, list[Tensor]] = {head.name: [] for head in model.spec.heads}
    for batch in make_loader(data, batch_size, workers, device):
        for name, logits in model(to_unit(batch.images.to(device))).items():
            parts[name].append(logits.float().cpu())
    return {name: torch.cat(batches) for name, batches in parts.items()}


def head_scores(logits: Mapping[str, Tensor], labels: Tensor, heads: Sequence[Head]) -> dict[str, Scores]:
    """The scores of each head over the samples whose label it knows."""
    found: dict[str, Scores] = {}
    for position, head in enumerate(heads):
        known = labels[:, position] != UNKNOWN_LABEL
        probabilities = logits[head.name][known].softmax(1).numpy()
        found[head.name] = score(labels[known, position].numpy(), probabilities, head.classes)
    return found
