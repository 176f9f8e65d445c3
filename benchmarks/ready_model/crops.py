"""Real crops of known classes, and what a model says of them, in lines."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.core.arrays import Rgb
from pipeline.core.records import MASK_TYPES
from pipeline.core.shares import wilson_interval
from pipeline.prediction.predictor import FacePredictor
from pipeline.storage.images import EXTENSIONS, read_image

COVERAGES = (1.0, 0.95, 0.9, 0.8)


@dataclass(frozen=True, slots=True)
class Crops:
    """A folder's crops: what each truly is, the probabilities of each class by head, `(N, classes)`, and the files."""

    labels: NDArray[np.int64]
    shares: dict[str, NDArray[np.float32]]
    files: tuple[Path, ...] = ()

    @property
    def types(self) -> NDArray[np.float32]:
        """Probabilities of the four types `(N, 4)`."""
        return four_types(self.shares["mask_type"])

    @property
    def right(self) -> NDArray[np.bool_]:
        """Which types are told right."""
        return np.asarray(self.types.argmax(1) == self.labels)

    def chosen(self, which: NDArray[np.bool_]) -> "Crops":
        """Some of them."""
        files = tuple(file for file, taken in zip(self.files, which, strict=True) if taken) if self.files else ()
        return Crops(self.labels[which], {head: shares[which] for head, shares in self.shares.items()}, files)


def read_crops(model: FacePredictor, files: Sequence[tuple[Path, int]]) -> Crops:
    """Ask the model of each file as a whole."""
    found = model.shares([_brought_to(model.usage.image_px, read_image(path).rgb) for path, _ in files])
    by_head = {head: np.stack([shares[head] for shares in found]) for head in model.usage.classes}
    return Crops(np.array([label for _, label in files], dtype=np.int64), by_head, tuple(path for path, _ in files))


def _brought_to(side_px: int, rgb: Rgb) -> Rgb:
    return np.asarray(cv2.resize(rgb, (side_px, side_px), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def class_files(folder: Path) -> list[tuple[Path, int]]:
    """The photos of class sub-folders with the class's place among the four types."""
    return [(path, place) for place, name in enumerate(MASK_TYPES) for path in photos_of(folder / name)]


def photos_of(folder: Path) -> list[Path]:
    """The photos of a folder, sorted."""
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in EXTENSIONS)


def four_types(types: NDArray[np.float32]) -> NDArray[np.float32]:
    """Probabilities of none, cloth, surgical and FFP2 `(N, 4)` of a model that may know `other` too."""
    four = types[:, : len(MASK_TYPES)].copy()
    four[:, 0] += types[:, len(MASK_TYPES) :].sum(1)
    return four


def type_lines(name: str, crops: Crops) -> Iterator[str]:
    """The type: accuracy, recall by class, confusion, mask or none, and accuracy of the surest."""
    types, truth, right = crops.types, crops.labels, crops.right
    recalls = [right[truth == k].mean() for k in range(len(MASK_TYPES))]
    yield f"{name}: type {share(right)}, balanced {np.mean(recalls):.1%}"
    yield "  recall " + ", ".join(f"{kind} {recall:.1%}" for kind, recall in zip(MASK_TYPES, recalls, strict=True))
    for k, kind in enumerate(MASK_TYPES):
        yield f"  {kind} taken for {np.bincount(types.argmax(1)[truth == k], minlength=len(MASK_TYPES)).tolist()}"
    yield f"  mask or none {share((types[:, 0] < 0.5) == (truth > 0))}"
    yield from _other_lines(crops)
    order = np.argsort(-types.max(1), kind="stable")
    for coverage in COVERAGES:
        surest = order[: round(coverage * len(order))]
        yield f"  the surest {coverage:.0%}: {share(right[surest])}, from {types.max(1)[surest[-1]]:.2f}"


def _other_lines(crops: Crops) -> Iterator[str]:
    said, bare = crops.shares["mask_type"].argmax(1), crops.labels == 0
    if crops.shares["mask_type"].shape[1] > len(MASK_TYPES):
        yield f"  called other: {int((said[bare] >= len(MASK_TYPES)).sum())} of {int(bare.sum())} without a mask"


def share(hits: NDArray[np.bool_]) -> str:
    """A share with its interval."""
    low, high = wilson_interval(int(hits.sum()), len(hits))
    return f"{hits.mean():.1%} ({low * 100:.1f} to {high * 100:.1f}) of {len(hits)}"


def wear_lines(wrong: Crops, masked: Crops) -> Iterator[str]:
    """Worn wrongly against correctly: by the wear's most probable class among those of masks."""
    told = [crops.shares["wear"][:, 2:].sum(1) > crops.shares["wear"][:, 1] for crops in (wrong, masked)]
    found, kept = told[0], ~told[1]
    yield f"wear: wrong {share(found)}, correct {share(kept)}, balanced {(found.mean() + kept.mean()) / 2:.1%}"
