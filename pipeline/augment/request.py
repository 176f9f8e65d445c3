"""What is asked of each face, at both doors, and what a run of `augment-masks` is asked for.

`pipeline.core.params` says each default; here it is read, never said again.
"""

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.augment.sides import Shares
from pipeline.core.params import AugmentParams, FacesChoice, FacesParams, Params
from pipeline.core.records import LandmarkModel, MaskType, Wear
from pipeline.core.version import VERSION
from pipeline.faces.detectors import DetectorName
from pipeline.masks import MaskParams
from pipeline.storage.content_credentials import Credentials
from pipeline.storage.digests import code_digest, digest_of_folders

SCENE = "all"
"""Names what shows all faces of a photo where others name a type of mask: `images/all/`, `<photo>-all0`."""

_SCENE_ID = re.compile(rf"-{SCENE}\d+\Z")


def shows_scene(row_id: str) -> bool:
    """Whether the row of that id is of a picture with all faces of its photo, which shares it with other rows.

    >>> shows_scene("0f-1-all0"), shows_scene("0f-1-cloth0")
    (True, False)
    """
    return _SCENE_ID.search(row_id) is not None


_SEED, _AUGMENT, _FACES = Params().seed, AugmentParams(), FacesParams()


@dataclass(frozen=True, slots=True)
class AskedPicture:
    """The `number`-th picture of a face with a type of mask."""

    mask_type: MaskType
    number: int

    @property
    def name(self) -> str:
        """Tells the pictures of one face apart in their ids."""
        return f"{self.mask_type}{self.number}"


@dataclass(frozen=True, slots=True)
class MaskRequest:
    """The pictures asked of each face, and all that decides their bytes beside the photo and the face.

    Attributes:
        masks: Types of mask, each put on every face; where `faces` is `all` one of them is drawn for each.
        per_face: Pictures of each face with each type; where `faces` is `all` pictures of each photo.
        seed: Decides every random choice, with the photo's content and the face's place in it.
        wear: Ways of wearing, drawn with equal chances; None draws them by the weights of `ranges`.
        ranges: What varies about every mask.
        templates: Folders of templates instead of those that ship with the package.
        already_masked_threshold: Faces that look masked with a higher probability are rejected; 1 takes all.
        jpeg_quality: Of pictures and crops.
        crop_scale: Side of a face crop over the longer side of the face box.
        crop_px: Side of a face crop's file.
        alpha, crops: Whether alpha masks and face crops are made.
        bare: Whether the face is encoded without a mask too.
        types_take_turns: The order of the pictures: cloth 0, ffp2 0, cloth 1, ffp2 1, or each type's together.
        faces: `each` face in pictures of its own, the `largest` alone, or `all` in one picture a photo and number.
        share: Of the faces of a picture of all, how many wear a mask, in [0, 1].
        mark_synthetic: Whether pictures with a mask say in their metadata that they are synthetic.
    """

    masks: tuple[MaskType, ...]
    per_face: int
    seed: int
    wear: tuple[Wear, ...] | None
    ranges: MaskParams
    templates: tuple[Path, ...]
    already_masked_threshold: float
    jpeg_quality: int
    crop_scale: float
    crop_px: int
    alpha: bool
    crops: bool
    bare: bool
    types_take_turns: bool
    faces: FacesChoice = "each"
    share: float = 1.0
    mark_synthetic: bool = True

    def one_wear(self, rng: np.random.Generator) -> Wear | None:
        """One of the ways asked for; None leaves the choice to the weights of the ranges."""
        return None if self.wear is None else self.wear[int(rng.integers(len(self.wear)))]

    def pictures(self) -> list[AskedPicture]:
        """The masked pictures of one face, in their order."""
        if self.types_take_turns:
            return [AskedPicture(mask, number) for number in range(self.per_face) for mask in self.masks]
        return [AskedPicture(mask, number) for mask in self.masks for number in range(self.per_face)]


def request_of(params: Params, ranges: MaskParams) -> MaskRequest:
    """What params.yaml asks of each face; `ranges` is its checked `augment.mask`."""
    augment, faces = params.augment, params.faces
    return MaskRequest(
        masks=augment.masks,
        per_face=augment.per_face,
        seed=params.seed,
        wear=None,
        ranges=ranges,
        templates=augment.templates,
        already_masked_threshold=augment.already_masked_threshold,
        jpeg_quality=augment.jpeg_quality,
        crop_scale=faces.crop_scale,
        crop_px=faces.crop_px,
        alpha=augment.alpha,
        crops=True,
        bare=False,
        types_take_turns=False,
        faces=augment.faces,
        share=augment.share,
        mark_synthetic=augment.mark_synthetic,
    )


@dataclass(frozen=True, slots=True)
class FolderRequest:
    """What one run of `augment-masks` was asked for: everything that decides the dataset's bytes beside the photos.

    Attributes:
        detector: What finds them.
        landmarks: The model that gives their points.
        min_face_px: Faces whose box's longer side is shorter are left out, px.
        include_unmasked: Whether each face is written without a mask too, encoded like the others.
        credentials: Whose signed C2PA manifest pictures with a mask get.
        split: Shares of the photos on train, val and test, where the rows are to say on which each stands.
        licence: Of all photos, where it is one; the pictures and their rows say it.
        author: Likewise.

    The others are as in `MaskRequest`.
    """

    masks: tuple[MaskType, ...] = _AUGMENT.masks
    per_face: int = _AUGMENT.per_face
    wear: tuple[Wear, ...] = ("correct",)
    seed: int = _SEED
    faces: FacesChoice = _AUGMENT.faces
    share: float = _AUGMENT.share
    detector: DetectorName = _FACES.detector
    landmarks: LandmarkModel = _FACES.landmarks
    long_side_px: int | None = None
    min_face_px: int = _FACES.min_face_px
    already_masked_threshold: float = _AUGMENT.already_masked_threshold
    jpeg_quality: int = _AUGMENT.jpeg_quality
    crop_scale: float = _FACES.crop_scale
    crop_px: int = _FACES.crop_px
    templates: tuple[Path, ...] = _AUGMENT.templates
    alpha: bool = _AUGMENT.alpha
    crops: bool = False
    include_unmasked: bool = False
    mark_synthetic: bool = _AUGMENT.mark_synthetic
    credentials: Credentials | None = None
    split: Shares | None = None
    licence: str = "unknown"
    author: str | None = None

    def of_each_face(self) -> MaskRequest:
        """What is asked of each face that is found."""
        return MaskRequest(
            masks=self.masks,
            per_face=self.per_face,
            seed=self.seed,
            wear=self.wear,
            ranges=MaskParams(),
            templates=self.templates,
            already_masked_threshold=self.already_masked_threshold,
            jpeg_quality=self.jpeg_quality,
            crop_scale=self.crop_scale,
            crop_px=self.crop_px,
            alpha=self.alpha,
            crops=self.crops,
            bare=self.include_unmasked,
            types_take_turns=True,
            faces=self.faces,
            share=self.share,
            mark_synthetic=self.mark_synthetic,
        )

    def as_row(self) -> dict[str, Any]:
        """The request as JSON values, with what else decides the bytes: the code and the templates' content."""
        row: dict[str, Any] = json.loads(json.dumps(asdict(self), default=str))
        row["credentials"] = self.credentials and self.credentials.digest()
        code = {"version": VERSION, "code": code_digest()[:16]}
        return row | {"templates": digest_of_folders(self.templates)} | code
