"""One photo in, its masked pictures out, as bytes and rows: nothing is written here."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

import numpy as np

from pipeline.augment.face_masker import (
    BarePicture,
    EncodedPicture,
    FaceMasker,
    KnownFace,
    KnownPhoto,
    MaskedPicture,
    Outcome,
    RejectedFace,
    RejectedPicture,
)
from pipeline.augment.photos import Photo
from pipeline.augment.request import SCENE, AskedPicture, FolderRequest
from pipeline.augment.rows import (
    BARE,
    Ignored,
    Parent,
    Row,
    bare_columns,
    drawn_masks,
    face_columns,
    mask_columns,
    scene_columns,
    written,
)
from pipeline.augment.scene_masker import LeftOut, SceneMasker, ScenePicture
from pipeline.augment.sides import side_of
from pipeline.core.arrays import Points, Rgb
from pipeline.core.errors import SampleRejected
from pipeline.core.params import FacesParams
from pipeline.faces.crops import sharpness
from pipeline.faces.finding import Findings, FoundFace, shared_finder
from pipeline.storage.content_credentials import Composite, Credentials, CredentialSigner, load_signer, shared_signer
from pipeline.storage.digests import file_stamp
from pipeline.storage.images import DEFAULT_LIMITS, decode_image, encode_image, read_file

_ID_DIGITS = 32
"""Of a photo's sha256 in the ids of its pictures. Two copies of a photo give pictures of one id: they are the same."""


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
            sha256, rgb = _read(photo)
            found = self._found(rgb)
        except SampleRejected as verdict:
            return self.rejected(photo, verdict)
        faces = found.faces
        result.rejected.extend(_rejection(photo, face.verdict, face.index) for face in found.refused)
        request = self.request
        known = KnownPhoto(sha256, sha256[:_ID_DIGITS], request.licence, request.author)
        side = None if request.split is None else side_of(sha256, request.split, request.seed)
        sharp = tuple(round(sharpness(rgb, face.box), 1) for face in faces)
        parent = Parent(photo.name, known, rgb.shape[1], rgb.shape[0], len(faces), side, sharp)
        if self.request.faces == "all":
            _mask_scene(SceneMasker(self.request.of_each_face()), _Scene(photo, parent, rgb, found), result)
        else:
            masker = FaceMasker(self.request.of_each_face())
            for face in faces if self.request.faces == "each" else faces[:1]:
                outcomes = masker(rgb, _known(parent, face))
                _add_face(outcomes, photo, parent, face, result)
        if request.credentials is not None:
            result.files.update(_signed(result, shared_signer(request.credentials)))
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
        params = FacesParams(
            detector=asked.detector,
            landmarks=asked.landmarks,
            long_side_px=asked.long_side_px,
            min_face_px=asked.min_face_px,
        )
        finder = shared_finder(params)
        found = finder.search(rgb)
        if not found.faces:
            raise finder.why_none(found)
        return found


def _read(photo: Photo) -> tuple[str, Rgb]:
    """The sha256 of a photo's bytes, which then are no longer needed, and its pixels.

    Raises:
        SampleRejected: any reason of `read_image`.
    """
    data = read_file(photo.path, DEFAULT_LIMITS)
    return hashlib.sha256(data).hexdigest(), decode_image(data, DEFAULT_LIMITS).rgb


def _known(parent: Parent, face: FoundFace) -> KnownFace:
    return KnownFace(parent.photo, str(face.index), face.box, _as_written(face.landmarks))


def _as_written(landmarks: Points) -> Points:
    """The points as the row says them, so that it can be replayed."""
    return np.array(written(landmarks), dtype=np.float32)


def _add_face(outcomes: Iterable[Outcome], photo: Photo, parent: Parent, face: FoundFace, result: PhotoResult) -> None:
    """Add what becomes of the face to `result`: files and a row for a picture, a row for what can't be made."""
    stem, face_id = f"{photo.stem}-{face.index}", f"{parent.photo.id}-{face.index}"
    for outcome in outcomes:
        match outcome:
            case MaskedPicture(asked, _, files):
                row = {"id": f"{face_id}-{asked.name}"} | mask_columns(outcome) | face_columns(parent, face)
                _add(result, f"{asked.mask_type}/{stem}-{asked.name}", files, row)
            case BarePicture(files):
                row = {"id": f"{face_id}-none0"} | bare_columns() | face_columns(parent, face)
                _add(result, f"none/{stem}-none0", files, row)
            case RejectedPicture(asked, verdict):
                result.rejected.append(_rejection(photo, verdict, face.index, asked))
            case RejectedFace(verdict):
                result.rejected.append(_rejection(photo, verdict, face.index))


def _add(result: PhotoResult, stem: str, files: EncodedPicture, row: Row) -> None:
    """Name the picture's files and add its row; `file_name` first, as the Hugging Face `imagefolder` loader expects.

    No two pictures have one name, whatever their folders: many tools know a picture by its name alone.
    """
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


@dataclass(frozen=True, slots=True)
class _Scene:
    """A photo with all that was found in it."""

    photo: Photo
    parent: Parent
    rgb: Rgb
    found: Findings[FoundFace]

    def ignored(self, left_out: Sequence[LeftOut]) -> list[Ignored]:
        """The faces without a label: those left out, and what no use could be made of when faces were looked for."""
        return [
            *(Ignored(one.face.box, one.verdict.reason, one.face.landmarks) for one in left_out),
            *(Ignored(face.box, face.verdict.reason) for face in self.found.refused),
            *(Ignored(box, "face_too_small") for box in self.found.too_small),
        ]


def _mask_scene(masker: SceneMasker, scene: _Scene, result: PhotoResult) -> None:
    """Add the photo's pictures of all faces to `result`, and a row for each face that is in none or not in all."""
    refused: list[LeftOut] = []
    for outcome in masker(scene.rgb, [_known(scene.parent, face) for face in scene.found.faces]):
        if isinstance(outcome, LeftOut):
            refused.append(outcome)
            result.rejected.append(_rejection(scene.photo, outcome.verdict, int(outcome.face.place)))
            continue
        if outcome.number is not None:
            for one in outcome.left_out:
                result.rejected.append(_rejection(scene.photo, one.verdict, int(one.face.place), one.asked))
        if outcome.shown:
            _add_scene(scene, outcome, scene.ignored([*refused, *outcome.left_out]), result)


def _add_scene(scene: _Scene, picture: ScenePicture, ignored: Sequence[Ignored], result: PhotoResult) -> None:
    kind, number = ("none", 0) if picture.number is None else (SCENE, picture.number)
    stem = f"{kind}/{scene.photo.stem}-{kind}{number}"
    row: Row = {"id": f"{scene.parent.photo.id}-{kind}{number}"}
    row |= scene_columns(scene.parent, scene.found.faces, picture, ignored)
    crops = [_crop_name(scene.photo.stem, one.face.place, one.mask_type, number) for one in picture.shown]
    if all(one.crop is not None for one in picture.shown):
        row["objects"]["crop_file_name"] = crops
        result.files.update({name: one.crop for name, one in zip(crops, picture.shown, strict=True) if one.crop})
    _add(result, stem, picture.files, row)


def try_signing(credentials: Credentials) -> None:
    """Make sure that pictures can be signed, before any is made.

    Raises:
        OutputError: they can't.
        ModuleNotFoundError: the extra `c2pa` isn't installed.
    """
    load_signer(credentials).check(encode_image(np.zeros((16, 16, 3), np.uint8)))


def _signed(result: PhotoResult, signer: CredentialSigner) -> Iterator[tuple[str, bytes]]:
    """The pictures and crops with a drawn mask, each with a manifest of its own."""
    for row in result.rows:
        for name in _with_masks(row):
            said = Composite(PurePosixPath(name).name, row["parent_sha256"])
            yield name, signer.sign(result.files[name], said)


def _with_masks(row: Row) -> Iterator[str]:
    """The pictures of a row that show a drawn mask; a crop belongs to one face, and is bare where that is."""
    if any(drawn_masks(row)):
        yield row["file_name"]
    whole = row.get("objects")
    kinds, crops = (
        ([row["mask_type"]], [row.get("crop_file_name")])
        if whole is None
        else (whole["category"], whole.get("crop_file_name", [None] * len(whole["category"])))
    )
    yield from (crop for kind, crop in zip(kinds, crops, strict=True) if crop and kind not in {"none", BARE})


def _crop_name(stem: str, place: str, mask_type: str, number: int) -> str:
    return f"crops/{mask_type}/{stem}-{place}-{mask_type}{number}.jpg"


def _rejection(
    photo: Photo, rejected: SampleRejected, face_index: int | None = None, asked: AskedPicture | None = None
) -> Row:
    """A line of rejected.jsonl, about the photo, one face of it, or one picture of that face."""
    mask_type, number = (asked.mask_type, asked.number) if asked else (None, None)
    where: Row = {"photo": photo.name, "face_index": face_index, "mask_type": mask_type, "number": number}
    return where | {"reason": rejected.reason, "detail": rejected.detail}
