"""What one run of `augment-masks` was asked for."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from pipeline.core.records import MaskType, Wear
from pipeline.core.version import VERSION
from pipeline.faces.detectors import DetectorName
from pipeline.faces.masked_cue import DEFAULT_THRESHOLD
from pipeline.storage.digests import code_digest, digest_of_folders

Faces = Literal["all", "largest"]


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that decides the bytes of a dataset, beside the photos.

    Attributes:
        masks: Types of mask, each put on every face.
        per_face: Pictures of each face with each type.
        wear: Ways of wearing, drawn with equal chances.
        faces: Every face of a photo, one a picture, or the largest alone.
        crop_scale: Side of a face crop over the longer side of the face box.
        templates: Folders of templates beside those that ship with the package.
        alpha, crops: Whether alpha masks and face crops are written.
        already_masked_threshold: Faces that look masked with a higher probability are rejected; 1 takes all.
        include_unmasked: Whether each face is written without a mask too, encoded like the others.
    """

    masks: tuple[MaskType, ...] = ("cloth", "surgical", "ffp2")
    per_face: int = 1
    wear: tuple[Wear, ...] = ("correct",)
    seed: int = 0
    faces: Faces = "all"
    detector: DetectorName = "yunet"
    min_face_px: int = 24
    already_masked_threshold: float = DEFAULT_THRESHOLD
    jpeg_quality: int = 95
    crop_scale: float = 1.35
    crop_px: int = 224
    templates: tuple[Path, ...] = ()
    alpha: bool = False
    crops: bool = False
    include_unmasked: bool = False

    def as_row(self) -> dict[str, Any]:
        """The settings as JSON values, with what else decides the bytes: the code and the templates' content."""
        row: dict[str, Any] = json.loads(json.dumps(asdict(self), default=str))
        code = {"version": VERSION, "code": code_digest()[:16]}
        return row | {"templates": digest_of_folders(self.templates)} | code
