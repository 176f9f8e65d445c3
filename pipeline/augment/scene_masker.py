"""All faces of a photo in one picture: which of them wear a mask is drawn, and which mask.

Far faces come first, so that what stands nearer lies above: docs/decisions/every-face-in-one-picture.md.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import numpy as np

from pipeline.augment.face_masker import EncodedPicture, KnownFace, KnownPhoto, WornMask
from pipeline.augment.overlap import Head, nearer_than, seen_behind
from pipeline.augment.request import SCENE, AskedPicture, MaskRequest
from pipeline.augment.templates_in_use import shared_synthesizer
from pipeline.core.arrays import Alpha, Points, Rgb
from pipeline.core.errors import SampleRejected
from pipeline.core.randomness import sample_rng
from pipeline.core.records import MaskType
from pipeline.faces.crops import crop_square
from pipeline.faces.masked_cue import masked_face_cue
from pipeline.masks import MaskRecipe, MaskSynthesizer, PaintedMask
from pipeline.storage.images import encode_alpha, encode_image
from pipeline.storage.synthetic_mark import SyntheticMark


@dataclass(frozen=True, slots=True)
class ShownFace:
    """A face of a picture whose label is certain: it wears `mask`, or none; `crop` is its file where asked for."""

    face: KnownFace
    mask: WornMask | None
    crop: bytes | None = None

    @property
    def mask_type(self) -> MaskType:
        """The label."""
        return self.mask.draw.mask_type if self.mask else "none"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A face that is in the picture as it was and has no label; `asked` names the one picture that this is about."""

    face: KnownFace
    verdict: SampleRejected
    asked: AskedPicture | None = None


@dataclass(frozen=True, slots=True)
class ScenePicture:
    """A picture with all faces of its photo; `number` is None where all are bare."""

    number: int | None
    shown: tuple[ShownFace, ...]
    left_out: tuple[LeftOut, ...]
    files: EncodedPicture


@dataclass(frozen=True, slots=True)
class DrawnScene:
    """A photo with masks on its faces.

    Attributes:
        rgb: `uint8 (H, W, 3)`.
        masks: What was put on, the farthest first.
        shown: The faces whose label is certain, without their crops.
        left_out: The others.
    """

    rgb: Rgb
    masks: tuple[PaintedMask, ...]
    shown: tuple[ShownFace, ...]
    left_out: tuple[LeftOut, ...]

    def cover(self) -> Alpha:
        """Where masks cover it, `float32 (H, W, 1)` in [0, 1]."""
        whole = np.zeros((*self.rgb.shape[:2], 1), dtype=np.float32)
        for mask in self.masks:
            there = whole[(*mask.window.part, 0)]
            for rows, alpha in mask.covered():
                there[rows] = 1 - (1 - there[rows]) * (1 - alpha)
        return whole


@dataclass(frozen=True, slots=True)
class _Plan:
    """What was drawn for one face: a mask is tried on every face, whether or not it is to be worn.

    A face on which it can't be is left out, bare or masked: if bare ones stayed, what is hard to mask would be bare.
    """

    face: KnownFace
    head: Head
    draw: MaskRecipe
    worn: bool


def painted(synthesizer: MaskSynthesizer, rgb: Rgb, draw: MaskRecipe, head: Head, heads: Sequence[Head]) -> PaintedMask:
    """A mask for one head in the picture `(H, W, 3)`, below those of `heads` that stand nearer.

    Raises:
        SampleRejected: as `MaskSynthesizer.render`, or `mask_hidden`.
    """
    mask = synthesizer.paint(rgb, head.landmarks, draw)
    return seen_behind(mask, rgb, nearer_than(head, heads))


@dataclass(frozen=True, slots=True)
class SceneMasker:
    """Makes the pictures that were asked for of one photo after another; templates are loaded once a process."""

    request: MaskRequest

    def __call__(
        self, rgb: Rgb, faces: Sequence[KnownFace], others: Sequence[Points] = ()
    ) -> Iterator[ScenePicture | LeftOut]:
        """The faces that are in no picture, then one picture a number, then the bare one.

        Args:
            rgb: The photo `(H, W, 3)`. It wears the masks while they are encoded, and is as it was between pictures.
            faces: Those that may get a mask.
            others: Landmarks of further faces: what they hide is hidden.
        """
        rgb = rgb if rgb.flags.writeable else rgb.copy()
        usable, refused = self.sorted_out(rgb, faces)
        yield from refused
        heads = [*(Head.at(face.landmarks) for face in faces), *map(Head.at, others)]
        first: ScenePicture | None = None
        for number in range(self.request.per_face):
            with self.worn(rgb, usable, heads, number) as scene:
                cover = scene.cover() if self.request.alpha else None
                picture = self._encoded(rgb, number, scene.shown, scene.left_out, cover)
            first = first or picture
            yield picture
        if self.request.bare and first is not None:
            yield self._bare(rgb, first)

    def sorted_out(self, rgb: Rgb, faces: Sequence[KnownFace]) -> tuple[list[KnownFace], list[LeftOut]]:
        """The faces that a mask fits and that wear none, and the others."""
        usable, refused = [], []
        synthesizer = shared_synthesizer(self.request.templates, self.request.ranges)
        for face in faces:
            try:
                synthesizer.fit(face.landmarks)
                masked_face_cue().check_unmasked(rgb, face.landmarks, self.request.already_masked_threshold)
                usable.append(face)
            except SampleRejected as verdict:
                refused.append(LeftOut(face, verdict))
        return usable, refused

    def _plan(self, face: KnownFace, number: int) -> _Plan:
        request = self.request
        rng = sample_rng(request.seed, f"{face.photo.sha256}:{face.place}:{SCENE}:{number}")
        worn = bool(rng.random() < request.share)
        mask_type = request.masks[int(rng.integers(len(request.masks)))]
        synthesizer = shared_synthesizer(request.templates, request.ranges)
        draw = synthesizer.draw(mask_type, rng, wear=request.one_wear(rng))
        return _Plan(face, Head.at(face.landmarks), draw, worn)

    @contextmanager
    def worn(self, rgb: Rgb, faces: Sequence[KnownFace], heads: Sequence[Head], number: int) -> Iterator[DrawnScene]:
        """The photo itself with masks on those of `faces` that are to wear one, below whichever of `heads` is nearer.

        It can be written to, and is as it was after the block.
        """
        synthesizer = shared_synthesizer(self.request.templates, self.request.ranges)
        masks: list[PaintedMask] = []
        shown: list[ShownFace] = []
        left_out: list[LeftOut] = []
        with ExitStack() as taken_off:
            for plan in sorted((self._plan(face, number) for face in faces), key=lambda plan: plan.head.nearness):
                try:
                    mask = painted(synthesizer, rgb, plan.draw, plan.head, heads)
                except SampleRejected as verdict:
                    left_out.append(LeftOut(plan.face, verdict, AskedPicture(plan.draw.mask_type, number)))
                    continue
                if plan.worn:
                    taken_off.enter_context(mask.worn_in(rgb))
                    masks.append(mask)
                shown.append(ShownFace(plan.face, WornMask.of(mask) if plan.worn else None))
            order = {face.place: place for place, face in enumerate(faces)}
            shown.sort(key=lambda one: order[one.face.place])
            left_out.sort(key=lambda one: order[one.face.place])
            yield DrawnScene(rgb, tuple(masks), tuple(shown), tuple(left_out))

    def _bare(self, rgb: Rgb, like: ScenePicture) -> ScenePicture:
        """The photo without masks, of the same faces as a picture with them."""
        return self._encoded(rgb, None, [ShownFace(one.face, None) for one in like.shown], like.left_out, None)

    def _encoded(
        self,
        rgb: Rgb,
        number: int | None,
        shown: Sequence[ShownFace],
        left_out: Sequence[LeftOut],
        cover: Alpha | None,
    ) -> ScenePicture:
        marks = [self._mark(one.face.photo, f"{SCENE}{number}") for one in shown if one.mask is not None]
        mark = marks[0] if marks else None
        alpha = encode_alpha(cover) if self.request.alpha and cover is not None else None
        files = EncodedPicture(encode_image(rgb, quality=self.request.jpeg_quality, mark=mark), None, alpha)
        cut = tuple(ShownFace(one.face, one.mask, self._crop(rgb, one, number)) for one in shown)
        return ScenePicture(number, cut, tuple(left_out), files)

    def _mark(self, photo: KnownPhoto, name: str) -> SyntheticMark | None:
        return photo.mark(f"{photo.id}-{name}") if self.request.mark_synthetic else None

    def _crop(self, rgb: Rgb, shown: ShownFace, number: int | None) -> bytes | None:
        """The crop of a face; that of a bare face isn't marked, though a neighbour's mask may reach into it."""
        request, face = self.request, shown.face
        if not request.crops:
            return None
        crop = crop_square(rgb, face.box, request.crop_scale, request.crop_px)
        mark = self._mark(face.photo, f"{face.place}-{SCENE}{number}") if shown.mask else None
        return encode_image(crop, quality=request.jpeg_quality, mark=mark)
