"""Measure how correctly worn masks sit: what they cover, what hangs over, whether edges glow.

    python -m benchmarks.mask_fit                  the sample, against its renderer's ground truth
    python -m benchmarks.mask_fit FOLDER...        any photos, as far as landmarks tell

For each type of mask, over all faces and --masks draws of each:

- covered: share of masks with nose tip, mouth and chin under alpha > 0.5. On the sample these are the true points; the
  mask is drawn on what the landmark model finds.
- overhang: share with less than 3 % of the mask's body outside the head's true silhouette, neck and hair included;
  straps don't count. The sample alone knows the silhouette. Bandanas and gaiters, which lie on the clothes below, are
  left out.
- halo: share with a pixel on the soft edge that is saturated where neither the photo nor the mask beside it is.
"""

import argparse
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import cv2
import numpy as np
from numpy.typing import NDArray

from generators.sample.truth import read_truth
from pipeline.core.arrays import Points, Rgb
from pipeline.core.errors import SampleRejected
from pipeline.core.params import FacesParams
from pipeline.core.randomness import sample_rng
from pipeline.core.records import LandmarkModel, MaskType
from pipeline.faces.finding import shared_finder
from pipeline.faces.masked_cue import DEFAULT_THRESHOLD, masked_face_cue
from pipeline.masks import MaskedFace, MaskSynthesizer, load_templates
from pipeline.storage.images import EXTENSIONS, read_image

SAMPLES = Path(__file__).parent.parent / "samples"
TYPES: tuple[MaskType, ...] = ("cloth", "surgical", "ffp2")
NOSE_TIP, CHIN, LIPS = 30, 8, (62, 66)
LONG = frozenset({"cloth_bandana", "cloth_gaiter"})
MAX_OUTSIDE = 0.03


@dataclass(frozen=True, slots=True)
class Subject:
    """A photo, the points found in it, the points that are to be covered, and the head's silhouette where known."""

    name: str
    rgb: Rgb
    landmarks: Points
    true_landmarks: Points
    head: NDArray[np.bool_] | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one mask does: `bare` names the points that it leaves so, `outside` is None where nobody knows."""

    name: str
    template: str
    bare: tuple[str, ...]
    outside: float | None
    halo_pixels: int


def main() -> None:
    """Mask, judge, print."""
    options = _options()
    cv2.setNumThreads(1)
    faces = FacesParams(landmarks=options.landmarks)
    subjects = photos_of(options.folders, options.limit, faces) if options.folders else sample(options.limit, faces)
    verdicts: dict[MaskType, list[Verdict]] = {mask: [] for mask in TYPES}
    rejected: dict[str, int] = {}
    synthesizer = MaskSynthesizer(load_templates())
    for subject in subjects:
        for mask_type in TYPES:
            for number in range(options.masks):
                rng = sample_rng(options.seed, f"{subject.name}:{mask_type}:{number}")
                try:
                    masked = synthesizer(subject.rgb, subject.landmarks, mask_type, rng)
                except SampleRejected as error:
                    rejected[error.reason] = rejected.get(error.reason, 0) + 1
                else:
                    verdicts[mask_type].append(judge(subject, masked))
    for mask_type, found in verdicts.items():
        print(f"{mask_type:9}", summary(found))
    print("all      ", summary([verdict for found in verdicts.values() for verdict in found]))
    print("rejected:", ", ".join(f"{reason} {count}" for reason, count in sorted(rejected.items())) or "none")
    print("worst overhang:", worst([verdict for found in verdicts.values() for verdict in found]))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--masks", type=int, default=2, help="masks of each type on each face")
    parser.add_argument("--limit", type=int, default=10**9, help="photos")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--landmarks", choices=get_args(LandmarkModel), default="dlib", help="what gives the points")
    return parser.parse_args()


def sample(limit: int, faces: FacesParams) -> Iterator[Subject]:
    """The sample's portraits with what their renderer knows."""
    truth = read_truth(SAMPLES / "truth.npz")
    for row in range(min(limit, len(truth.picture))):
        name = str(truth.picture[row])
        rgb = read_image(SAMPLES / "faces" / name).rgb
        try:
            landmarks = shared_finder(faces).find(rgb)[0].landmarks
        except SampleRejected:
            continue
        yield Subject(name, rgb, landmarks, truth.landmarks_px[row], truth.head_mask(row))


def photos_of(folders: list[Path], limit: int, faces: FacesParams) -> Iterator[Subject]:
    """The largest bare face of each photo."""
    paths = sorted(path for folder in folders for path in folder.rglob("*") if path.suffix.lower() in EXTENSIONS)
    for path in paths[:limit]:
        try:
            rgb = read_image(path).rgb
            landmarks = shared_finder(faces).find(rgb)[0].landmarks
            masked_face_cue().check_unmasked(rgb, landmarks, DEFAULT_THRESHOLD)
        except SampleRejected:
            continue
        yield Subject(path.name, rgb, landmarks, landmarks, None)


def judge(subject: Subject, masked: MaskedFace) -> Verdict:
    """What the mask covers, leaves and spoils."""
    alpha = masked.alpha[:, :, 0]
    lips = subject.true_landmarks[list(LIPS)].mean(axis=0)
    points = {"nose tip": subject.true_landmarks[NOSE_TIP], "mouth": lips, "chin": _chin(subject)}
    outside = None
    if subject.head is not None and masked.draw.template not in LONG:
        body = np.zeros(alpha.shape, dtype=np.uint8)
        cv2.fillPoly(body, [np.rint(masked.polygon).astype(np.int32)], 1)
        outside = float((body.astype(bool) & ~subject.head).sum() / max(int(body.sum()), 1))
    bare = tuple(name for name, point in points.items() if _alpha_at(alpha, point) <= 0.5)
    return Verdict(subject.name, masked.draw.template, bare, outside, halo_pixels(subject.rgb, masked))


def _chin(subject: Subject) -> Points:
    """The chin point, a thirtieth of the way to the lips: the landmark itself lies on the skin's edge."""
    chin, lips = subject.true_landmarks[CHIN], subject.true_landmarks[list(LIPS)].mean(axis=0)
    return np.asarray(chin + (lips - chin) / 30, dtype=np.float32)


def _alpha_at(alpha: NDArray[np.float32], point: Points) -> float:
    """Alpha at a point; a point outside the photo can't be bare in it."""
    x, y = (round(float(value)) for value in point)
    return float(alpha[y, x]) if 0 <= y < alpha.shape[0] and 0 <= x < alpha.shape[1] else 1.0


def halo_pixels(before: Rgb, masked: MaskedFace) -> int:
    """Pixels of the soft edge that are white (above 250) with nothing bright near by in the photo or the whole mask."""
    alpha = masked.alpha[:, :, 0]
    edge = (alpha > 0.02) & (alpha < 0.98)
    white = masked.rgb.min(axis=2) > 250
    bright = (before.min(axis=2) > 235) | ((alpha >= 0.98) & (masked.rgb.min(axis=2) > 235))
    near = cv2.dilate(bright.astype(np.uint8), np.ones((5, 5), np.uint8)).astype(bool)
    return int((edge & white & ~near).sum())


def summary(verdicts: list[Verdict]) -> str:
    """The three shares."""
    if not verdicts:
        return "no mask"
    covered = np.mean([not verdict.bare for verdict in verdicts])
    bare = Counter(name for verdict in verdicts for name in verdict.bare)
    which = f" (bare: {', '.join(f'{name} {count}' for name, count in bare.items())})" if bare else ""
    known = [verdict.outside for verdict in verdicts if verdict.outside is not None]
    overhang = f"{np.mean(np.array(known) < MAX_OUTSIDE):.1%} of {len(known)}" if known else "not known"
    halo = np.mean([verdict.halo_pixels > 0 for verdict in verdicts])
    shares = f"covered {covered:.1%}{which}; under 3 % overhang {overhang}; with a halo pixel {halo:.1%}"
    return f"{len(verdicts)} masks: {shares}"


def worst(verdicts: list[Verdict], count: int = 8) -> str:
    """Where to look first."""
    known = sorted((verdict for verdict in verdicts if verdict.outside is not None), key=lambda v: -(v.outside or 0))
    return (
        ", ".join(f"{verdict.name} {verdict.template} {verdict.outside:.0%}" for verdict in known[:count])
        or "not known"
    )


if __name__ == "__main__":
    main()
