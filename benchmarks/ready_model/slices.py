"""Where a model lags: its recall by class on faces that are turned, small, dark or of one tone of skin."""

from collections.abc import Iterator, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from benchmarks.ready_model.crops import Crops
from pipeline.core.arrays import Rgb
from pipeline.core.errors import SampleRejected
from pipeline.core.params import FacesParams
from pipeline.core.records import MASK_TYPES, Assignment, MaskType
from pipeline.evaluation.attributes import FaceGeometry, attributes_of
from pipeline.evaluation.slices import SliceScore, slice_scores
from pipeline.faces.finding import FaceFinder
from pipeline.storage.images import read_image

ATTRIBUTES = ("yaw", "face_size", "brightness", "skin_tone")
_ALL = "all"


def slice_table(sets: Sequence[Crops]) -> Iterator[str]:
    """Rows of a Markdown table over all sets together: each value of each attribute, all classes and one by one."""
    labels, said = (np.concatenate(parts) for parts in zip(*((c.labels, c.types.argmax(1)) for c in sets), strict=True))
    files = [file for crops in sets for file in crops.files]
    slices = [slices_of(read_image(file).rgb, MASK_TYPES[k]) for file, k in zip(files, labels, strict=True)]
    scores = {_ALL: _scores(labels, said, slices)}
    for place, kind in enumerate(MASK_TYPES):
        of_kind = np.flatnonzero(labels == place)
        scores[kind] = _scores(labels[of_kind], said[of_kind], [slices[k] for k in of_kind])
    yield "| | " + " | ".join(scores) + " |"
    yield "|---" * (len(scores) + 1) + "|"
    for attribute, value in scores[_ALL]:
        cells = (_cell(of.get((attribute, value))) for of in scores.values())
        yield f"| {attribute.replace('_', ' ')} {value} | " + " | ".join(cells) + " |"


def _scores(
    labels: NDArray[np.int64], said: NDArray[np.int64], slices: Sequence[dict[str, str]]
) -> dict[tuple[str, str], SliceScore]:
    return {(score.attribute, score.value): score for score in slice_scores(labels, said, slices)}


def _cell(score: SliceScore | None) -> str:
    if score is None:
        return ""
    return f"{score.accuracy:.0%} ({score.low * 100:.0f}-{score.high * 100:.0f}) of {score.count}"


def slices_of(rgb: Rgb, mask_type: MaskType) -> dict[str, str]:
    """The slices that a crop belongs to, by attribute."""
    found = attributes_of(_row(mask_type), rgb, geometry_of(rgb), frozenset())
    return {name: found[name] for name in ATTRIBUTES}


def geometry_of(rgb: Rgb) -> FaceGeometry:
    """Turn and size of the face in a crop; unknown where none is found in it."""
    try:
        face = _finder().find(rgb)[0]
    except SampleRejected:
        return FaceGeometry()
    return FaceGeometry(face.pose.yaw_deg, face.box.longer_side)


@cache
def _finder() -> FaceFinder:
    return FaceFinder(FacesParams())


def _row(mask_type: MaskType) -> Assignment:
    return Assignment(
        sample_id="", image_id="", group="", side="test", mask_type=mask_type, wear="unknown", valve="unknown",
        source="", synthetic=False, template=None, crop_path="", masked="unknown",
    )  # fmt: skip
