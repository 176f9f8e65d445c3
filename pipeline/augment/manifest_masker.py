"""From the unmasked faces of the manifests to `MaskedImage` rows and their pictures."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from itertools import chain, count, groupby, islice
from pathlib import Path
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
from pipeline.augment.request import AskedPicture, MaskRequest
from pipeline.core.arrays import Rgb
from pipeline.core.errors import ManifestError, SampleRejected
from pipeline.core.locations import Location, located
from pipeline.core.params import Params
from pipeline.core.records import Face, Image, MaskedImage, Rejection
from pipeline.faces.detectors import Box
from pipeline.masks import MaskParams
from pipeline.storage.digests import digest_of_folders, digest_of_texts, item_key
from pipeline.storage.images import read_image
from pipeline.storage.shards import Shard, StoredFile, WrittenFile, new_shard, put_picture, whole_files

STAGE = "augment"


@dataclass(frozen=True, slots=True)
class PhotoFaces:
    """A photo and its unmasked faces: the photo is decoded once for all of them."""

    image: Image
    faces: tuple[Face, ...]


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
    }


Keep = Callable[[MaskedImage, EncodedPicture], MaskedImage]
"""Stores a picture and returns its row with the paths filled in."""


def unmasked_photos(images: Iterable[Image], faces: Iterable[Face]) -> Iterator[PhotoFaces]:
    """The photos with faces that are known to wear no mask; the rest needs none.

    Both come in one order, as the manifests have them, so that no more than one photo is held.

    Raises:
        ManifestError: they don't.
    """
    rows = iter(images)
    bare = (face for face in faces if face.mask_type == "none")
    for key, group in groupby(bare, key=lambda face: face.image_id):
        photo = next((image for image in rows if image.id == key), None)
        if photo is None:
            raise ManifestError(f"a face names the image {key}, which does not follow among the kept ones; run `faces`")
        yield PhotoFaces(photo, tuple(group))


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
        self.mask_photo(photo, result, partial(self._put_files, result.files))
        return result

    def mask_photo(self, photo: PhotoFaces, result: Masking, keep: Keep) -> None:
        """Add the photo's rows and rejections to `result`, its pictures stored by `keep`."""
        try:
            rgb = read_image(located(self.root, photo.image.path)).rgb
        except SampleRejected as verdict:
            result.rejections.extend(self.rejected(photo, verdict).rejections)
            return
        for face in photo.faces:
            self._mask_face(photo.image, rgb, face, result, keep)

    def key(self, photo: PhotoFaces) -> str:
        """Names the photo with its content and its faces."""
        return item_key(photo, located(self.root, photo.image.path))

    def rejected(self, photo: PhotoFaces, verdict: SampleRejected) -> Masking:
        """A row for each picture of a photo that cannot be used."""
        rows = [self._all_rejected(photo.image, face, verdict) for face in photo.faces]
        return Masking(rejections=list(chain.from_iterable(rows)))

    def _all_rejected(self, image: Image, face: Face, verdict: SampleRejected) -> list[Rejection]:
        return [_rejection(image, face, asked, verdict) for asked in self.request.pictures()]

    def _mask_face(self, image: Image, rgb: Rgb, face: Face, result: Masking, keep: Keep) -> None:
        """Add the face's rows to `result`: each picture asked for is a masked row or a rejection with its id."""
        for outcome in FaceMasker(self.request)(rgb, _known(image, face)):
            match outcome:
                case MaskedPicture():
                    result.rows.append(keep(self._row(image, face, outcome), outcome.files))
                case RejectedPicture(asked, verdict):
                    result.rejections.append(_rejection(image, face, asked, verdict))
                case RejectedFace(verdict):
                    result.rejections.extend(self._all_rejected(image, face, verdict))
                case BarePicture():
                    raise ValueError("a bare face has its row and its crop already")

    def _put_files(self, stored: list[StoredFile], row: MaskedImage, files: EncodedPicture) -> MaskedImage:
        def put(folder: str, ending: str, data: bytes) -> str:
            locator = (self.out / folder / f"{row.id}.{ending}").as_posix()
            stored.append(put_picture(self.pixels, locator, row.id, data))
            return locator

        return replace(
            row,
            path=put("images", "jpg", files.image),
            crop_path=put("crops", "jpg", files.crop) if files.crop is not None else None,
            alpha_path=put("alpha", "png", files.alpha) if files.alpha is not None else None,
        )

    def _row(self, image: Image, face: Face, picture: MaskedPicture) -> MaskedImage:
        masked = picture.masked
        return MaskedImage(
            id=_picture_id(face, picture.asked),
            face_id=face.id,
            image_id=image.id,
            parent_sha256=image.sha256,
            path="",
            alpha_path=None,
            crop_path=None,
            **picture.labels,
            draw=masked.draw.to_json(),
            polygon=tuple(masked.polygon.ravel().tolist()),
            mask_left=masked.box[0],
            mask_top=masked.box[1],
            mask_right=masked.box[2],
            mask_bottom=masked.box[3],
            left=face.left,
            top=face.top,
            right=face.right,
            bottom=face.bottom,
            landmarks=face.landmarks,
            yaw_deg=face.yaw_deg,
            pitch_deg=face.pitch_deg,
            roll_deg=face.roll_deg,
            licence=image.licence,
            held_out=masked.draw.template in self.held_out,
        )


def shard_batches(photos: Iterable[PhotoFaces], size: int) -> Iterator[tuple[int, tuple[PhotoFaces, ...]]]:
    """The photos of each shard with the shard's number; the last may have fewer than `size`."""
    rest = iter(photos)
    for number in count():
        batch = tuple(islice(rest, size))
        if not batch:
            return
        yield number, batch


@dataclass(frozen=True, slots=True)
class ShardMasker:
    """Masks the photos of one shard after another: `images/` gets shards of whole pictures, `crops/` of face crops.

    A shard is one worker's work, so pixels never travel through the process that hands the work out.
    """

    masker: ManifestMasker

    def __call__(self, batch: tuple[int, Sequence[PhotoFaces]]) -> Masking:
        """All photos of the shard with this number. A shard without a picture is written too: numbers have no gaps."""
        number, photos = batch
        root, out = self.masker.pixels, self.masker.out
        result = Masking()
        with (
            new_shard(root, (out / "images" / f"{number:06d}.tar").as_posix()) as images,
            new_shard(root, (out / "crops" / f"{number:06d}.tar").as_posix()) as crops,
        ):
            for photo in photos:
                self.masker.mask_photo(photo, result, partial(_put_in_shards, images, crops))
        result.files.extend([*images.files, *crops.files])
        result.shards.extend(shard.written for shard in (images, crops) if shard.written)
        return result

    def key(self, batch: tuple[int, Sequence[PhotoFaces]]) -> str:
        """Names the shard with the contents and faces of its photos."""
        number, photos = batch
        return f"{number:06d} {digest_of_texts(map(self.masker.key, photos))}"


def _put_in_shards(images: Shard, crops: Shard, row: MaskedImage, files: EncodedPicture) -> MaskedImage:
    facts = {name: value for name, value in asdict(row).items() if not name.endswith("path")}
    text = json.dumps(facts, ensure_ascii=False).encode()
    members = {"jpg": files.image, "json": text} | ({} if files.alpha is None else {"alpha.png": files.alpha})
    stored = images.add(row.id, members)
    crop = {} if files.crop is None else crops.add(row.id, {"jpg": files.crop, "json": text})
    return replace(row, path=stored["jpg"], alpha_path=stored.get("alpha.png"), crop_path=crop.get("jpg"))


def _known(image: Image, face: Face) -> KnownFace:
    box = Box(face.left, face.top, face.right, face.bottom, face.score)
    landmarks = np.array(face.landmarks, dtype=np.float32).reshape(68, 2)
    return KnownFace(image.sha256, face.id.rpartition("-")[2], box, landmarks)


def _picture_id(face: Face, asked: AskedPicture) -> str:
    return f"{face.id}-{asked.mask_type}{asked.number}"


def _rejection(image: Image, face: Face, asked: AskedPicture, verdict: SampleRejected) -> Rejection:
    row_id = _picture_id(face, asked)
    return Rejection(id=row_id, stage=STAGE, reason=verdict.reason, detail=verdict.detail, origin=image.origin)
