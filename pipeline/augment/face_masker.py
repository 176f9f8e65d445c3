"""One face in, its masked pictures out: drawn, rendered, encoded and labelled. Both doors lead through here.

The stage `augment` and `augment-masks` differ in where faces come from and where pictures go, in nothing else:
docs/decisions/one-road-for-a-masked-face.md.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TypedDict

import numpy as np

from pipeline.augment.request import AskedPicture, MaskRequest
from pipeline.augment.templates_in_use import shared_synthesizer
from pipeline.core.arrays import Points, Rgb
from pipeline.core.errors import SampleRejected
from pipeline.core.randomness import sample_rng
from pipeline.core.records import MaskType, Valve, Wear
from pipeline.faces.crops import crop_square
from pipeline.faces.detectors import Box
from pipeline.faces.masked_cue import masked_face_cue
from pipeline.masks import MaskedFace, MaskRecipe, PaintedMask
from pipeline.storage.images import alpha_codes, encode_image
from pipeline.storage.synthetic_mark import SyntheticMark


@dataclass(frozen=True, slots=True)
class KnownPhoto:
    """A photo whose faces are masked.

    Attributes:
        sha256: Of its bytes. It keys the random choices: neither a path nor the order of the files changes a mask.
        id: What ids of its pictures begin with.
        licence: Of the photo, for the pictures made of it to say.
        author: Likewise.
    """

    sha256: str
    id: str
    licence: str = "unknown"
    author: str | None = None

    def mark(self, picture_id: str) -> SyntheticMark:
        """What a picture with a mask, made of the photo, says of itself."""
        return SyntheticMark(picture_id, self.licence, self.author)


@dataclass(frozen=True, slots=True)
class KnownFace:
    """A face that was found, by whatever.

    Attributes:
        photo: It is a face of this photo.
        place: Tells the face from the photo's others. It keys the random choices too.
        box: Of the face, in pixels.
        landmarks: 68 points, `float32 (68, 2)` in pixels, as the row will say them.
    """

    photo: KnownPhoto
    place: str
    box: Box
    landmarks: Points

    def picture_id(self, asked: AskedPicture) -> str:
        """The id of one of its pictures."""
        return f"{self.photo.id}-{self.place}-{asked.name}"


@dataclass(frozen=True, slots=True)
class EncodedPicture:
    """The files of one picture; None for what was not asked for."""

    image: bytes
    crop: bytes | None
    alpha: bytes | None


class MaskLabels(TypedDict):
    """What every table says of a mask, under these names."""

    mask_type: MaskType
    wear: Wear
    valve: Valve
    template: str
    seed: int


def labels_of(drawn: MaskRecipe) -> MaskLabels:
    """What was drawn, as far as it has columns of its own."""
    return {
        "mask_type": drawn.mask_type,
        "wear": drawn.wear,
        "valve": drawn.valve,
        "template": drawn.template,
        "seed": drawn.seed,
    }


@dataclass(frozen=True, slots=True)
class WornMask:
    """A mask in a picture: what was drawn, and what of it is seen as outline `(N, 2)` and box in pixels."""

    draw: MaskRecipe
    polygon: Points
    box: tuple[float, float, float, float]

    @classmethod
    def of(cls, masked: MaskedFace | PaintedMask) -> "WornMask":
        """Without the pixels, of which a large photo has 100 MB."""
        return cls(masked.draw, masked.polygon, masked.box)


@dataclass(frozen=True, slots=True)
class MaskedPicture:
    """A picture that was made."""

    asked: AskedPicture
    worn: WornMask
    files: EncodedPicture

    @property
    def labels(self) -> MaskLabels:
        """As `labels_of` has them."""
        return labels_of(self.worn.draw)


@dataclass(frozen=True, slots=True)
class BarePicture:
    """The face without a mask, encoded like the others."""

    files: EncodedPicture


@dataclass(frozen=True, slots=True)
class RejectedPicture:
    """A picture that can't be made; the face's others can."""

    asked: AskedPicture
    verdict: SampleRejected


@dataclass(frozen=True, slots=True)
class RejectedFace:
    """None of the face's pictures can be made."""

    verdict: SampleRejected


Outcome = MaskedPicture | BarePicture | RejectedPicture | RejectedFace


@dataclass(frozen=True, slots=True)
class FaceMasker:
    """Puts the masks that were asked for on one face after another; templates are loaded once a process."""

    request: MaskRequest

    def __call__(self, rgb: Rgb, face: KnownFace) -> Iterator[Outcome]:
        """One outcome for each picture asked for, in their order, the bare one last; or one for the face as a whole.

        `rgb` need not be the photo as it was read: what one face gave can be handed on for the next. It wears each
        mask while that is encoded, and is as it was between outcomes. A label may be wrong, so a face that looks
        masked is rejected, whoever says that it is bare.
        """
        request, landmarks = self.request, face.landmarks
        rgb = rgb if rgb.flags.writeable else rgb.copy()
        synthesizer = shared_synthesizer(request.templates, request.ranges)
        try:
            seen = synthesizer.see(rgb, landmarks)
            masked_face_cue().check_unmasked(rgb, landmarks, request.already_masked_threshold)
        except SampleRejected as verdict:
            yield RejectedFace(verdict)
            return
        for asked in request.pictures():
            rng = sample_rng(request.seed, f"{face.photo.sha256}:{face.place}:{asked.mask_type}:{asked.number}")
            drawn = synthesizer.draw(asked.mask_type, rng, wear=request.one_wear(rng))
            try:
                mask = synthesizer.paint(rgb, landmarks, drawn, seen)
            except SampleRejected as verdict:
                yield RejectedPicture(asked, verdict)
                continue
            made = self._made(asked, face, rgb, mask)
            del mask  # before the next is drawn
            yield made
        if request.bare:
            yield BarePicture(self._encoded(rgb, face.box))

    def _made(self, asked: AskedPicture, face: KnownFace, rgb: Rgb, mask: PaintedMask) -> MaskedPicture:
        mark = face.photo.mark(face.picture_id(asked)) if self.request.mark_synthetic else None
        with mask.worn_in(rgb):
            files = self._encoded(rgb, face.box, mark)
        if self.request.alpha:
            files = replace(files, alpha=_encoded_alpha(mask, rgb))
        return MaskedPicture(asked, WornMask.of(mask), files)

    def _encoded(self, rgb: Rgb, box: Box, mark: SyntheticMark | None = None) -> EncodedPicture:
        request = self.request
        crop = crop_square(rgb, box, request.crop_scale, request.crop_px) if request.crops else None
        return EncodedPicture(
            image=encode_image(rgb, quality=request.jpeg_quality, mark=mark),
            crop=None if crop is None else encode_image(crop, quality=request.jpeg_quality, mark=mark),
            alpha=None,
        )


def _encoded_alpha(mask: PaintedMask, rgb: Rgb) -> bytes:
    """As `encode_alpha` of the whole photo's, of which a byte a pixel is held."""
    codes = np.zeros(rgb.shape[:2], dtype=np.uint8)
    there = codes[mask.window.part]
    for rows, cover in mask.covered():
        there[rows] = alpha_codes(cover)
    return encode_image(codes, "png")
