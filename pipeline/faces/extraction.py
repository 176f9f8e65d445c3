"""From a kept image to its `Face` rows and crops, one image at a time and in any process."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import compress
from pathlib import Path
from typing import Any

from pipeline.core.arrays import Rgb
from pipeline.core.errors import SampleRejected
from pipeline.core.locations import Location, located
from pipeline.core.params import FacesParams, Params
from pipeline.core.records import Face, Image, Rejection
from pipeline.faces.boxed import faces_of
from pipeline.faces.crops import crop_square, sharpness, visible_share
from pipeline.faces.finding import FoundFace, RefusedFace
from pipeline.faces.labels import UNKNOWN, FaceLabel, label_faces
from pipeline.storage.images import Decoded, encode_image, read_image
from pipeline.storage.shards import StoredFile, WrittenFile, put_picture, whole_files

STAGE = "faces"


@dataclass(frozen=True, slots=True)
class Extraction:
    """What one image gave: the faces kept, what was not, and the crops written."""

    faces: list[Face] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)
    files: list[StoredFile] = field(default_factory=list)

    def written(self) -> list[WrittenFile]:
        """The crops' files."""
        return whole_files(self.files)


def cache_key_parts(params: Params) -> dict[str, Any]:
    """What decides the faces beside the images and the code, as JSON values."""
    return {"faces": params.faces.model_dump(mode="json"), "storage": str(params.storage.root)}


@dataclass(frozen=True, slots=True)
class FaceExtractor:
    """Finds the faces of an image under `root` and writes their crops to `crops_dir` under `written`, else `root`."""

    params: FacesParams
    root: Location
    crops_dir: Path
    written: Location | None = None

    def __call__(self, image: Image) -> Extraction:
        """The image's faces; an image without one is a rejection with the image's id."""
        try:
            decoded = read_image(located(self.root, image.path))
            rgb = decoded.rgb
            photo = faces_of(image, rgb, self.params)
        except SampleRejected as verdict:
            return self.rejected(image, verdict)
        labels, _ = label_faces(image, [face.box for face in photo.faces])
        found, known, unlabelled = self._labelled(image, photo.faces, labels)
        whole = [self._is_whole(image, face) for face in found]
        kept = list(compress(zip(found, known, strict=True), whole))
        files = [self._cut_out(image, decoded, face) for face, _ in kept]
        faces = [self._row(image, rgb, *pair, file.shard) for pair, file in zip(kept, files, strict=True)]
        cut = [_cut_off(image, face, alone=not faces) for face, inside in zip(found, whole, strict=True) if not inside]
        missed = [_rejection(image, f"{image.id}-box{place}", why) for place, why in photo.missed]
        refused = [_rejection(image, _face_id(image, face), face.verdict) for face in photo.refused]
        return Extraction(faces, [*unlabelled, *cut, *missed, *refused], files)

    def _labelled(
        self, image: Image, found: Sequence[FoundFace], labels: Sequence[FaceLabel | None]
    ) -> tuple[list[FoundFace], list[FaceLabel], list[Rejection]]:
        """The faces that the photo's labels speak of; of the others a row, or an unknown label by the settings."""
        if self.params.unlabelled == "unknown":
            return list(found), [label or UNKNOWN for label in labels], []
        pairs = [(face, label) for face, label in zip(found, labels, strict=True) if label is not None]
        others = [face for face, label in zip(found, labels, strict=True) if label is None]
        rest = [_without_label(image, face, alone=not pairs) for face in others]
        return [face for face, _ in pairs], [label for _, label in pairs], rest

    def rejected(self, image: Image, verdict: SampleRejected) -> Extraction:
        """The image's only row where it cannot be used."""
        return Extraction(rejections=[_rejection(image, image.id, verdict)])

    def _is_whole(self, image: Image, face: FoundFace) -> bool:
        return _visible_share(image, face) >= self.params.min_face_visible

    def _cut_out(self, image: Image, decoded: Decoded, face: FoundFace) -> StoredFile:
        """The crop's file; of a picture that says that it is synthetic the crop says so too."""
        face_id = _face_id(image, face)
        crop = crop_square(decoded.rgb, face.box, self.params.crop_scale, self.params.crop_px)
        data = encode_image(crop, mark=decoded.mark(face_id, image.licence, image.author))
        root = self.root if self.written is None else self.written
        return put_picture(root, (self.crops_dir / f"{face_id}.jpg").as_posix(), face_id, data)

    def _row(self, image: Image, rgb: Rgb, face: FoundFace, label: FaceLabel, crop_path: str) -> Face:
        return Face(
            id=_face_id(image, face),
            image_id=image.id,
            left=face.box.left,
            top=face.box.top,
            right=face.box.right,
            bottom=face.box.bottom,
            score=face.box.score,
            detector=self.params.detector,
            landmarks=tuple(face.landmarks.ravel().tolist()),
            yaw_deg=face.pose.yaw_deg,
            pitch_deg=face.pose.pitch_deg,
            roll_deg=face.pose.roll_deg,
            sharpness=sharpness(rgb, face.box),
            crop_path=crop_path,
            landmarks_by=face.landmarks_by,
            **label,
        )


def _rejection(image: Image, row_id: str, verdict: SampleRejected) -> Rejection:
    return Rejection(id=row_id, stage=STAGE, reason=verdict.reason, detail=verdict.detail, origin=image.origin)


def _face_id(image: Image, face: FoundFace | RefusedFace) -> str:
    return f"{image.id}-{face.index}"


def _visible_share(image: Image, face: FoundFace) -> float:
    box = (face.box.left, face.box.top, face.box.right, face.box.bottom)
    return visible_share(box, image.width_px, image.height_px)


def _cut_off(image: Image, face: FoundFace, *, alone: bool) -> Rejection:
    """A face that reaches out of the picture; where none is whole, the largest stands for the image."""
    row_id = image.id if alone and face.index == 0 else f"{image.id}-{face.index}"
    detail = f"{_visible_share(image, face):.0%} of the face lies inside the picture"
    return _rejection(image, row_id, SampleRejected("face_cut_off", detail))


def _without_label(image: Image, face: FoundFace, *, alone: bool) -> Rejection:
    """A face that nothing labels; where none is labelled, the largest stands for the image."""
    row_id = image.id if alone and face.index == 0 else _face_id(image, face)
    return _rejection(image, row_id, SampleRejected("no_label", "the photo's labels speak of other faces"))
