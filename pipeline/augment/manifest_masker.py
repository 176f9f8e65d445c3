"""From the unmasked faces of the manifests to `MaskedImage` rows and their pictures."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain, groupby
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.augment.face_masker import (
    BarePicture,
    FaceMasker,
    KnownFace,
    KnownPhoto,
    MaskedPicture,
    RejectedFace,
    RejectedPicture,
    WornMask,
    labels_of,
)
from pipeline.augment.picture_stores import FileStore, Kept, PictureStore
from pipeline.augment.request import SCENE, MaskRequest
from pipeline.augment.scene_masker import LeftOut, SceneMasker
from pipeline.core.arrays import Points, Rgb
from pipeline.core.errors import ManifestError, SampleRejected
from pipeline.core.locations import Location, located
from pipeline.core.params import Params
from pipeline.core.records import Face, Image, MaskedImage, Rejection
from pipeline.core.version import VERSION
from pipeline.faces.detectors import Box
from pipeline.masks import MaskParams
from pipeline.storage.digests import digest_of_folders, item_key
from pipeline.storage.images import read_image
from pipeline.storage.shards import StoredFile, WrittenFile, whole_files

STAGE = "augment"


@dataclass(frozen=True, slots=True)
class PhotoFaces:
    """A photo and its unmasked faces: the photo is decoded once for all of them; `others` are its further faces."""

    image: Image
    faces: tuple[Face, ...]
    others: tuple[Face, ...] = ()


@dataclass(frozen=True, slots=True)
class Masking:
    """What one photo, or the photos of one shard, gave; `files` holds every picture, `shards` the tars they are in."""

    rows: list[MaskedImage] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)
    files: list[StoredFile] = field(default_factory=list)
    shards: list[WrittenFile] = field(default_factory=list)

    def written(self) -> list[WrittenFile]:
        """The files that hold the pictures, crops and alpha masks."""
        return self.shards or whole_files(self.files)


def cache_key_parts(params: Params, mask: MaskParams) -> dict[str, Any]:
    """What decides the masked pictures beside the faces and the code, as JSON values."""
    return {
        "augment": params.augment.model_dump(mode="json"),
        "crops": [params.faces.crop_scale, params.faces.crop_px],
        "mask": mask.model_dump(mode="json"),
        "seed": params.seed,
        "storage": str(params.storage.root),
        "templates": digest_of_folders(params.augment.templates),
        "version": VERSION if params.augment.mark_synthetic else None,  # pictures name it
    }


def unmasked_photos(images: Iterable[Image], faces: Iterable[Face]) -> Iterator[PhotoFaces]:
    """The photos with faces that are known to wear no mask; the rest needs none.

    Both come in one order, as the manifests have them, so that no more than one photo is held.

    Raises:
        ManifestError: they don't.
    """
    rows = iter(images)
    for key, group in groupby(faces, key=lambda face: face.image_id):
        found = tuple(group)
        bare = tuple(face for face in found if face.mask_type == "none")
        if not bare:
            continue
        photo = next((image for image in rows if image.id == key), None)
        if photo is None:
            raise ManifestError(f"a face names the image {key}, which does not follow among the kept ones; run `faces`")
        yield PhotoFaces(photo, bare, tuple(face for face in found if face.mask_type != "none"))


@dataclass(frozen=True, slots=True)
class ManifestMasker:
    """Puts the masks that were asked for on every face of a photo under `root` and writes the pictures, a file each.

    They go to `out` under `written`, or under `root` where that is None. Masks of a template in `held_out` are marked.
    """

    request: MaskRequest
    held_out: tuple[str, ...]
    root: Location
    out: Path
    written: Location | None = None

    @property
    def pixels(self) -> Location:
        """What the locators of the pictures begin at while they are written."""
        return self.root if self.written is None else self.written

    def __call__(self, photo: PhotoFaces) -> Masking:
        """The photo's rows; each picture that can't be made is a rejection with the picture's id."""
        result = Masking()
        self.mask_photo(photo, result, FileStore(self.pixels, self.out, result.files))
        return result

    def mask_photo(self, photo: PhotoFaces, result: Masking, store: PictureStore) -> None:
        """Add the photo's rows and rejections to `result`, its pictures to `store`."""
        try:
            rgb = read_image(located(self.root, photo.image.path)).rgb
        except SampleRejected as verdict:
            result.rejections.extend(self.rejected(photo, verdict).rejections)
            return
        if self.request.faces == "all":
            self._mask_scene(photo, rgb, result, store)
            return
        for face in self._chosen(photo):
            self._mask_face(photo.image, rgb, face, result, store)

    def key(self, photo: PhotoFaces) -> str:
        """Names the photo with its content and its faces."""
        return item_key(photo, located(self.root, photo.image.path))

    def rejected(self, photo: PhotoFaces, verdict: SampleRejected) -> Masking:
        """A row for each picture of a photo that cannot be used."""
        rows = [self._all_rejected(photo.image, face, verdict) for face in self._chosen(photo)]
        return Masking(rejections=list(chain.from_iterable(rows)))

    def _all_rejected(self, image: Image, face: Face, verdict: SampleRejected) -> list[Rejection]:
        return [_rejection(image, _row_id(face, name), verdict) for name in self._names()]

    def _names(self) -> list[str]:
        """What tells the pictures of one face apart."""
        if self.request.faces == "all":
            return [f"{SCENE}{number}" for number in range(self.request.per_face)]
        return [asked.name for asked in self.request.pictures()]

    def _chosen(self, photo: PhotoFaces) -> tuple[Face, ...]:
        """The faces that are to be masked; they come with the largest first."""
        return photo.faces[:1] if self.request.faces == "largest" else photo.faces

    def _mask_face(self, image: Image, rgb: Rgb, face: Face, result: Masking, store: PictureStore) -> None:
        """Add the face's rows to `result`: each picture asked for is a masked row or a rejection with its id."""
        for outcome in FaceMasker(self.request)(rgb, _known(image, face)):
            match outcome:
                case MaskedPicture(asked, worn, files):
                    row = self._row(image, face, asked.name, worn)
                    kept = store.keep_picture(row.id, [row], files)
                    result.rows.append(_placed(row, kept, store.keep_crop(row, files.crop)))
                case RejectedPicture(asked, verdict):
                    result.rejections.append(_rejection(image, _row_id(face, asked.name), verdict))
                case RejectedFace(verdict):
                    result.rejections.extend(self._all_rejected(image, face, verdict))
                case BarePicture():
                    raise ValueError("a bare face has its row and its crop already")

    def _mask_scene(self, photo: PhotoFaces, rgb: Rgb, result: Masking, store: PictureStore) -> None:
        """Add the photo's pictures of all faces: a row for each masked face in each, a rejection for one without."""
        image, faces = photo.image, {_place(face): face for face in photo.faces}
        others = [_landmarks(face) for face in photo.others]
        known = [_known(image, face) for face in photo.faces]
        for outcome in SceneMasker(self.request)(rgb, known, others):
            if isinstance(outcome, LeftOut):
                face = faces[outcome.face.place]
                result.rejections.extend(self._all_rejected(image, face, outcome.verdict))
                continue
            name = f"{SCENE}{outcome.number}"
            for one in outcome.left_out:
                row_id = _row_id(faces[one.face.place], name)
                result.rejections.append(_rejection(image, row_id, one.verdict))
            masked = [(one, one.mask) for one in outcome.shown if one.mask is not None]
            rows = [self._row(image, faces[one.face.place], name, mask) for one, mask in masked]
            if rows:
                kept = store.keep_picture(f"{image.id}-{name}", rows, outcome.files)
                crops = [store.keep_crop(row, one.crop) for row, (one, _) in zip(rows, masked, strict=True)]
                result.rows.extend(_placed(row, kept, crop) for row, crop in zip(rows, crops, strict=True))

    def _row(self, image: Image, face: Face, name: str, worn: WornMask) -> MaskedImage:
        return MaskedImage(
            id=_row_id(face, name),
            face_id=face.id,
            image_id=image.id,
            parent_sha256=image.sha256,
            path="",
            alpha_path=None,
            crop_path=None,
            **labels_of(worn.draw),
            draw=worn.draw.to_json(),
            polygon=tuple(worn.polygon.ravel().tolist()),
            mask_left=worn.box[0],
            mask_top=worn.box[1],
            mask_right=worn.box[2],
            mask_bottom=worn.box[3],
            left=face.left,
            top=face.top,
            right=face.right,
            bottom=face.bottom,
            landmarks=face.landmarks,
            yaw_deg=face.yaw_deg,
            pitch_deg=face.pitch_deg,
            roll_deg=face.roll_deg,
            licence=image.licence,
            held_out=worn.draw.template in self.held_out,
        )


def _placed(row: MaskedImage, kept: Kept, crop: str | None) -> MaskedImage:
    return replace(row, path=kept.path, alpha_path=kept.alpha_path, crop_path=crop)


def _place(face: Face) -> str:
    return face.id.rpartition("-")[2]


def _landmarks(face: Face) -> Points:
    return np.array(face.landmarks, dtype=np.float32).reshape(68, 2)


def _known(image: Image, face: Face) -> KnownFace:
    box = Box(face.left, face.top, face.right, face.bottom, face.score)
    photo = KnownPhoto(image.sha256, image.id, image.licence, image.author)
    return KnownFace(photo, _place(face), box, _landmarks(face))


def _row_id(face: Face, name: str) -> str:
    return f"{face.id}-{name}"


def _rejection(image: Image, row_id: str, verdict: SampleRejected) -> Rejection:
    return Rejection(id=row_id, stage=STAGE, reason=verdict.reason, detail=verdict.detail, origin=image.origin)
