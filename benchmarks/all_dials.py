"""In which direction the templates' numbers could move so that their masks teach more: all turned at once, many times.

    python -m benchmarks.all_dials draw FACES WORLDS [--pairs 60] [--spread 0.8] [--per-class 600] [--jobs 1]
    python -m benchmarks.all_dials judge WORLDS WEIGHTS --test NAME=REAL [--test …] [--seeds 2] [--steps 220]
        [--device auto]

`draw` makes worlds in pairs. The first of a pair has each dial (`benchmarks.template_dials`) turned by a normal number
times --spread, the second by the opposite; both draw the same faces from the same seed. A world is a folder of crops as
`benchmarks.sim_to_real` makes them, with `dials.json` beside them. `judge` fine-tunes on each as
`benchmarks.fine_tuning` does and keeps the log loss on each set of real crops in `judged.json`; stopped, it goes on
from there, if asked for the same. Then it prints each dial's slope: by how much the log loss rises or falls for z = 1,
half the differences within pairs regressed on the turns [1], and how many standard errors that is in the mean of the
sets.

A world costs some 40 s of drawing on one core, and with two seeds 12 s of a GPU or 5 minutes of two cores.

[1] Antithetic evolution strategies: Salimans et al., https://arxiv.org/abs/1703.03864, section 2.1. What all worlds
share, and what grows with the square of a turn, cancels in the differences.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache, partial
from multiprocessing import get_context
from pathlib import Path

import click
import cv2
import numpy as np
from numpy.typing import NDArray
from torch import nn

from benchmarks.fine_tuning import Crops, fine_tuned, named, read_folders, shares_told
from benchmarks.sim_to_real import Ready, distinct_faces, make_crops, write_crops
from benchmarks.template_dials import FARTHEST, dial_names, turned_params, turned_templates
from pipeline.core.randomness import sample_rng
from pipeline.masks import MaskSynthesizer
from pipeline.storage.whole_files import write_text
from pipeline.training.inference import choose_device

_DRAWS = 8
"""Pairs take turns of so many seeds, so that no single draw of the masks decides."""

_SHOWN = 20


@dataclass(frozen=True, slots=True)
class World:
    """Where its crops lie, by what its dials are turned, and the seed of its masks."""

    folder: Path
    turns: Mapping[str, float]
    seed: int


@click.group()
def command() -> None:
    """Draw worlds, then judge them."""


@command.command()
@click.argument("faces", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("out", type=click.Path(file_okay=False, path_type=Path))
@click.option("--pairs", type=click.IntRange(1), default=60, show_default=True)
@click.option("--spread", type=click.FloatRange(0, 2, min_open=True), default=0.8, show_default=True)
@click.option("--per-class", type=click.IntRange(1), default=600, show_default=True)
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True)
def draw(*, faces: Path, out: Path, pairs: int, spread: float, per_class: int, jobs: int) -> None:
    """Draw pairs of worlds that aren't there yet."""
    with ProcessPoolExecutor(jobs, get_context("spawn")) as pool:
        for folder in pool.map(_drawn, worlds(out, pairs, spread), [faces] * 2 * pairs, [per_class] * 2 * pairs):
            click.echo(folder)


def worlds(out: Path, pairs: int, spread: float) -> Iterator[World]:
    """Both worlds of each pair; the same for the same arguments."""
    names = dial_names()
    for pair in range(pairs):
        turns = sample_rng(pair, "dials").normal(0, spread, len(names)).clip(-FARTHEST, FARTHEST).round(3)
        for sign, ending in ((1, "up"), (-1, "down")):
            turned = dict(zip(names, (sign * turns).tolist(), strict=True))
            yield World(out / f"{pair:03d}-{ending}", turned, pair % _DRAWS)


def _drawn(world: World, faces: Path, per_class: int) -> Path:
    """The folder of a world, whole once its `dials.json` is there."""
    told = world.folder / "dials.json"
    if told.exists():
        return world.folder
    cv2.setNumThreads(1)
    synthesizer = MaskSynthesizer(turned_templates(world.turns), turned_params(world.turns))
    make = partial(make_crops, synthesizer=synthesizer, ablate=None, seed=world.seed, masks=1)
    written = write_crops(world.folder, _faces(faces), make, per_class, {})
    write_text(told, json.dumps({"turns": dict(world.turns), "seed": world.seed, "faces": written}))
    return world.folder


@lru_cache(maxsize=1)
def _faces(folder: Path) -> list[Ready]:
    """All of them, found once a process."""
    return list(distinct_faces(folder, {}))


@command.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("weights", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--test", "tested", multiple=True, required=True, metavar="NAME=DIR")
@click.option("--steps", type=click.IntRange(1), default=220, show_default=True)
@click.option("--seeds", type=click.IntRange(1), default=2, show_default=True)
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto", show_default=True)
def judge(*, folder: Path, weights: Path, tested: Sequence[str], steps: int, seeds: int, device: str) -> None:
    """Fine-tune on each world, then print the dials' slopes."""
    tests = {name: read_folders(where, choose_device(device)) for name, where in map(named, tested)}
    asked = {"tests": sorted(tested), "steps": steps, "seeds": seeds}
    for told in sorted(folder.glob("*/dials.json")):
        kept = told.with_name("judged.json")
        if kept.exists() and json.loads(kept.read_text())["asked"] == asked:
            continue
        crops = read_folders(str(told.parent), choose_device(device))
        losses = [losses_on(fine_tuned(weights, crops, steps, seed), tests) for seed in range(seeds)]
        means = {name: float(np.mean([loss[name] for loss in losses])) for name in tests}
        write_text(kept, json.dumps({"asked": asked, "losses": means}))
        click.echo(f"{told.parent.name}: " + ", ".join(f"{name} {loss:.3f}" for name, loss in means.items()))
    for line in slope_lines(*read_pairs(folder), list(tests)):
        click.echo(line)


def losses_on(model: nn.Module, tests: Mapping[str, Crops]) -> dict[str, float]:
    """The mean log loss on each test set, crops judged with their mirror images."""
    losses = {}
    for name, crops in tests.items():
        right = shares_told(model, crops.images).gather(1, crops.labels[:, None]).clamp_min(1e-6)
        losses[name] = float(-right.log().mean())
    return losses


def read_pairs(folder: Path) -> tuple[list[Mapping[str, float]], list[Mapping[str, float]]]:
    """Of each pair that is judged: the turns of its first world, and half the difference of both worlds' losses."""
    turns: list[Mapping[str, float]] = []
    halves: list[Mapping[str, float]] = []
    for up in sorted(folder.glob("*-up/judged.json")):
        down = up.parents[1] / up.parent.name.replace("-up", "-down") / up.name
        if not down.exists():
            continue
        above, below = (json.loads(world.read_text())["losses"] for world in (up, down))
        turns.append(json.loads(up.with_name("dials.json").read_text())["turns"])
        halves.append({name: (above[name] - below[name]) / 2 for name in above})
    return turns, halves


def slope_lines(
    turns: Sequence[Mapping[str, float]], halves: Sequence[Mapping[str, float]], tests: Sequence[str]
) -> list[str]:
    """The dials whose slopes are surest, in the mean of the test sets, with the slope on each."""
    if not turns:
        return ["no pair is judged yet"]
    names = sorted(turns[0])
    matrix = np.array([[pair[name] for name in names] for pair in turns])
    found = {test: slopes(matrix, np.array([pair[test] for pair in halves])) for test in tests}
    sure = np.mean([steepness / error for steepness, error in found.values()], axis=0)
    lines = [f"{len(turns)} pairs; standard errors from 0, and the log loss by z = 1 on {', '.join(tests)}"]
    for k in np.argsort(-np.abs(sure))[:_SHOWN]:
        each = ", ".join(f"{found[test][0][k]:+.4f}" for test in tests)
        lines.append(f"{sure[k]:+.1f}  {names[k]}: {each}")
    return lines


def slopes(turns: NDArray[np.float64], halves: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Slope and standard error of each dial `(D,)` from turns `(P, D)` and half differences `(P,)`.

    Each dial by itself: turns are independent, and there may be fewer pairs than dials.
    """
    power = (turns**2).sum(0)
    return turns.T @ halves / power, np.sqrt((halves**2).mean() / power)


if __name__ == "__main__":
    command()
