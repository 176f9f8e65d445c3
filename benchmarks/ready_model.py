"""What a model is worth on real photos that it never saw: the ready one, or any that `maskwright predict` takes.

    python -m benchmarks.ready_model DATA [--model FILE] [--one-way]

DATA holds `real_dev` and `real_dev2` (square crops of faces in the folders none, cloth, surgical, ffp2),
`real_wear/incorrect` (crops of faces whose mask is worn wrongly) and `scenes` (photos with VOC boxes). A crop's true
type is one of four: `other`, something else before the mouth, is no mask, and its probability is added to that of none.
Shares come with 95 % Wilson intervals.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.scene_faces import labelled_photos
from maskwright import load_model
from pipeline.core.agreement import overlap
from pipeline.core.records import MASK_TYPES, LabelledBox
from pipeline.core.shares import wilson_interval
from pipeline.faces.detectors import Box
from pipeline.prediction.predictor import FacePredictor
from pipeline.storage.images import EXTENSIONS, read_image

COVERAGES = (1.0, 0.95, 0.9, 0.8)
SMALLEST_PX = 24
OVERLAP = 0.5
_BARE = {"without_mask"}


@dataclass(frozen=True, slots=True)
class Crops:
    """A folder's crops: what each truly is, and the probabilities of each class by head, `(N, classes)`."""

    labels: NDArray[np.int64]
    shares: dict[str, NDArray[np.float32]]


def read_crops(model: FacePredictor, files: Sequence[tuple[Path, int]]) -> Crops:
    """Ask the model of each file as a whole."""
    side = (model.usage.image_px,) * 2
    crops = (cv2.resize(read_image(path).rgb, side, interpolation=cv2.INTER_AREA) for path, _ in files)
    found = model.shares([np.asarray(crop, dtype=np.uint8) for crop in crops])
    by_head = {head: np.stack([shares[head] for shares in found]) for head in model.usage.classes}
    return Crops(np.array([label for _, label in files], dtype=np.int64), by_head)


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
    types, truth = four_types(crops.shares["mask_type"]), crops.labels
    said = types.argmax(1)
    right = said == truth
    recalls = [right[truth == k].mean() for k in range(len(MASK_TYPES))]
    yield f"{name}: type {share(right)}, balanced {np.mean(recalls):.1%}"
    yield "  recall " + ", ".join(f"{kind} {recall:.1%}" for kind, recall in zip(MASK_TYPES, recalls, strict=True))
    for k, kind in enumerate(MASK_TYPES):
        yield f"  {kind} taken for {np.bincount(said[truth == k], minlength=types.shape[1]).tolist()}"
    yield f"  mask or none {share((types[:, 0] < 0.5) == (truth > 0))}"
    order = np.argsort(-types.max(1), kind="stable")
    for coverage in COVERAGES:
        surest = order[: round(coverage * len(order))]
        yield f"  the surest {coverage:.0%}: {share(right[surest])}, from {types.max(1)[surest[-1]]:.2f}"


def share(hits: NDArray[np.bool_]) -> str:
    """A share with its interval."""
    low, high = wilson_interval(int(hits.sum()), len(hits))
    return f"{hits.mean():.1%} ({low * 100:.1f} to {high * 100:.1f}) of {len(hits)}"


def wear_lines(wrong: Crops, masked: Crops) -> Iterator[str]:
    """Worn wrongly against correctly: by the wear's most probable class among those of masks."""
    told = [crops.shares["wear"][:, 2:].sum(1) > crops.shares["wear"][:, 1] for crops in (wrong, masked)]
    found, kept = told[0], ~told[1]
    yield f"wear: wrong {share(found)}, correct {share(kept)}, balanced {(found.mean() + kept.mean()) / 2:.1%}"


@dataclass(frozen=True, slots=True)
class SceneCounts:
    """Boxes of a size that counts: how many there are, how many faces were found, how many of those match and how."""

    labelled: int
    found: int
    matched: int
    told: int

    def f1(self, right: int) -> float:
        """The F1 of so many right ones."""
        return 2 * right / max(self.labelled + self.found, 1)


def count_scenes(model: FacePredictor, folder: Path) -> SceneCounts:
    """Find and tell the faces of each scene; labels below `SMALLEST_PX`, and what is found on them, don't count."""
    labelled = found = matched = told = 0
    for path, image in labelled_photos(folder):
        faces = model(path)
        pairs = match([face.box for face in faces], image.boxes)
        small = {place for place, box in enumerate(image.boxes) if _side(box) < SMALLEST_PX}
        labelled += len(image.boxes) - len(small)
        on_small = {face for face, box in pairs.items() if box in small}
        unmatched_small = {k for k, f in enumerate(faces) if k not in pairs and _side(f.box) < SMALLEST_PX}
        found += len(faces) - len(on_small | unmatched_small)
        for face, box in pairs.items():
            if box in small:
                continue
            matched += 1
            types = faces[face].answers["mask_type"].probabilities
            worn = sum(types[kind] for kind in MASK_TYPES[1:]) > 0.5
            told += worn != (image.boxes[box].original_label in _BARE)
    return SceneCounts(labelled, found, matched, told)


def match(faces: Sequence[Box], boxes: Sequence[LabelledBox]) -> dict[int, int]:
    """Face to labelled box, one to one, the largest overlap (intersection over union) first, from `OVERLAP` on."""
    pairs = [(overlap(face, box), k, j) for k, face in enumerate(faces) for j, box in enumerate(boxes)]
    taken: dict[int, int] = {}
    for value, face, box in sorted(pairs, key=lambda pair: (-pair[0], pair[1], pair[2])):
        if value >= OVERLAP and face not in taken and box not in taken.values():
            taken[face] = box
    return taken


def _side(box: LabelledBox | Box) -> float:
    return max(box.right - box.left, box.bottom - box.top)


@click.command()
@click.argument("data", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--model", default="ready", show_default=True, help="Or the path of a trained or exported one.")
@click.option("--one-way", is_flag=True, help="Without each face's mirror image.")
def command(data: Path, model: str, one_way: bool) -> None:
    """Print the table."""
    predictor = load_model(model, both_ways=not one_way)
    sets = {name: read_crops(predictor, class_files(data / name)) for name in ("real_dev", "real_dev2")}
    for name, crops in sets.items():
        for line in type_lines(name, crops):
            click.echo(line)
    second = sets["real_dev2"]
    masked = Crops(second.labels[second.labels > 0], {h: s[second.labels > 0] for h, s in second.shares.items()})
    wrong = read_crops(predictor, [(path, 0) for path in photos_of(data / "real_wear/incorrect")])
    for line in wear_lines(wrong, masked) if "wear" in predictor.usage.classes else ():
        click.echo(line)
    scenes = count_scenes(predictor, data / "scenes")
    click.echo(
        f"scenes: {scenes.labelled} boxes of {SMALLEST_PX} px and more, {scenes.found} found, {scenes.matched} match: "
        f"F1 {scenes.f1(scenes.matched):.3f} found, {scenes.f1(scenes.told):.3f} found and told mask or none "
        f"({scenes.told / max(scenes.matched, 1):.1%} of those found)"
    )


if __name__ == "__main__":
    command()
