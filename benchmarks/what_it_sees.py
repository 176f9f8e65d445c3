"""What a fine-tuned network goes by where it tells one type of mask from another, on real crops and on drawn ones.

    python -m benchmarks.what_it_sees WEIGHTS --train OURS --real REAL [--type ffp2] [--taken-for surgical]
        [--steps 220] [--seed 0] [--device auto]

Trains as `python -m benchmarks.fine_tuning` does. For each group of crops (drawn and real, told right and taken for
the other type) it prints two maps of 5 x 5 cells over the crop, rows from top to bottom, averaged over the
crops and their mirror images:

- occlusion: how much the log odds of --type against --taken-for fall when the cell gets its own mean colour
- Grad-CAM: activation times gradient of the same log odds in the last layer of 8 x 8, with its sign kept [1]

A cell above 0 speaks for --type, one below for --taken-for. The last lines raise the logit of --type and print what is
right then: where that helps, the mistakes are lopsided and not blurred.

[1] Selvaraju et al., Grad-CAM, ICCV 2017 (there without the negative part).
"""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import click
import torch
from torch import Tensor, nn

from benchmarks.fine_tuning import Crops, centred, fine_tuned, normalised, read_folders, recalls_told
from pipeline.core.records import MASK_TYPES
from pipeline.training.inference import choose_device

CELLS = 5
MAP_LAYERS = 14
"""Blocks of mobilenet_v2 up to the last map of a sixteenth of the crop's side."""
_AT_ONCE = 64
_LOOKED_AT = 60
"""Crops of a group that the maps are averaged over: 25 views of each take most of the time."""
_RAISED = (0.0, 0.5, 1.0, 1.5)
_NAMES = click.Choice(MASK_TYPES)


@click.command()
@click.argument("weights", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--train", "trained", required=True, metavar="DIR[+DIR]")
@click.option("--real", required=True, metavar="DIR[+DIR]")
@click.option("--type", "mask_type", type=_NAMES, default="ffp2", show_default=True)
@click.option("--taken-for", type=_NAMES, default="surgical", show_default=True)
@click.option("--steps", type=click.IntRange(1), default=220, show_default=True)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto", show_default=True)
def command(
    *, weights: Path, trained: str, real: str, mask_type: str, taken_for: str, steps: int, seed: int, device: str
) -> None:
    """Fine-tune once and print the maps of each group of crops."""
    drawn, found = (read_folders(folders, choose_device(device)) for folders in (trained, real))
    model = fine_tuned(weights, drawn, steps, seed)
    pair = MASK_TYPES.index(mask_type), MASK_TYPES.index(taken_for)
    for side, crops in (("drawn", drawn), ("real", found)):
        views = centred(crops.images)
        logits = logits_of(model, views)
        for is_a, told in ((pair[0], pair[0]), (pair[0], pair[1]), (pair[1], pair[1]), (pair[1], pair[0])):
            chosen = torch.nonzero((crops.labels == is_a) & (logits.argmax(1) == told)).flatten()
            if len(chosen):
                click.echo(f"{side} {MASK_TYPES[is_a]} told as {MASK_TYPES[told]}: {len(chosen)} crops")
                click.echo("\n".join(map_lines(model, views[chosen[:_LOOKED_AT]], pair)))
    for line in raised_lines(logits, found, pair[0]):
        click.echo(line)


@torch.inference_mode()
def logits_of(model: nn.Module, views: Tensor) -> Tensor:
    """Logits `(N, C)`."""
    return torch.cat([model(normalised(part)) for part in torch.split(views, _AT_ONCE)])


def occlusion(model: nn.Module, views: Tensor, pair: tuple[int, int]) -> Tensor:
    """By how much the log odds of the first class against the second fall without each cell, `(CELLS, CELLS)`."""
    whole = log_odds(logits_of(model, views), pair)
    lost = [(whole - log_odds(logits_of(model, hidden), pair)).mean() for hidden in without_each_cell(views)]
    return torch.stack(lost).view(CELLS, CELLS)


def without_each_cell(views: Tensor) -> Iterator[Tensor]:
    """Copies of views `(N, 3, P, P)`, each with one of the cells, row by row, in its own mean colour."""
    side = views.shape[-1]
    edges = [round(k * side / CELLS) for k in range(CELLS + 1)]
    bands = [slice(start, end) for start, end in pairwise(edges)]
    for rows in bands:
        for columns in bands:
            hidden = views.clone()
            hidden[:, :, rows, columns] = views[:, :, rows, columns].mean((2, 3), keepdim=True)
            yield hidden


def grad_cam(model: nn.Module, views: Tensor, pair: tuple[int, int]) -> Tensor:
    """Activation times gradient of the log odds, summed over channels, mean `(CELLS, CELLS)` of the views."""
    features, classifier = model.get_submodule("features"), model.get_submodule("classifier")
    if not isinstance(features, nn.Sequential):
        raise TypeError(f"features: {type(features).__name__}, expected a Sequential as mobilenet_v2's")
    total = torch.zeros(CELLS, CELLS, device=views.device)
    for part in torch.split(views, _AT_ONCE):
        seen = features[:MAP_LAYERS](normalised(part)).detach().requires_grad_()
        odds = log_odds(classifier(features[MAP_LAYERS:](seen).mean((2, 3))), pair)
        (slope,) = torch.autograd.grad(odds.sum(), seen)
        parts = (seen.detach() * slope).sum(1, keepdim=True)
        total += nn.functional.adaptive_avg_pool2d(parts, CELLS).sum((0, 1))
    return total / len(views)


def log_odds(logits: Tensor, pair: tuple[int, int]) -> Tensor:
    """Of the first class against the second, `(N,)`."""
    return logits[:, pair[0]] - logits[:, pair[1]]


def map_lines(model: nn.Module, views: Tensor, pair: tuple[int, int]) -> list[str]:
    """Both maps side by side, each averaged with its mirror image."""
    maps = (occlusion(model, views, pair), grad_cam(model, views, pair))
    even = [(values + values.flip(1)) / 2 for values in maps]
    return [
        "   ".join(" ".join(f"{float(value):6.2f}" for value in row) for row in rows)
        for rows in zip(*even, strict=True)
    ]


def raised_lines(logits: Tensor, crops: Crops, label: int) -> list[str]:
    """What is right of the crops, and of each class, with one class's logit raised."""
    lines = []
    for by in _RAISED:
        raised = logits.clone()
        raised[:, label] += by
        right = raised.argmax(1) == crops.labels
        recalls = recalls_told(right, crops.labels)
        lines.append(f"{MASK_TYPES[label]} +{by:.1f}: {right.float().mean():.3f}; {recalls}")
    return lines


if __name__ == "__main__":
    command()
