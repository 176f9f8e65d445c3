"""Folders of real photos in class sub-folders, brought to the crops that a model was trained on."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.core.arrays import Rgb
from pipeline.core.errors import SampleRejected
from pipeline.core.file_names import printable
from pipeline.core.locations import Location
from pipeline.core.params import FacesParams
from pipeline.core.records import Assignment, Rejection
from pipeline.engine.containment import each_contained
from pipeline.evaluation.attributes import FaceGeometry
from pipeline.evaluation.class_folders import FolderLabel, list_class_folders
from pipeline.faces.crops import crop_square
from pipeline.faces.finding import FoundFace
from pipeline.storage.images import read_image, write_image
from pipeline.storage.signatures import is_photo

STAGE = "evaluate"

_CROP_ASPECT = 1.1
"""An image without a detected face is taken for a face crop if it is no longer than this times its short side."""

Find = Callable[[Rgb], list[FoundFace]]


@dataclass(frozen=True, slots=True)
class EvaluationSet:
    """Crops that a model is measured on together.

    Attributes:
        name: As it appears in metrics and the report.
        rows: One for each crop; `crop_path` is relative to the project's root.
        geometry: What is known of the faces, by `sample_id`.
        rejections: What could not be used.
    """

    name: str
    rows: tuple[Assignment, ...]
    geometry: dict[str, FaceGeometry]
    rejections: tuple[Rejection, ...] = ()


@dataclass(frozen=True, slots=True)
class _Photo:
    """One photo of a class folder; `origin` is its path below the folder that holds the classes."""

    sample_id: str
    path: Path
    origin: str
    label: FolderLabel

    def rejected(self, verdict: SampleRejected) -> Rejection:
        """Its row where it can't be used."""
        return Rejection(
            id=self.sample_id, stage=STAGE, reason=verdict.reason, detail=verdict.detail, origin=self.origin
        )


def external_set(
    name: str, folder: Path, crops: Path, *, root: Location, find: Find, params: FacesParams
) -> EvaluationSet:
    """The largest face of each photo, cut out as the `faces` stage does, its crop under `root / crops`.

    An image in which no face is found but that has a crop's shape is taken whole. Whatever a photo makes the program
    raise is its rejection; so is lying in no class folder.
    """

    def cut(photo: _Photo) -> tuple[Assignment, FaceGeometry]:
        crop_path = crops / f"{photo.sample_id}.jpg"
        decoded = read_image(photo.path)
        crop, geometry = cut_face(decoded.rgb, find, params)
        write_image(root / crop_path, crop, mark=decoded.mark(photo.sample_id))
        return _row(photo, name, crop_path.as_posix()), geometry

    photos = [_photo(name, folder, path, label) for path, label in list_class_folders(folder)]
    found = list(each_contained(cut, photos, lambda photo, verdict: photo.rejected(verdict)))
    taken = [one for one in found if not isinstance(one, Rejection)]
    loose = [
        _photo(name, folder, path, FolderLabel()).rejected(SampleRejected("no_label", "lies in no class folder"))
        for path in sorted(folder.iterdir())
        if is_photo(path)
    ]
    return EvaluationSet(
        name,
        tuple(row for row, _ in taken),
        {row.sample_id: geometry for row, geometry in taken},
        (*loose, *(one for one in found if isinstance(one, Rejection))),
    )


def _photo(source: str, folder: Path, path: Path, label: FolderLabel) -> _Photo:
    origin = printable(path.relative_to(folder).as_posix())
    return _Photo(hashlib.sha256(f"{source}\0{origin}".encode()).hexdigest()[:32], path, origin, label)


def cut_face(rgb: Rgb, find: Find, params: FacesParams) -> tuple[Rgb, FaceGeometry]:
    """The crop of a photo's largest face, `uint8 (crop_px, crop_px, 3)`, and what is known of that face.

    Raises:
        SampleRejected: there is no face that is large enough, and the photo has no crop's shape.
    """
    try:
        face = find(rgb)[0]
    except SampleRejected:
        if max(rgb.shape[:2]) > _CROP_ASPECT * min(rgb.shape[:2]):
            raise
        return np.ascontiguousarray(rgb), FaceGeometry()
    size_px = max(face.box.width, face.box.height)
    return crop_square(rgb, face.box, params.crop_scale, params.crop_px), FaceGeometry(face.pose.yaw_deg, size_px)


def _row(photo: _Photo, source: str, crop_path: str) -> Assignment:
    label = photo.label
    return Assignment(
        sample_id=photo.sample_id,
        image_id=photo.sample_id,
        group=photo.sample_id,
        side="test",
        mask_type=label.mask_type,
        wear=label.wear,
        valve=label.valve,
        source=source,
        synthetic=False,
        template=None,
        crop_path=crop_path,
        masked="no" if label.mask_type == "none" else "yes",
    )


def held_out_sets(rows: list[Assignment], geometry: dict[str, FaceGeometry]) -> list[EvaluationSet]:
    """The test side in parts that are never averaged: masks that we drew, and masks that people wore.

    Bare faces are real photos and belong to both. A part with one class alone is left out: there is nothing to
    tell apart.
    """
    held_out = sorted((row for row in rows if row.side == "test"), key=lambda row: row.sample_id)
    bare = {row.sample_id for row in held_out if row.mask_type == "none"}
    parts = {
        "test_synthetic": [row for row in held_out if row.synthetic or row.sample_id in bare],
        "test_real": [row for row in held_out if not row.synthetic],
    }
    return [
        EvaluationSet(name, tuple(part), {row.sample_id: geometry.get(row.sample_id, FaceGeometry()) for row in part})
        for name, part in parts.items()
        if len({row.mask_type for row in part} - {"unknown"}) > 1 or len({row.wear for row in part} - {"unknown"}) > 1
    ]
