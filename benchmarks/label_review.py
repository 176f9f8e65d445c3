"""Precision and recall of the doubted labels, with wrong ones planted into photos whose folders tell the type.

python -m benchmarks.label_review FOLDER
"""

from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray

from pipeline.core.errors import SampleRejected
from pipeline.core.records import MASK_TYPES
from pipeline.dedup.calibration.copies import Rate
from pipeline.dedup.fingerprints.face_patch import ProminentFace
from pipeline.faces.masked_cue import align_patch, face_features, masked_face_cue
from pipeline.review.label_doubts import Doubt, doubt_labels
from pipeline.storage.images import EXTENSIONS, read_image


@click.command()
@click.argument("folder", type=click.Path(exists=True, path_type=Path))
@click.option("--share", default=0.05, show_default=True, help="Of the labels, so many are replaced by another.")
@click.option("--seeds", default=5, show_default=True)
def main(folder: Path, share: float, seeds: int) -> None:
    """Print both for each witness and together; labels that were wrong before count as errors of the list."""
    truth, masked, features = _read(folder)
    found: dict[str, tuple[int, int, int]] = {}
    for seed in range(seeds):
        labels, planted = _plant(truth, share, np.random.default_rng(seed))
        doubts = doubt_labels(labels, masked, features, [str(i) for i in range(len(labels))], seed)
        for name, listed in _lists(doubts, len(planted)).items():
            right, listed_before, planted_before = found.get(name, (0, 0, 0))
            hits = len(planted & listed)
            found[name] = (right + hits, listed_before + len(listed), planted_before + len(planted))
    print(f"{len(truth)} faces, {share:.0%} of the labels replaced, {seeds} draws together")
    for name, (right, listed_count, planted_count) in found.items():
        print(f"{name:26} precision {Rate(right, listed_count)}  recall {Rate(right, planted_count)}")


def _read(folder: Path) -> tuple[list[str], NDArray[np.float64], NDArray[np.float32]]:
    find, cue = ProminentFace(), masked_face_cue()
    truth, masked, features = [], [], []
    for kind in MASK_TYPES:
        for file in sorted(f for f in (folder / kind).rglob("*") if f.suffix.lower() in EXTENSIONS):
            try:
                face = find(read_image(file).rgb)
            except SampleRejected:
                continue
            if face is not None:
                truth.append(str(kind))
                masked.append(cue.probability(face.rgb, face.landmarks))
                features.append(face_features(align_patch(face.rgb, face.landmarks)))
    return truth, np.array(masked), np.array(features)


def _plant(truth: list[str], share: float, rng: np.random.Generator) -> tuple[list[str], set[int]]:
    planted = {int(i) for i in rng.choice(len(truth), round(share * len(truth)), replace=False)}
    others = {kind: [k for k in sorted(set(truth)) if k != kind] for kind in set(truth)}
    labels = [
        others[kind][int(rng.integers(len(others[kind])))] if i in planted else kind for i, kind in enumerate(truth)
    ]
    return labels, planted


def _lists(doubts: list[Doubt], first: int) -> dict[str, set[int]]:
    witnesses = {"model": {"model", "both"}, "cue": {"cue", "both"}, "both agree": {"both"}}
    lists = {name: {d.row for d in doubts if d.witness in chosen} for name, chosen in witnesses.items()}
    return {"all": {d.row for d in doubts}, **lists, "first, as many as planted": {d.row for d in doubts[:first]}}


if __name__ == "__main__":
    main()
