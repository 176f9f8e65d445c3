"""What crops teach a network that is fine-tuned on them, as most people would use them: real ones, ours, or both.

    python -m benchmarks.fine_tuning WEIGHTS --train ours=OURS --train both=REAL+OURS --test dev=TEST [--steps 220]
        [--seeds 2] [--frozen 0] [--device auto]

WEIGHTS is torchvision's `mobilenet_v2-b0353104.pth`. A folder holds square face crops in the class folders none, cloth,
surgical, ffp2; ours as `python -m benchmarks.sim_to_real` writes them. Of folders joined by + each weighs as much as
another. One recipe for all: mobilenet_v2 whole, batches of 32, AdamW, one cycle, classes weighted to be equal, a view
turned, shifted, enlarged, lit and blurred anew at each step; a crop is judged with its mirror image. With --frozen 7
the first seven of its 19 blocks stay as ImageNet made them, statistics too. A line for each training set, seed and test
set. --device auto takes a GPU where there is one, in bf16; 220 steps take some 6 s on one and minutes on two cores.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import cv2
import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - PyTorch's own convention
from torch import Tensor, nn
from torchvision.models import MobileNetV2, mobilenet_v2

from benchmarks.ready_model.crops import class_files
from pipeline.core.errors import MaskwrightError
from pipeline.core.records import MASK_TYPES
from pipeline.storage.images import read_image
from pipeline.training.backbones import IMAGENET_MEAN, IMAGENET_STD
from pipeline.training.inference import autocast, choose_device

IMAGE_PX = 128
MARGIN_PX = 8
"""Crops are held this much larger on every side: a view that is shifted finds something there."""
_BATCH = 32
_LR, _HEAD_LR = 4e-4, 2e-3


@dataclass(frozen=True, slots=True)
class Crops:
    """Crops `uint8 (N, 3, S, S)`, their classes `(N,)` and how often each is drawn `(N,)`, 1 in all."""

    images: Tensor
    labels: Tensor
    shares: Tensor


@click.command()
@click.argument("weights", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--train", "trained", multiple=True, required=True, metavar="NAME=DIR[+DIR]")
@click.option("--test", "tested", multiple=True, required=True, metavar="NAME=DIR")
@click.option("--steps", type=click.IntRange(1), default=220, show_default=True)
@click.option("--seeds", type=click.IntRange(1), default=2, show_default=True)
@click.option("--frozen", type=click.IntRange(0, 19), default=0, show_default=True, help="First blocks left alone.")
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto", show_default=True)
def command(
    *, weights: Path, trained: Sequence[str], tested: Sequence[str], steps: int, seeds: int, frozen: int, device: str
) -> None:
    """Fine-tune on each training set with each seed, and print what it is right on."""
    at = choose_device(device)
    tests = {name: read_folders(folder, at) for name, folder in map(named, tested)}
    for name, folders in map(named, trained):
        crops = read_folders(folders, at)
        for seed in range(seeds):
            model = fine_tuned(weights, crops, steps, seed, frozen)
            for line in lines(name, seed, model, tests):
                click.echo(line)


def named(argument: str) -> tuple[str, str]:
    """The two sides of NAME=DIR.

    >>> named("both=real+ours")
    ('both', 'real+ours')
    """
    name, _, folder = argument.partition("=")
    return name, folder


def read_folders(folders: str, device: torch.device) -> Crops:
    """The crops of folders joined by +, each folder drawn as often as another.

    Raises:
        MaskwrightError: one of them holds no crops.
    """
    parts = [_read_folder(Path(folder)) for folder in folders.split("+")]
    shares = [torch.full((len(labels),), 1 / len(parts) / len(labels)) for _, labels in parts]
    images, labels = (torch.cat(values).to(device) for values in zip(*parts, strict=True))
    return Crops(images, labels, torch.cat(shares))


def _read_folder(folder: Path) -> tuple[Tensor, Tensor]:
    files = list(class_files(folder))
    if not files:
        raise MaskwrightError(f"{folder}: no crops in {', '.join(MASK_TYPES)}")
    side = IMAGE_PX + 2 * MARGIN_PX
    crops = [cv2.resize(read_image(path).rgb, (side, side), interpolation=cv2.INTER_AREA) for path, _ in files]
    return torch.from_numpy(np.stack(crops)).permute(0, 3, 1, 2), torch.tensor([label for _, label in files])


def fine_tuned(weights: Path, crops: Crops, steps: int, seed: int, frozen: int = 0) -> nn.Module:
    """mobilenet_v2 from ImageNet's weights after so many steps on the crops, but for its first `frozen` blocks."""
    device = crops.images.device
    torch.manual_seed(seed)
    model = _from_imagenet(weights).to(device).to(memory_format=torch.channels_last).train()
    model.features[:frozen].requires_grad_(requires_grad=False).eval()
    groups = [{"params": model.features.parameters(), "lr": _LR}, {"params": model.classifier.parameters()}]
    optimizer = torch.optim.AdamW(groups, lr=_HEAD_LR, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, [_LR, _HEAD_LR], total_steps=steps)
    balance = _balance(crops)
    generator = torch.Generator().manual_seed(seed)
    drawn = torch.multinomial(crops.shares, steps * _BATCH, replacement=True, generator=generator)
    for places in torch.split(drawn, _BATCH):
        images, labels = varied(crops.images[places.to(device)], generator), crops.labels[places.to(device)]
        with autocast(device, "bf16" if device.type == "cuda" else "fp32"):
            logits = model(normalised(images))
        loss = F.cross_entropy(logits.float(), labels, weight=balance, label_smoothing=0.05)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()
    fitted: nn.Module = model.eval()
    return fitted


def _from_imagenet(weights: Path) -> MobileNetV2:
    model = mobilenet_v2()
    model.load_state_dict(torch.load(weights, weights_only=True))
    model.classifier[1] = nn.Linear(1280, len(MASK_TYPES))
    return model


def _balance(crops: Crops) -> Tensor:
    """Weights by which each class counts as much as another, however often its crops are drawn."""
    drawn = [crops.shares[crops.labels.cpu() == label].sum() for label in range(len(MASK_TYPES))]
    return (1 / torch.stack(drawn)).to(crops.images.device)


def varied(images: Tensor, generator: torch.Generator) -> Tensor:
    """Views `float (N, 3, P, P)` in [0, 1] of crops `uint8 (N, 3, S, S)`: turned, lit, blurred, noisy."""
    count = len(images)

    def draw(low: float, high: float, *shape: int) -> Tensor:
        return torch.empty(shape or (count, 1, 1, 1)).uniform_(low, high, generator=generator).to(images.device)

    scale, turn, shift = draw(0.75, 1.15, count), draw(-0.25, 0.25, count), draw(-0.12, 0.12, count, 2)
    mirror = draw(-1, 1, count).sign()
    across, down = scale * turn.cos(), scale * turn.sin()
    rows = [torch.stack([across * mirror, -down, shift[:, 0]], 1), torch.stack([down * mirror, across, shift[:, 1]], 1)]
    grid = F.affine_grid(torch.stack(rows, 1), [count, 3, IMAGE_PX, IMAGE_PX], align_corners=False)
    views = F.grid_sample(images.float() / 255, grid, padding_mode="reflection", align_corners=False)
    mean = views.mean((2, 3), keepdim=True)
    views = ((views - mean) * draw(0.6, 1.4) + mean) * draw(0.85, 1.15, count, 3, 1, 1) * draw(0.6, 1.4)
    blurred = F.avg_pool2d(F.pad(views, (1, 1, 1, 1), mode="reflect"), 3, 1)
    views = torch.where(draw(0, 1) < 0.3, blurred, views)
    return (views + 0.02 * torch.randn(views.shape, generator=generator).to(images.device)).clamp(0, 1)


def centred(images: Tensor) -> Tensor:
    """Crops `uint8 (N, 3, S, S)` as `float (N, 3, P, P)` in [0, 1], without their margin."""
    inner = slice(MARGIN_PX, -MARGIN_PX)
    return images[:, :, inner, inner].float() / 255


def normalised(images: Tensor) -> Tensor:
    """As ImageNet's weights want it."""
    mean, std = (
        torch.tensor(values, device=images.device).view(1, 3, 1, 1) for values in (IMAGENET_MEAN, IMAGENET_STD)
    )
    return ((images - mean) / std).contiguous(memory_format=torch.channels_last)


@torch.inference_mode()
def shares_told(model: nn.Module, images: Tensor) -> Tensor:
    """The probability of each class `(N, C)` of crops `uint8 (N, 3, S, S)`, the mean over crop and mirror image."""
    parts = [normalised(centred(batch)) for batch in torch.split(images, 256)]
    return torch.cat([(model(part).softmax(1) + model(part.flip(3)).softmax(1)) / 2 for part in parts])


def lines(name: str, seed: int, model: nn.Module, tests: Mapping[str, Crops]) -> list[str]:
    """How many of each test set are told right, and of each class."""
    found = []
    for test, crops in tests.items():
        right = shares_told(model, crops.images).argmax(1) == crops.labels
        recalls = recalls_told(right, crops.labels)
        found.append(f"{name} seed {seed}, {test}: {right.float().mean():.3f} of {len(right)}; {recalls}")
    return found


def recalls_told(right: Tensor, labels: Tensor) -> str:
    """Each class that occurs, with the share of its crops that are told right."""
    classes = torch.unique(labels).tolist()
    return ", ".join(f"{MASK_TYPES[k]} {right[labels == k].float().mean():.3f}" for k in classes)


if __name__ == "__main__":
    command()
