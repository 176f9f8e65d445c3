"""A small CNN, made better step by step: the code of docs/cnn.md.

    python docs/examples/cnn/small_cnn.py [--seeds 3]

Run it in a project whose road is gone up to the split: it reads the crops that split.parquet names.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from pipeline.core.paths import SPLIT_TABLE
from pipeline.core.records import MASK_TYPES, Assignment, Side
from pipeline.storage.crop_files import read_crop
from pipeline.storage.manifests import read_manifest

SIDE_PX, EPOCHS, BATCH = 32, 20, 32


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a net is made of and how it learns."""

    name: str
    normalise: bool = False
    dropout: float = 0.0
    augment: bool = False
    one_cycle: bool = False


RECIPES = (
    Recipe("plain"),
    Recipe("batch normalisation", normalise=True),
    Recipe("and one cycle", normalise=True, one_cycle=True),
    Recipe("and dropout", normalise=True, one_cycle=True, dropout=0.3),
    Recipe("and augmentation", normalise=True, one_cycle=True, dropout=0.3, augment=True),
)


def crops(rows: Sequence[Assignment], side: Side) -> tuple[Tensor, Tensor]:
    """The crops of one side, `float32 (N, 3, 32, 32)` around 0, and their classes, `int64 (N,)`."""
    chosen = [row for row in rows if row.side == side and row.mask_type in MASK_TYPES]
    pixels = np.stack([read_crop(Path(row.crop_path), SIDE_PX) for row in chosen])
    classes = torch.tensor([MASK_TYPES.index(row.mask_type) for row in chosen])
    return torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 127.5 - 1, classes


def build(recipe: Recipe) -> nn.Sequential:
    """Three convolutions, each half as high and wide as the one before and twice as deep, then a linear layer."""
    layers: list[nn.Module] = []
    before = 3
    for depth in (16, 32, 64):
        layers.append(nn.Conv2d(before, depth, kernel_size=3, padding=1, bias=not recipe.normalise))
        if recipe.normalise:
            layers.append(nn.BatchNorm2d(depth))
        layers += [nn.ReLU(), nn.MaxPool2d(2)]
        before = depth
    return nn.Sequential(*layers, nn.Flatten(), nn.Dropout(recipe.dropout), nn.Linear(64 * 16, len(MASK_TYPES)))


def varied(images: Tensor) -> Tensor:
    """Mirrored at random, shifted by up to 3 px, brighter or darker by up to a third."""
    padded = functional.pad(images, (3, 3, 3, 3), mode="reflect")
    across, down = (int(torch.randint(0, 7, ())) for _ in range(2))
    shifted = padded[:, :, down : down + SIDE_PX, across : across + SIDE_PX]
    mirrored = torch.where(torch.rand(len(images), 1, 1, 1) < 0.5, shifted.flip(3), shifted)
    return mirrored * torch.empty(len(images), 3, 1, 1).uniform_(0.67, 1.33)


def train(recipe: Recipe, images: Tensor, classes: Tensor, seed: int = 0) -> nn.Sequential:
    """The net after the last epoch; the seed decides weights, order and what is varied."""
    torch.manual_seed(seed)
    net = build(recipe)
    steps = EPOCHS * (len(images) // BATCH)
    optimizer = torch.optim.AdamW(net.parameters(), lr=0.001)
    cycle = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.003, total_steps=steps)
    for _ in range(EPOCHS):
        order = torch.randperm(len(images))
        for start in range(0, len(images) - BATCH + 1, BATCH):
            chosen = order[start : start + BATCH]
            shown = varied(images[chosen]) if recipe.augment else images[chosen]
            loss = functional.cross_entropy(net(shown), classes[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if recipe.one_cycle:
                cycle.step()
    return net.eval()


@torch.no_grad()
def accuracy(net: nn.Module, images: Tensor, classes: Tensor) -> float:
    """The share of images whose class is told."""
    return float((net(images).argmax(1) == classes).float().mean())


def main() -> None:
    """A line a recipe: mean over some seeds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    seeds: int = parser.parse_args().seeds
    rows = read_manifest(SPLIT_TABLE, Assignment)
    seen, held = crops(rows, "train"), crops(rows, "val")
    print(f"{len(seen[1])} crops to learn from, {len(held[1])} to judge by")
    for recipe in RECIPES:
        nets = [train(recipe, *seen, seed) for seed in range(seeds)]
        shares = [np.mean([accuracy(net, *side) for net in nets]) for side in (seen, held)]
        print(f"{recipe.name:20} seen {shares[0]:.2f}, held out {shares[1]:.2f}")


if __name__ == "__main__":
    main()
