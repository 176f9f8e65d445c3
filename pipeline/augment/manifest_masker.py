"""From the unmasked faces of the manifests to `MaskedImage` rows and their pictures."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from itertools import count, groupby, islice
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.augment.templates_in_use import shared_synthesizer
from pipeline.core.arrays import Rgb
from pipeline.core.errors import ManifestError, SampleRejected
from pipeline.core.locations import Location, located
from pipeline.core.params import AugmentParams, FacesParams, Params
from pipeline.core.randomness import sample_rng
from pipeline.core.records import Face, Image, MaskedImage, MaskType, Rejection
from pipeline.faces.crops import crop_square
from pipeline.faces.detectors import Box
from pipeline.faces.masked_cue import masked_face_cue
from pipeline.masks import MaskedFace, MaskParams, MaskRecipe, MaskSynthesizer
from pipeline.storage.digests import digest_of_folders, digest_of_texts, item_key
from pipeline.storage.images import encode_alpha, encode_image, read_image
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


@dataclass(frozen=True, slots=True)
class MaskedFiles:
    """One masked picture, encoded: `alpha` where it was asked for."""

    image: bytes
    crop: bytes
    alpha: bytes | None


Keep = Callable[[MaskedImage, MaskedFiles], MaskedImage]
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
class FaceMasker:
    """Puts every type of mask on every face of a photo under `root` and writes the pictures, a file each.

    They go to `out` under `written`, or under `root` where that is None.
    """

    params: AugmentParams
    faces: FacesParams
    mask: MaskParams
    seed: int
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
        pictures = [picture for face in photo.faces for picture in self._pictures(face)]
        return Masking(rejections=[_rejection(picture, photo.image, verdict) for picture in pictures])

    def _pictures(self, face: Face) -> list["Picture"]:
        return [Picture(face, mask, number) for mask in self.params.masks for number in range(self.params.per_face)]

    def _mask_face(self, image: Image, rgb: Rgb, face: Face, result: Masking, keep: Keep) -> None:
        """Add the face's rows to `result`; a label may be wrong, so a face that looks masked is not trusted."""
        landmarks = np.array(face.landmarks, dtype=np.float32).reshape(68, 2)
        try:
            fit = self._synthesizer().fit(landmarks)
            masked_face_cue().check_unmasked(rgb, landmarks, self.params.already_masked_threshold)
        except SampleRejected as rejected:
            result.rejections.extend(_rejection(picture, image, rejected) for picture in self._pictures(face))
            return
        for picture in self._pictures(face):
            try:
                masked = self._synthesizer().render(rgb, landmarks, self._draw(image, picture), fit)
            except SampleRejected as rejected:
                result.rejections.append(_rejection(picture, image, rejected))
            else:
                files = self._encoded(face, masked)
                result.rows.append(keep(self._row(image, picture, masked), files))

    def _synthesizer(self) -> MaskSynthesizer:
        return shared_synthesizer(self.params.templates, self.mask.model_dump_json())

    def _draw(self, image: Image, picture: "Picture") -> MaskRecipe:
        """Keyed by the photo's content and the face's place in it, never by a path."""
        key = f"{image.sha256}:{picture.face.id.rpartition('-')[2]}:{picture.mask}:{picture.number}"
        return self._synthesizer().draw(picture.mask, sample_rng(self.seed, key))

    def _encoded(self, face: Face, masked: MaskedFace) -> MaskedFiles:
        box = Box(face.left, face.top, face.right, face.bottom, face.score)
        crop = crop_square(masked.rgb, box, self.faces.crop_scale, self.faces.crop_px)
        quality = self.params.jpeg_quality
        return MaskedFiles(
            image=encode_image(masked.rgb, quality=quality),
            crop=encode_image(crop, quality=quality),
            alpha=encode_alpha(masked.alpha) if self.params.alpha else None,
        )

    def _put_files(self, stored: list[StoredFile], row: MaskedImage, files: MaskedFiles) -> MaskedImage:
        def put(folder: str, ending: str, data: bytes) -> str:
            locator = (self.out / folder / f"{row.id}.{ending}").as_posix()
            stored.append(put_picture(self.pixels, locator, row.id, data))
            return locator

        return replace(
            row,
            path=put("images", "jpg", files.image),
            crop_path=put("crops", "jpg", files.crop),
            alpha_path=put("alpha", "png", files.alpha) if files.alpha is not None else None,
        )

    def _row(self, image: Image, picture: "Picture", masked: MaskedFace) -> MaskedImage:
        face = picture.face
        return MaskedImage(
            id=picture.id,
            face_id=face.id,
            image_id=image.id,
            parent_sha256=image.sha256,
            path="",
            alpha_path=None,
            crop_path=None,
            template=masked.draw.template,
            mask_type=masked.draw.mask_type,
            wear=masked.draw.wear,
            valve=masked.draw.valve,
            seed=masked.draw.seed,
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
            held_out=masked.draw.template in self.params.holdout_templates,
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

    masker: FaceMasker

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


def _put_in_shards(images: Shard, crops: Shard, row: MaskedImage, files: MaskedFiles) -> MaskedImage:
    facts = {name: value for name, value in asdict(row).items() if not name.endswith("path")}
    text = json.dumps(facts, ensure_ascii=False).encode()
    members = {"jpg": files.image, "json": text} | ({} if files.alpha is None else {"alpha.png": files.alpha})
    stored = images.add(row.id, members)
    crop = crops.add(row.id, {"jpg": files.crop, "json": text})
    return replace(row, path=stored["jpg"], alpha_path=stored.get("alpha.png"), crop_path=crop["jpg"])


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture that was asked for: the `number`-th of a face with a type of mask."""

    face: Face
    mask: MaskType
    number: int

    @property
    def id(self) -> str:
        """The id of its row."""
        return f"{self.face.id}-{self.mask}{self.number}"


def _rejection(picture: Picture, image: Image, rejected: SampleRejected) -> Rejection:
    return Rejection(id=picture.id, stage=STAGE, reason=rejected.reason, detail=rejected.detail, origin=image.origin)
