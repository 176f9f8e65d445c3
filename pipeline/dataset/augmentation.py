"""From the unmasked faces of the manifests to `MaskedImage` rows and their pictures."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

import numpy as np

from pipeline.arrays import Rgb
from pipeline.config import AugmentParams, FacesParams
from pipeline.dataset.synthesis import shared_synthesizer
from pipeline.errors import SampleRejected
from pipeline.faces.crops import crop_square
from pipeline.faces.detectors import Box
from pipeline.faces.masked_cue import masked_face_cue
from pipeline.images import read_image, write_alpha, write_image
from pipeline.masks import MaskDraw, MaskedFace, MaskParams, MaskSynthesizer
from pipeline.randomness import sample_rng
from pipeline.records import Face, Image, MaskedImage, MaskType, Rejection

STAGE = "augment"


@dataclass(frozen=True, slots=True)
class PhotoFaces:
    """A photo and its unmasked faces: the photo is decoded once for all of them."""

    image: Image
    faces: tuple[Face, ...]


@dataclass(frozen=True, slots=True)
class Masking:
    """What one photo gave."""

    rows: list[MaskedImage] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)


def unmasked_photos(images: Sequence[Image], faces: Sequence[Face]) -> list[PhotoFaces]:
    """The photos with faces that are known to wear no mask; the rest needs none."""
    by_id = {image.id: image for image in images}
    bare = [face for face in faces if face.mask_type == "none"]
    return [PhotoFaces(by_id[key], tuple(group)) for key, group in groupby(bare, key=lambda face: face.image_id)]


@dataclass(frozen=True, slots=True)
class FaceMasker:
    """Puts every type of mask on every face of a photo and writes the pictures to `out` under `root`."""

    params: AugmentParams
    faces: FacesParams
    mask: MaskParams
    seed: int
    root: Path
    out: Path

    def __call__(self, photo: PhotoFaces) -> Masking:
        """The photo's rows; each picture that can't be made is a rejection with the picture's id."""
        result = Masking()
        try:
            rgb = read_image(self.root / photo.image.path).rgb
        except SampleRejected as rejected:
            for face in photo.faces:
                result.rejections.extend(_rejection(picture, photo.image, rejected) for picture in self._pictures(face))
            return result
        for face in photo.faces:
            self._mask_face(photo.image, rgb, face, result)
        return result

    def _pictures(self, face: Face) -> list["Picture"]:
        return [Picture(face, mask, number) for mask in self.params.masks for number in range(self.params.per_face)]

    def _mask_face(self, image: Image, rgb: Rgb, face: Face, result: Masking) -> None:
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
                result.rows.append(self._keep(image, picture, masked))

    def _synthesizer(self) -> MaskSynthesizer:
        return shared_synthesizer(self.params.templates, self.mask.model_dump_json())

    def _draw(self, image: Image, picture: "Picture") -> MaskDraw:
        """Keyed by the photo's content and the face's place in it, never by a path."""
        key = f"{image.sha256}:{picture.face.id.rpartition('-')[2]}:{picture.mask}:{picture.number}"
        return self._synthesizer().draw(picture.mask, sample_rng(self.seed, key))

    def _keep(self, image: Image, picture: "Picture", masked: MaskedFace) -> MaskedImage:
        face, row_id = picture.face, picture.id
        path = self.out / "images" / f"{row_id}.jpg"
        crop_path = self.out / "crops" / f"{row_id}.jpg"
        alpha_path = self.out / "alpha" / f"{row_id}.png" if self.params.alpha else None
        box = Box(face.left, face.top, face.right, face.bottom, face.score)
        crop = crop_square(masked.rgb, box, self.faces.crop_scale, self.faces.crop_px)
        write_image(self.root / path, masked.rgb, self.params.jpeg_quality)
        write_image(self.root / crop_path, crop, self.params.jpeg_quality)
        if alpha_path:
            write_alpha(self.root / alpha_path, masked.alpha)
        return MaskedImage(
            id=row_id,
            face_id=face.id,
            image_id=image.id,
            parent_sha256=image.sha256,
            path=path.as_posix(),
            alpha_path=alpha_path.as_posix() if alpha_path else None,
            crop_path=crop_path.as_posix(),
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
