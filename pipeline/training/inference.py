"""What training, validation and evaluation share: the device, batches of data, logits and their scores."""

import math
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Subset

from pipeline.core.errors import MaskwrightError
from pipeline.scores.calibration import fit_temperature
from pipeline.scores.classification import Scores, score
from pipeline.training.data import Batch, CropDataset, EpochOrder, collate
from pipeline.training.labels import UNKNOWN_LABEL, Head, HeadName
from pipeline.training.models import MaskClassifier
from pipeline.training.transforms import to_unit


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


def train_loader(data: CropDataset, batch_size: int, workers: int, order: EpochOrder, *, pin: bool) -> DataLoader[Any]:
    """Batches in an epoch's order; the worker processes stay from epoch to epoch."""
    return DataLoader(
        data,
        batch_size,
        sampler=order,
        num_workers=workers,
        collate_fn=collate,
        pin_memory=pin,
        persistent_workers=workers > 0,
        drop_last=True,  # batch normalisation can't learn from a rest of one sample; each epoch leaves out others
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


def logits_both_ways(model: MaskClassifier, images: Tensor) -> dict[HeadName, Tensor]:
    """Log probabilities by head, `float32 (N, classes)`: the mean over images `(N, 3, H, W)` and their mirror images.

    A face and its mirror image wear the same mask. What a model says of both together is right a little more often.
    """
    seen, mirrored = model(images), model(images.flip(3))
    return {
        name: torch.logaddexp(seen[name].float().log_softmax(1), mirrored[name].float().log_softmax(1)) - math.log(2)
        for name in seen
    }


@torch.inference_mode()
def predict(
    model: MaskClassifier,
    data: CropDataset,
    batch_size: int,
    *,
    first: int = 0,
    step: int = 1,
    both_ways: bool = False,
) -> dict[str, Tensor]:
    """Logits by head, `float32 (N, classes)` on the CPU, of the samples `first`, `first + step`, ... in their order.

    `both_ways` takes each with its mirror image, as `logits_both_ways` does.
    """
    model.eval()
    device = next(model.parameters()).device
    chosen = Subset(data, range(first, len(data), step))
    parts = {head.name: [torch.zeros(0, len(head.classes))] for head in model.spec.heads}
    for batch in DataLoader(chosen, batch_size, collate_fn=collate, generator=torch.Generator()):
        images = to_unit(batch.images.to(device)).contiguous(memory_format=torch.channels_last)
        for name, logits in (logits_both_ways(model, images) if both_ways else model(images)).items():
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


def fitted_temperatures(model: MaskClassifier, data: CropDataset, batch_size: int) -> dict[str, float]:
    """A temperature for each head, fitted on data that the weights weren't: the validation side, seen both ways."""
    logits = predict(model, data, batch_size, both_ways=True)
    found: dict[str, float] = {}
    for position, head in enumerate(model.spec.heads):
        labels = data.labels[:, position]
        known = labels != UNKNOWN_LABEL
        found[head.name] = fit_temperature(logits[head.name][known].numpy(), labels[known].numpy())
    return found
