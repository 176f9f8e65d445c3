"""One photo in, its masked pictures out, as bytes and rows: nothing is written here."""

import hashlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pipeline.augment.face_masker import (
    BarePicture,
    EncodedPicture,
    FaceMasker,
    KnownFace,
    MaskedPicture,
    RejectedFace,
    RejectedPicture,
)
from pipeline.augment.photos import Photo
from pipeline.augment.request import AskedPicture, FolderRequest
from pipeline.core.arrays import Points, Rgb
from pipeline.core.errors import SampleRejected
from pipeline.core.params import FacesParams
from pipeline.faces.finding import Findings, FoundFace, shared_finder
from pipeline.storage.digests import file_stamp
from pipeline.storage.images import DEFAULT_LIMITS, decode_image, read_file

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class PhotoResult:
    """What one photo gave.

    Attributes:
        photo: The photo.
        stamp: Size and modification time of its file, so that a later run knows whether it is the same.
        faces: How many faces were found.
        files: Contents by path below the output folder.
        rows: One for each masked picture.
        rejected: One for each photo, face or picture of a face that could not be made.
    """

    photo: Photo
    stamp: tuple[int, int]
    faces: int = 0
    files: dict[str, bytes] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    rejected: list[Row] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class PhotoMasker:
    """Puts masks on the faces of one photo after another; the models are loaded once a process."""

    request: FolderRequest

    def __call__(self, photo: Photo) -> PhotoResult:
        """The photo's pictures; a photo that can't be used gives one rejected row."""
        result = PhotoResult(photo, file_stamp(photo.path))
        try:
            data = read_file(photo.path, DEFAULT_LIMITS)
            rgb = decode_image(data, DEFAULT_LIMITS).rgb
            found = self._found(rgb)
        except SampleRejected as verdict:
            return self.rejected(photo, verdict)
        faces = found.faces
        result.rejected.extend(_rejection(photo, face.verdict, face.index) for face in found.refused)
        parent = Parent(photo, hashlib.sha256(data).hexdigest(), rgb, len(faces))
        masker = FaceMasker(self.request.of_each_face())
        for face in faces if self.request.faces == "all" else faces[:1]:
            _mask_face(masker, parent, face, result)
        return PhotoResult(photo, result.stamp, len(faces), result.files, result.rows, result.rejected)

    def rejected(self, photo: Photo, verdict: SampleRejected) -> PhotoResult:
        """The only row of a photo that cannot be used."""
        return PhotoResult(photo, file_stamp(photo.path), rejected=[_rejection(photo, verdict)])

    def _found(self, rgb: Rgb) -> Findings[FoundFace]:
        """The photo's faces, and what looked like one.

        Raises:
            SampleRejected: there is no face.
        """
        asked = self.request
        params = FacesParams(detector=asked.detector, long_side_px=asked.long_side_px, min_face_px=asked.min_face_px)
        finder = shared_finder(params)
        found = finder.search(rgb)
        if not found.faces:
            raise finder.why_none(found)
        return found


@dataclass(frozen=True, slots=True)
class Parent:
    """The photo that the pictures are made of."""

    photo: Photo
    sha256: str
    rgb: Rgb
    faces: int


def _mask_face(masker: FaceMasker, parent: Parent, face: FoundFace, result: PhotoResult) -> None:
    """Add what becomes of the face to `result`: files and a row for a picture, a row for what can't be made."""
    landmarks = np.array(_written(face.landmarks), dtype=np.float32)  # as the row says, so that it can be replayed
    known = KnownFace(parent.sha256, str(face.index), face.box, landmarks)
    stem = f"{parent.photo.stem}-{face.index}"
    for outcome in masker(parent.rgb, known):
        match outcome:
            case MaskedPicture(asked, _, files):
                row = _mask_columns(outcome) | _face_columns(parent, face)
                _add(result, f"{asked.mask_type}/{stem}-{asked.number}", files, row)
            case BarePicture(files):
                _add(result, f"none/{stem}-0", files, _bare_columns() | _face_columns(parent, face))
            case RejectedPicture(asked, verdict):
                result.rejected.append(_rejection(parent.photo, verdict, face.index, asked))
            case RejectedFace(verdict):
                result.rejected.append(_rejection(parent.photo, verdict, face.index))


def _add(result: PhotoResult, stem: str, files: EncodedPicture, row: Row) -> None:
    """Name the picture's files and add its row; `file_name` first, as the Hugging Face `imagefolder` loader expects."""
    extras: Row = {}
    if files.crop is not None:
        extras["crop_file_name"] = f"crops/{stem}.jpg"
        result.files[extras["crop_file_name"]] = files.crop
    if files.alpha is not None:
        extras["alpha_file_name"] = f"alpha/{stem}.png"
        result.files[extras["alpha_file_name"]] = files.alpha
    file_name = f"images/{stem}.jpg"
    result.files[file_name] = files.image
    result.rows.append({"file_name": file_name, **row, **extras})


def _face_columns(parent: Parent, face: FoundFace) -> Row:
    box = face.box
    return {
        "face_box": _rounded([box.left, box.top, box.right, box.bottom]),
        "face_score": round(box.score, 4),
        "landmarks": _written(face.landmarks),
        "yaw_deg": round(face.pose.yaw_deg, 2),
        "pitch_deg": round(face.pose.pitch_deg, 2),
        "roll_deg": round(face.pose.roll_deg, 2),
        "face_index": face.index,
        "faces_in_photo": parent.faces,
        "width_px": parent.rgb.shape[1],
        "height_px": parent.rgb.shape[0],
        "parent": parent.photo.name,
        "parent_sha256": parent.sha256,
    }


def _mask_columns(picture: MaskedPicture) -> Row:
    masked = picture.masked
    return {
        **picture.labels,
        "polygon": _written(masked.polygon),
        "mask_box": _rounded(list(masked.box)),
        "draw": masked.draw.to_json(),
    }


def _bare_columns() -> Row:
    labels = {"mask_type": "none", "wear": "none", "valve": "no", "template": None, "seed": None}
    return labels | {"polygon": [], "mask_box": None, "draw": None}


def _written(points: Points) -> list[list[float]]:
    """As many decimals as mean something; all at once, since a mask's outline has a hundred points."""
    rounded: list[list[float]] = np.round(points.astype(np.float64), 2).tolist()
    return rounded


def _rounded(values: list[float]) -> list[float]:
    return [round(float(value), 2) for value in values]


def _rejection(
    photo: Photo, rejected: SampleRejected, face_index: int | None = None, asked: AskedPicture | None = None
) -> Row:
    """A line of rejected.jsonl, about the photo, one face of it, or one picture of that face."""
    mask_type, number = (asked.mask_type, asked.number) if asked else (None, None)
    where: Row = {"photo": photo.name, "face_index": face_index, "mask_type": mask_type, "number": number}
    return where | {"reason": rejected.reason, "detail": rejected.detail}
