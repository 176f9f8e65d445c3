"""One photo in, its masked pictures out, as bytes and rows: nothing is written here."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pipeline.augment.photos import Photo
from pipeline.augment.request import Settings
from pipeline.augment.templates_in_use import shared_synthesizer
from pipeline.core.arrays import Points, Rgb
from pipeline.core.errors import SampleRejected
from pipeline.core.params import FacesParams
from pipeline.core.randomness import sample_rng
from pipeline.core.records import MaskType
from pipeline.faces.crops import crop_square
from pipeline.faces.finding import FoundFace, shared_finder
from pipeline.faces.masked_cue import masked_face_cue
from pipeline.masks import MaskedFace, MaskRecipe, MaskSynthesizer
from pipeline.storage.digests import file_stamp
from pipeline.storage.images import DEFAULT_LIMITS, decode_image, encode_alpha, encode_image, read_file

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

    settings: Settings

    def __call__(self, photo: Photo) -> PhotoResult:
        """The photo's pictures; a photo that can't be used gives one rejected row."""
        result = PhotoResult(photo, file_stamp(photo.path))
        try:
            data = read_file(photo.path, DEFAULT_LIMITS)
            rgb = decode_image(data, DEFAULT_LIMITS).rgb
            faces = self._faces(rgb)
        except SampleRejected as verdict:
            return self.rejected(photo, verdict)
        parent = Parent(photo, hashlib.sha256(data).hexdigest(), rgb, len(faces))
        chosen = faces if self.settings.faces == "all" else faces[:1]
        for face in chosen:
            self._mask_face(parent, face, result)
        return PhotoResult(photo, result.stamp, len(faces), result.files, result.rows, result.rejected)

    def rejected(self, photo: Photo, verdict: SampleRejected) -> PhotoResult:
        """The only row of a photo that cannot be used."""
        return PhotoResult(photo, file_stamp(photo.path), rejected=[_rejection(photo, verdict)])

    def _faces(self, rgb: Rgb) -> list[FoundFace]:
        params = FacesParams(detector=self.settings.detector, min_face_px=self.settings.min_face_px)
        return shared_finder(params).find(rgb)

    def _mask_face(self, parent: "Parent", face: FoundFace, result: PhotoResult) -> None:
        """Add the face's pictures to `result`; a picture that can't be drawn is a row, and the others are drawn."""
        landmarks = np.array(_written(face.landmarks), dtype=np.float32)  # as the row says, so that it can be replayed
        synthesizer = shared_synthesizer(self.settings.templates, "{}")
        try:
            fit = synthesizer.fit(landmarks)
            masked_face_cue().check_unmasked(parent.rgb, landmarks, self.settings.already_masked_threshold)
        except SampleRejected as rejected:
            result.rejected.append(_rejection(parent.photo, rejected, face.index))
            return
        for mask_type, number in self._pictures():
            draw = self._draw(synthesizer, parent, face, mask_type, number)
            try:
                masked = synthesizer.render(parent.rgb, landmarks, draw, fit)
            except SampleRejected as rejected:
                result.rejected.append(_rejection(parent.photo, rejected, face.index, (mask_type, number)))
            else:
                self._add(parent, face, masked, number, result)
        if self.settings.include_unmasked:
            self._add(parent, face, None, 0, result)

    def _pictures(self) -> Iterator[tuple[MaskType, int]]:
        return ((mask, number) for number in range(self.settings.per_face) for mask in self.settings.masks)

    def _draw(
        self, synthesizer: MaskSynthesizer, parent: "Parent", face: FoundFace, mask_type: MaskType, number: int
    ) -> MaskRecipe:
        """Keyed by content, so that neither the file's name nor the order of the files changes the mask."""
        rng = sample_rng(self.settings.seed, f"{parent.sha256}:{face.index}:{mask_type}:{number}")
        wear = self.settings.wear[int(rng.integers(len(self.settings.wear)))]
        return synthesizer.draw(mask_type, rng, wear=wear)

    def _add(self, parent: "Parent", face: FoundFace, masked: MaskedFace | None, number: int, out: PhotoResult) -> None:
        rgb = masked.rgb if masked else parent.rgb
        mask_type = masked.draw.mask_type if masked else "none"
        stem = f"{mask_type}/{parent.photo.stem}-{face.index}-{number}"
        extras: Row = {}
        if self.settings.crops:
            crop = crop_square(rgb, face.box, self.settings.crop_scale, self.settings.crop_px)
            extras["crop_file_name"] = f"crops/{stem}.jpg"
            out.files[extras["crop_file_name"]] = encode_image(crop, quality=self.settings.jpeg_quality)
        if self.settings.alpha and masked:
            extras["alpha_file_name"] = f"alpha/{stem}.png"
            out.files[extras["alpha_file_name"]] = encode_alpha(masked.alpha)
        file_name = f"images/{stem}.jpg"
        out.files[file_name] = encode_image(rgb, quality=self.settings.jpeg_quality)
        out.rows.append(_row(file_name, parent, face, masked) | extras)


@dataclass(frozen=True, slots=True)
class Parent:
    """The photo that the pictures are made of."""

    photo: Photo
    sha256: str
    rgb: Rgb
    faces: int


def _row(file_name: str, parent: Parent, face: FoundFace, masked: MaskedFace | None) -> Row:
    """One line of metadata.jsonl; `file_name` first, as the Hugging Face `imagefolder` loader expects."""
    box = face.box
    return {
        "file_name": file_name,
        **_mask_columns(masked),
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


def _mask_columns(masked: MaskedFace | None) -> Row:
    if masked is None:
        labels = {"mask_type": "none", "wear": "none", "valve": "no", "template": None, "seed": None}
        return labels | {"polygon": [], "mask_box": None, "draw": None}
    return {
        "mask_type": masked.draw.mask_type,
        "wear": masked.draw.wear,
        "valve": masked.draw.valve,
        "template": masked.draw.template,
        "seed": masked.draw.seed,
        "polygon": _written(masked.polygon),
        "mask_box": _rounded(list(masked.box)),
        "draw": masked.draw.to_json(),
    }


def _written(points: Points) -> list[list[float]]:
    """As many decimals as mean something; all at once, since a mask's outline has a hundred points."""
    rounded: list[list[float]] = np.round(points.astype(np.float64), 2).tolist()
    return rounded


def _rounded(values: list[float]) -> list[float]:
    return [round(float(value), 2) for value in values]


def _rejection(
    photo: Photo,
    rejected: SampleRejected,
    face_index: int | None = None,
    picture: tuple[MaskType, int] | tuple[None, None] = (None, None),
) -> Row:
    """A line of rejected.jsonl, about the photo, one face of it, or one picture of that face."""
    mask_type, number = picture
    where: Row = {"photo": photo.name, "face_index": face_index, "mask_type": mask_type, "number": number}
    return where | {"reason": rejected.reason, "detail": rejected.detail}
