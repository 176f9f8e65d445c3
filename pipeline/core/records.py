"""One frozen record per manifest row.

`manifests.py` derives the Parquet schemas from these classes, so a field added here is a column there.
"""

from dataclasses import dataclass
from typing import Literal

MaskType = Literal["none", "cloth", "surgical", "ffp2", "unknown"]
Wear = Literal["none", "correct", "nose_exposed", "chin_exposed", "nose_mouth_exposed", "incorrect", "unknown"]
"""`incorrect` is worn wrongly, where the source doesn't say how."""
Valve = Literal["yes", "no", "unknown"]
Masked = Literal["yes", "no", "unknown"]
"""Whether a mask is worn at all: of many photos that is known, and the mask's type isn't."""
LandmarkModel = Literal["dlib", "mesh"]
LandmarkSource = Literal["dlib", "mesh", "mean_head"]
"""Where a face's 68 points come from: a model, or a mean head laid on the five points of the detector."""
LinkKind = Literal["exact", "near", "mask_pair", "part_of", "same_source_id", "same_person", "derived_from"]
Side = Literal["train", "val", "test"]

MASK_TYPES: tuple[MaskType, ...] = ("none", "cloth", "surgical", "ffp2")
"""The classes a model tells apart, in the order of its outputs; `unknown` is a missing label, not a class."""

SIDES: tuple[Side, ...] = ("train", "val", "test")


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledBox:
    """A face box that came with a source, in pixels of the upright image."""

    left: float
    top: float
    right: float
    bottom: float
    original_label: str
    mask_type: MaskType = "unknown"
    wear: Wear = "unknown"
    valve: Valve = "unknown"
    masked: Masked = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """One file of one source.

    `id` names the row (source and origin), `sha256` the bytes: two copies of one file are two rows with one
    `sha256`, which is how an exact duplicate stays visible. `parent_sha256` is the content of the photo that this one
    was made from, where the source says so.
    """

    id: str
    sha256: str
    path: str
    source: str
    origin: str
    width_px: int
    height_px: int
    licence: str
    url: str | None = None
    author: str | None = None
    citation: str | None = None
    original_label: str | None = None
    mask_type: MaskType = "unknown"
    wear: Wear = "unknown"
    valve: Valve = "unknown"
    masked: Masked = "unknown"
    synthetic: bool = False
    person_id: str | None = None
    photo_id: str | None = None
    parent_sha256: str | None = None
    boxes: tuple[LabelledBox, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DuplicateLink:
    """Two images that belong together; `first` < `second`, `distance` in the kind's own unit (bits for hashes)."""

    first: str
    second: str
    kind: LinkKind
    distance: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """One face found in one image.

    The box is left, top, right, bottom in pixels; `landmarks` are the 68 iBUG points flattened as x0, y0, x1, …, and
    `landmarks_by` says what gave them; angles are in degrees: yaw > 0 turns the face to the viewer's right, pitch > 0
    looks down, roll > 0 tilts clockwise.
    """

    id: str
    image_id: str
    left: float
    top: float
    right: float
    bottom: float
    score: float
    detector: str
    landmarks: tuple[float, ...]
    yaw_deg: float
    pitch_deg: float
    roll_deg: float
    sharpness: float
    crop_path: str | None = None
    mask_type: MaskType = "unknown"
    wear: Wear = "unknown"
    valve: Valve = "unknown"
    masked: Masked = "unknown"
    landmarks_by: LandmarkSource = "dlib"


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskedImage:
    """One synthetic mask on one face, with all that is needed to draw it again.

    `draw` is the JSON of every drawn value; `polygon` the mask's outline as x0, y0, x1, … in pixels. `held_out` says
    that the template is kept for the test side.
    """

    id: str
    face_id: str
    image_id: str
    parent_sha256: str
    path: str
    alpha_path: str | None
    crop_path: str | None
    template: str
    mask_type: MaskType
    wear: Wear
    valve: Valve
    seed: int
    draw: str
    polygon: tuple[float, ...]
    mask_left: float
    mask_top: float
    mask_right: float
    mask_bottom: float
    left: float
    top: float
    right: float
    bottom: float
    landmarks: tuple[float, ...]
    yaw_deg: float
    pitch_deg: float
    roll_deg: float
    licence: str
    held_out: bool = False

    def paths(self) -> list[str]:
        """The files of this picture."""
        return [path for path in (self.path, self.alpha_path, self.crop_path) if path]


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """The side of the split on which one sample (a `Face` or a `MaskedImage`) stands, with its whole group."""

    sample_id: str
    image_id: str
    group: str
    side: Side
    mask_type: MaskType
    wear: Wear
    valve: Valve
    source: str
    synthetic: bool
    template: str | None
    crop_path: str
    fold: int | None = None
    masked: Masked = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """Why one sample did not leave a stage; `reason` is counted, `detail` is for a person."""

    id: str
    stage: str
    reason: str
    detail: str
    origin: str
