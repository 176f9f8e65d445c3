"""Faces of street and group photos: how many are found where labels say so, and told mask or none."""

from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

from benchmarks.scene_faces import labelled_photos
from pipeline.core.agreement import overlap
from pipeline.core.records import MASK_TYPES, LabelledBox
from pipeline.faces.detectors import Box
from pipeline.prediction.answers import FacePrediction
from pipeline.prediction.predictor import FacePredictor

SMALLEST_PX = 24
OVERLAP = 0.5
LOOSE_OVERLAP = 0.1
"""The same face by another convention of boxes."""

_BARE = {"without_mask"}


@dataclass(frozen=True, slots=True)
class SceneCounts:
    """Boxes of a size that counts.

    Attributes:
        labelled: How many there are.
        found: How many faces the model finds.
        matched: How many of these match a box.
        told: How many of those are told mask or none as the label says.
        loose: How many faces match a box by `LOOSE_OVERLAP` alone.
    """

    labelled: int = 0
    found: int = 0
    matched: int = 0
    told: int = 0
    loose: int = 0

    def __add__(self, other: "SceneCounts") -> "SceneCounts":
        """Those of both."""
        return SceneCounts(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))

    def f1(self, right: int) -> float:
        """The F1 of so many right ones."""
        return 2 * right / max(self.labelled + self.found, 1)


def count_scenes(model: FacePredictor, folder: Path) -> SceneCounts:
    """Find and tell the faces of each scene."""
    return sum((count_scene(model(path), image.boxes) for path, image in labelled_photos(folder)), SceneCounts())


def count_scene(faces: Sequence[FacePrediction], boxes: Sequence[LabelledBox]) -> SceneCounts:
    """One photo; labels below `SMALLEST_PX`, what is found on them, and smaller faces on no label don't count."""
    places = [face.box for face in faces]
    small = {box for box, label in enumerate(boxes) if _side(label) < SMALLEST_PX}
    pairs, loose = match(places, boxes), match(places, boxes, LOOSE_OVERLAP)
    counted = {face: box for face, box in pairs.items() if box not in small}
    left = [face for face, place in enumerate(places) if face not in pairs and _side(place) >= SMALLEST_PX]
    return SceneCounts(
        labelled=len(boxes) - len(small),
        found=len(counted) + len(left),
        matched=len(counted),
        told=sum(is_told(faces[face], boxes[box]) for face, box in counted.items()),
        loose=sum(box not in small for box in loose.values()) - len(counted),
    )


def is_told(face: FacePrediction, label: LabelledBox) -> bool:
    """Whether mask or none is told as the label says; a mask worn wrongly is one."""
    types = face.answers["mask_type"].probabilities
    worn = sum(types[kind] for kind in MASK_TYPES[1:]) > 0.5
    return worn != (label.original_label in _BARE)


def match(faces: Sequence[Box], boxes: Sequence[LabelledBox], least: float = OVERLAP) -> dict[int, int]:
    """Face to labelled box, one to one, the largest overlap (intersection over union) first, from `least` on."""
    pairs = [(overlap(face, box), k, j) for k, face in enumerate(faces) for j, box in enumerate(boxes)]
    taken: dict[int, int] = {}
    for value, face, box in sorted(pairs, key=lambda pair: (-pair[0], pair[1], pair[2])):
        if value >= least and face not in taken and box not in taken.values():
            taken[face] = box
    return taken


def _side(box: LabelledBox | Box) -> float:
    return max(box.right - box.left, box.bottom - box.top)


def scene_lines(counts: SceneCounts) -> Iterator[str]:
    """F1, and where it is lost."""
    yield (
        f"scenes: {counts.labelled} boxes of {SMALLEST_PX} px and more, {counts.found} found, {counts.matched} match: "
        f"F1 {counts.f1(counts.matched):.3f} found, {counts.f1(counts.told):.3f} found and told mask or none "
        f"({counts.told / max(counts.matched, 1):.1%} of those found)"
    )
    seen = counts.matched + counts.loose
    yield (
        f"  lost: {counts.loose} faces whose box overlaps the label's by {LOOSE_OVERLAP} to {OVERLAP}, "
        f"{counts.labelled - seen} labels without a face, {counts.found - seen} faces on no label"
    )
