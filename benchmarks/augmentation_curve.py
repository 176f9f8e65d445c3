"""What drawn masks add where there are some real photos: real alone, ours alone, and both, by the number of real ones.

    python -m benchmarks.augmentation_curve WEIGHTS OURS REAL TEST [--draws 10] [--plot docs/pictures/curve.svg]

WEIGHTS is torchvision's `mobilenet_v2-b0353104.pth`. OURS, REAL and TEST are folders of square face crops in the class
folders none, cloth, surgical, ffp2; OURS as `python -m benchmarks.sim_to_real` writes them. Judged by a linear probe:
the frozen features of each crop and of its mirror image, and a logistic regression on them. Where both are used, the
real crops together weigh as much as ours do, however few they are, and each class as much as another. Each number of
real crops is drawn --draws times; mean, least and most are given.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from torchvision.models import mobilenet_v2

from benchmarks.charts import Series, spread_chart
from benchmarks.ready_model.crops import class_files
from pipeline.core.arrays import Rgb
from pipeline.core.randomness import sample_rng
from pipeline.core.records import MASK_TYPES
from pipeline.storage.images import read_image
from pipeline.storage.whole_files import write_text
from pipeline.training.backbones import IMAGENET_MEAN, IMAGENET_STD

NUMBERS = (5, 10, 20, 40, None)
"""Real crops a class; None is all there are."""

IMAGE_PX = 144
_BATCH = 64
_STRENGTH = 0.003
"""Inverse of the L2 penalty: of some 1,280 features and few crops, little may be believed."""


@dataclass(frozen=True, slots=True)
class Features:
    """What the frozen backbone sees of each crop and of its mirror image `(N, 2, F)`, and the classes `(N,)`."""

    values: NDArray[np.float32]
    labels: NDArray[np.int64]

    def chosen(self, places: NDArray[np.int64]) -> "Features":
        """Some of them."""
        return Features(self.values[places], self.labels[places])


@dataclass(frozen=True, slots=True)
class Row:
    """Accuracies of the draws with one number of real crops a class; 0 is ours alone, None all there are."""

    kind: str
    number: int | None
    accuracies: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Over the draws."""
        return float(np.mean(self.accuracies))


@click.command()
@click.argument("weights", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("folders", nargs=3, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--draws", type=click.IntRange(1), default=10, show_default=True)
@click.option("--plot", type=click.Path(dir_okay=False, path_type=Path), help="Write the curve there, as SVG.")
def command(weights: Path, folders: tuple[Path, Path, Path], draws: int, plot: Path | None) -> None:
    """Print the curve."""
    torch.set_num_threads(1)
    backbone = read_backbone(weights)
    ours, real, test = (read_features(backbone, folder) for folder in folders)
    rows = curve(ours, real, test, draws)
    for row in rows:
        click.echo(line(row))
    if plot is not None:
        write_text(plot, chart(rows, len(test.labels)))


def read_backbone(weights: Path) -> torch.nn.Module:
    """The convolutions of mobilenet_v2 with ImageNet's weights."""
    model = mobilenet_v2()
    model.load_state_dict(torch.load(weights, weights_only=True))
    features: torch.nn.Module = model.features.eval()
    return features


def read_features(backbone: torch.nn.Module, folder: Path) -> Features:
    """Those of all crops of a folder."""
    files = class_files(folder)
    crops = [_brought_to_size(read_image(path).rgb) for path, _ in files]
    found = [features_of(backbone, crops[start : start + _BATCH]) for start in range(0, len(crops), _BATCH)]
    return Features(np.concatenate(found), np.array([label for _, label in files], dtype=np.int64))


def features_of(backbone: torch.nn.Module, crops: Sequence[Rgb]) -> NDArray[np.float32]:
    """Mean features `(N, 2, F)` of crops `uint8 (IMAGE_PX, IMAGE_PX, 3)` and of their mirror images."""
    images = torch.from_numpy(np.stack(crops)).permute(0, 3, 1, 2).float() / 255
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (IMAGENET_MEAN, IMAGENET_STD))
    with torch.inference_mode():
        views = [backbone((view - mean) / std).mean((2, 3)).numpy() for view in (images, images.flip(3))]
    return np.stack(views, 1)


def _brought_to_size(rgb: Rgb) -> Rgb:
    return np.asarray(cv2.resize(rgb, (IMAGE_PX, IMAGE_PX), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def curve(ours: Features, real: Features, test: Features, draws: int) -> list[Row]:
    """Ours alone, then real alone and both for each number of real crops."""
    rows = [Row("ours alone", 0, (accuracy([(ours, 1.0)], test),))]
    for number in NUMBERS:
        drawn = [real] if number is None else [drawn_of(real, number, draw) for draw in range(draws)]
        rows.append(Row("real alone", number, tuple(accuracy([(one, 1.0)], test) for one in drawn)))
        both = (accuracy([(ours, 1.0), (one, len(ours.labels) / len(one.labels))], test) for one in drawn)
        rows.append(Row("both", number, tuple(both)))
    return rows


def drawn_of(features: Features, number: int, draw: int) -> Features:
    """`number` of each class, or all where there are fewer; another choice each draw."""
    rng = sample_rng(draw, f"curve:{number}")
    chosen = [rng.permutation(np.flatnonzero(features.labels == k))[:number] for k in range(len(MASK_TYPES))]
    return features.chosen(np.concatenate(chosen))


def accuracy(parts: Sequence[tuple[Features, float]], test: Features) -> float:
    """The share of the test crops told right by a probe trained on parts that weigh so much a crop."""
    values, labels = (np.concatenate(one) for one in zip(*((p.values, p.labels) for p, _ in parts), strict=True))
    weights = balanced(labels, np.concatenate([np.full(len(part.labels), weight) for part, weight in parts]))
    flat = values.reshape(-1, values.shape[2])
    scaler = StandardScaler().fit(flat)
    probe = LogisticRegression(C=_STRENGTH, max_iter=1000)
    probe.fit(scaler.transform(flat), np.repeat(labels, 2), np.repeat(weights, 2))
    both = probe.predict_proba(scaler.transform(test.values.reshape(-1, values.shape[2])))
    said = probe.classes_[both.reshape(len(test.labels), 2, -1).mean(1).argmax(1)]
    return float((said == test.labels).mean())


def balanced(labels: NDArray[np.int64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weights such that the classes weigh alike and the mean is 1."""
    totals = np.bincount(labels, weights)
    return weights / totals[labels] * len(labels) / np.count_nonzero(totals)


def line(row: Row) -> str:
    """A row for people."""
    what = "" if row.number == 0 else f", {'all' if row.number is None else row.number} a class"
    spread = f" ({min(row.accuracies):.1%} to {max(row.accuracies):.1%})" if len(row.accuracies) > 1 else ""
    return f"{row.kind}{what}: {row.mean:.1%}{spread} in {len(row.accuracies)} draws"


def spread(row: Row) -> tuple[float, float, float]:
    """Mean, least and most."""
    return row.mean, min(row.accuracies), max(row.accuracies)


def chart(rows: Sequence[Row], tested: int) -> str:
    """The curve as SVG."""
    alone = next(row.mean for row in rows if row.number == 0)
    series = [Series(kind, [spread(row) for row in rows if row.kind == kind]) for kind in ("real alone", "both")]
    series.append(Series("ours alone", [(alone, alone, alone)] * len(NUMBERS)))
    ticks = ["all" if number is None else str(number) for number in NUMBERS]
    return spread_chart(series, ticks, "real photos a class", f"right of {tested} other real photos")


if __name__ == "__main__":
    command()
