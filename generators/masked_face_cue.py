"""Fit the cue that tells masked faces from bare ones, on our own masks over folders of unmasked faces.

    python -m generators.masked_face_cue samples/faces FOLDER... [--leave-out names.txt]

Writes pipeline/faces/masked_face_cue.npz: a weight for each feature and a bias, nothing of any photo. Prints, by
cross-validation over photos, which share of bare faces is taken for masked at each threshold. Needs scikit-learn.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from pipeline.core.arrays import Points, Rgb
from pipeline.core.errors import SampleRejected
from pipeline.core.params import FacesParams
from pipeline.core.randomness import sample_rng
from pipeline.core.records import MaskType, Wear
from pipeline.dedup.fingerprints.hashes import distance, phash, squeeze, working_grey
from pipeline.faces.detectors import Box
from pipeline.faces.finding import FaceFinder
from pipeline.faces.masked_cue import WEIGHTS_FILE, align_patch, face_features
from pipeline.masks import MaskParams, MaskSynthesizer, load_templates
from pipeline.storage.images import EXTENSIONS, read_image

WEIGHTS = Path(__file__).parents[1] / "pipeline" / "faces" / WEIGHTS_FILE
TYPES: tuple[MaskType, ...] = ("cloth", "surgical", "ffp2")
WEAR: dict[Wear, float] = {"correct": 0.8, "nose_exposed": 0.1, "chin_exposed": 0.05, "nose_mouth_exposed": 0.05}
MAX_FACE_PX = 320


@dataclass(frozen=True, slots=True)
class Known:
    """A bare face of a distinct photo."""

    name: str
    rgb: Rgb
    landmarks: Points


class Collector:
    """Feature rows with the photo that each comes from."""

    def __init__(self) -> None:
        self.features: list[NDArray[np.float32]] = []
        self.masked: list[bool] = []
        self.photo: list[int] = []
        self.plain: list[bool] = []

    def add(self, patch: Rgb, masked: bool, photo: int, plain: bool = False) -> None:
        """One example; `plain` where nothing was varied."""
        self.features.append(face_features(patch))
        self.masked.append(masked)
        self.photo.append(photo)
        self.plain.append(plain)


def main() -> None:
    """Collect, cross-validate, fit, write."""
    options = _options()
    cv2.setNumThreads(1)
    finder = FaceFinder(FacesParams())
    leave_out = frozenset(options.leave_out.read_text(encoding="utf-8").split()) if options.leave_out else frozenset()
    faces = [face for folder in options.folders for face in bare_faces(folder, finder, leave_out)]
    print(f"{len(faces)} bare faces of distinct photos")
    examples = collect(faces, finder, options.masks, options.seed)
    x, y, photo = np.stack(examples.features), np.array(examples.masked), np.array(examples.photo)
    plain = np.array(examples.plain)
    report(cross_validate(x, y, photo, options.penalty)[plain], y[plain], photo[plain], faces)
    weights, bias = fit(x, y, options.penalty)
    np.savez_compressed(options.out, weights=weights, bias=np.float32(bias))
    print(f"{len(weights)} weights to {options.out}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path, help="folders of unmasked faces")
    parser.add_argument("--leave-out", type=Path, help="file with names of photos in which the face is masked")
    parser.add_argument("--masks", default=6, type=int, help="masked examples of each face")
    parser.add_argument("--penalty", default=0.01, type=float, help="how strongly weights are held near 0")
    parser.add_argument("--seed", default=0, type=int)
    parser.add_argument("--out", default=WEIGHTS, type=Path)
    return parser.parse_args()


def bare_faces(folder: Path, finder: FaceFinder, leave_out: frozenset[str]) -> Iterator[Known]:
    """The largest face of each distinct photo, shrunk where it is large."""
    hashes: list[int] = []
    for path in sorted(path for path in folder.rglob("*") if path.suffix.lower() in EXTENSIONS):
        try:
            rgb = read_image(path).rgb
            face = finder.find(rgb)[0]
        except SampleRejected:
            continue
        code = phash(squeeze(working_grey(rgb)))
        if path.name in leave_out or any(distance(code, other) <= 8 for other in hashes):
            continue
        hashes.append(code)
        yield _cut_out(path.name, rgb, face.box, face.landmarks)


def _cut_out(name: str, rgb: Rgb, box: Box, landmarks: Points) -> Known:
    """The head and some room around it, the face at most `MAX_FACE_PX` large."""
    side = max(box.width, box.height)
    low = np.maximum(np.array([box.left - side, box.top - side]), 0).astype(int)
    part = rgb[low[1] : int(box.bottom + side), low[0] : int(box.right + side)]
    factor = min(1.0, MAX_FACE_PX / side)
    small = cv2.resize(part, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    return Known(name, small, ((landmarks - low + 0.5) * factor - 0.5).astype(np.float32))


def collect(faces: list[Known], finder: FaceFinder, masks: int, seed: int) -> Collector:
    """Each face bare and with masks, each in several conditions; landmarks are found anew under each mask."""
    synthesizer = MaskSynthesizer(load_templates(), MaskParams(wear=WEAR))
    examples = Collector()
    for index, face in enumerate(faces):
        rng = sample_rng(seed, f"{face.name}:{index}")
        examples.add(align_patch(face.rgb, face.landmarks), False, index, plain=True)
        for patch in vary(face.rgb, face.landmarks, masks, rng):
            examples.add(patch, False, index)
        for number in range(masks):
            try:
                worn = synthesizer(face.rgb, face.landmarks, TYPES[number % 3], rng).rgb
                found = finder.find(worn)[0].landmarks
            except SampleRejected:
                continue
            examples.add(align_patch(worn, found), True, index, plain=True)
            for patch in vary(worn, found, 1, rng):
                examples.add(patch, True, index)
    return examples


def vary(rgb: Rgb, landmarks: Points, count: int, rng: np.random.Generator) -> Iterator[Rgb]:
    """Patches with landmarks a little off, mirrored or not, in other light, tint and sharpness."""
    spread = 0.02 * float(np.ptp(landmarks[:, 0]))
    for _ in range(count):
        moved = landmarks + rng.normal(0, spread, 2) + rng.normal(0, spread, landmarks.shape)
        scale = 1 + rng.normal(0, 0.03)
        patch = align_patch(rgb, ((moved - moved.mean(axis=0)) * scale + moved.mean(axis=0)).astype(np.float32))
        if rng.random() < 0.5:
            patch = patch[:, ::-1]
        value = patch.astype(np.float32) / 255
        if rng.random() < 0.15:
            value = np.repeat(value.mean(axis=2, keepdims=True), 3, axis=2)
        value = value ** rng.uniform(0.7, 1.5) * rng.uniform(0.8, 1.15) * rng.normal(1, 0.05, 3).astype(np.float32)
        if rng.random() < 0.4:
            value = cv2.GaussianBlur(value, (0, 0), rng.uniform(0.3, 1.2))
        yield np.clip(value * 255 + 0.5, 0, 255).astype(np.uint8)


def fit(x: NDArray[np.float32], y: NDArray[np.bool_], penalty: float) -> tuple[NDArray[np.float32], float]:
    """Weights and bias of a ridge-penalised logistic regression, both classes of one weight."""
    deviation = x.std(axis=0) + 1e-3
    model = LogisticRegression(C=penalty, class_weight="balanced", max_iter=400)
    model.fit(x / deviation, y)
    return (model.coef_[0] / deviation).astype(np.float32), float(model.intercept_[0])


def cross_validate(
    x: NDArray[np.float32], y: NDArray[np.bool_], photo: NDArray[np.int64], penalty: float
) -> NDArray[np.float64]:
    """The probability of each example by a model that has not seen its photo."""
    probability = np.zeros(len(y))
    for fold in range(5):
        held_out = photo % 5 == fold
        weights, bias = fit(x[~held_out], y[~held_out], penalty)
        probability[held_out] = 1 / (1 + np.exp(-(x[held_out] @ weights + bias)))
    return probability


def report(
    probability: NDArray[np.float64], y: NDArray[np.bool_], photo: NDArray[np.int64], faces: list[Known]
) -> None:
    """Error rates by threshold on unvaried examples, and the bare faces that look most masked: some truly are."""
    for threshold in (0.3, 0.5, 0.7, 0.8, 0.9, 0.95):
        caught = probability > threshold
        print(f"threshold {threshold}: recall {caught[y].mean():.3f}, false positives {caught[~y].mean():.4f}")
    order = [index for index in np.argsort(-probability) if not y[index]]
    worst = dict.fromkeys(faces[photo[index]].name for index in order[:60])
    print("most masked of the bare:", ", ".join(list(worst)[:25]))


if __name__ == "__main__":
    main()
