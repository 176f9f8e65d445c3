"""Find the faces of a picture and put masks on them."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import numpy as np

from pipeline.augment.face_masker import KnownFace, KnownPhoto, WornMask
from pipeline.augment.overlap import Head
from pipeline.augment.request import FolderRequest
from pipeline.augment.scene_masker import SceneMasker
from pipeline.augment.templates_in_use import templates_for
from pipeline.core.arrays import Alpha, Points, Rgb
from pipeline.core.errors import ConfigError, SampleRejected, TemplateError
from pipeline.core.params import FacesParams
from pipeline.core.randomness import sample_rng
from pipeline.core.records import LandmarkModel, MaskType, Wear
from pipeline.faces.finding import FoundFace, shared_finder
from pipeline.faces.landmarks import as_landmarks
from pipeline.masks import MaskedFace, MaskSynthesizer, Template
from pipeline.masks.shipped import TEMPLATE_FILE
from pipeline.masks.template import load_template
from pipeline.storage.pictures import Picture, as_rgb

MASKS: tuple[MaskType, ...] = ("cloth", "surgical", "ffp2")
LANDMARKS: tuple[LandmarkModel, ...] = get_args(LandmarkModel)
_NOT_DRAWN = frozenset({"none", "incorrect", "unknown"})
WEARS: tuple[Wear, ...] = tuple(wear for wear in get_args(Wear) if wear not in _NOT_DRAWN)


@dataclass(frozen=True, slots=True)
class SceneFace:
    """One face of a picture of all; `mask` is None where it stays bare, `left_out` says why it has no label."""

    face: FoundFace
    mask: WornMask | None = None
    left_out: SampleRejected | None = None


@dataclass(frozen=True, slots=True)
class MaskedScene:
    """A photo with masks on its faces.

    Attributes:
        rgb: The whole photo, `uint8 (H, W, 3)`.
        alpha: Where masks, straps included, cover it: `float32 (H, W, 1)` in [0, 1].
        faces: Every face that was found, the largest first.
    """

    rgb: Rgb
    alpha: Alpha
    faces: tuple[SceneFace, ...]


def find_faces(image: Picture, *, min_face_px: int = 24, landmarks: LandmarkModel = "dlib") -> list[FoundFace]:
    """The faces of a picture, the largest first, each with box, 68 landmarks and pose; none is an empty list.

    `min_face_px` is the least longer side of a face's box, `landmarks` the model that gives its points: `mesh` may be
    used in commerce, and follows heads that are turned further.

    Raises:
        SampleRejected: a file that can't be read as a photo.
        ShapeError: what is given is no picture.
        ConfigError: there is no such model.
    """
    checked(landmarks, LANDMARKS, "landmarks")
    params = FacesParams(min_face_px=min_face_px, landmarks=landmarks)
    return list(shared_finder(params).search(as_rgb(image)).faces)


def put_mask(
    image: Picture,
    mask: MaskType | None = None,
    *,
    seed: int = 0,
    wear: Wear | None = "correct",
    template: Template | Path | str | None = None,
    face: FoundFace | Points | None = None,
) -> MaskedFace:
    """The picture with a mask on one face.

    The same seed draws the same mask for the same picture and face, and others for others.

    Args:
        image: The photo.
        mask: `cloth`, `surgical` or `ffp2`; None draws one, or takes the template's.
        seed: Decides every random choice.
        wear: `correct`, `nose_exposed`, `chin_exposed` or `nose_mouth_exposed`; None draws one.
        template: The name of a shipped one, a template, or its folder; None draws one.
        face: A face of the picture as `find_faces` gives it, or its landmarks `(68, 2)`; None is the largest.

    Raises:
        SampleRejected: there is no face, it can't take a mask (`face_too_small`, `extreme_pose`), or the file is none.
        ShapeError: what is given is no picture, or no landmarks.
        ConfigError: there is no such type of mask or way of wearing.
        TemplateError: there is no such template, or it makes masks of another type.
    """
    checked(mask, MASKS, "mask")
    checked(wear, WEARS, "wear")
    rgb = as_rgb(image)
    landmarks = _landmarks(rgb, face)
    rng = sample_rng(seed, _digest(rgb, landmarks))
    chosen = _templates(template, mask)
    kinds = sorted({one.mask_type for one in chosen.values()})
    kind = mask or kinds[int(rng.integers(len(kinds)))]
    way = wear or WEARS[int(rng.integers(len(WEARS)))]
    synthesizer = MaskSynthesizer(chosen)
    return synthesizer.render(rgb, landmarks, synthesizer.draw(kind, rng, wear=way))


def mask_all(
    image: Picture,
    masks: Sequence[MaskType] = MASKS,
    *,
    seed: int = 0,
    wear: Wear | None = "correct",
    share: float = 1.0,
    min_face_px: int = 24,
    landmarks: LandmarkModel = "dlib",
) -> MaskedScene:
    """The picture with masks on its faces, far ones behind near ones, as `augment-masks --faces all` makes it.

    A face that can't take a mask, or looks masked already, stays as it is and says why.

    Args:
        image: The photo.
        masks: The types, one of which is drawn for each face.
        seed: Decides every random choice, with the picture and the face.
        wear: As in `put_mask`, for every face.
        share: The chance of each face to wear a mask, in [0, 1].
        min_face_px: The least longer side of a face's box.
        landmarks: As in `find_faces`.

    Raises:
        SampleRejected, ShapeError, ConfigError: as `put_mask`; a picture without faces is a scene without.
    """
    for one in masks:
        checked(one, MASKS, "masks")
    checked(wear, WEARS, "wear")
    if not masks or not 0 <= share <= 1:
        raise ConfigError(f"masks: {list(masks)}, share: {share!r}: expected a type of mask, and a share in [0, 1]")
    rgb = as_rgb(image)
    faces = find_faces(rgb, min_face_px=min_face_px, landmarks=landmarks)
    ways = WEARS if wear is None else (wear,)
    asked = FolderRequest(masks=tuple(masks), wear=ways, seed=seed, faces="all", share=float(share))
    return _scene(rgb, faces, SceneMasker(asked.of_each_face()))


def checked(value: object, known: Sequence[str], key: str) -> None:
    """Refuse a value that is not known; None is.

    Raises:
        ConfigError: names the key, the value and what was expected.
    """
    if value is not None and value not in known:
        raise ConfigError(f"{key}: {value!r}: expected one of {', '.join(known)}")


def _landmarks(rgb: Rgb, face: FoundFace | Points | None) -> Points:
    if face is None:
        return shared_finder(FacesParams()).find(rgb)[0].landmarks
    return face.landmarks if isinstance(face, FoundFace) else as_landmarks(face)


def _digest(rgb: Rgb, landmarks: Points | None = None) -> str:
    digest = hashlib.sha256(f"{rgb.shape}".encode())
    digest.update(rgb.tobytes())
    digest.update(b"" if landmarks is None else np.round(landmarks, 1).tobytes())
    return digest.hexdigest()


def _templates(template: Template | Path | str | None, mask: MaskType | None) -> Mapping[str, Template]:
    """Those that one is drawn from."""
    if template is None:
        return templates_for((), MASKS)
    one = template if isinstance(template, Template) else _named(template)
    if mask is not None and one.mask_type != mask:
        raise TemplateError(f"template {one.name}: makes masks of the type {one.mask_type}, not {mask}")
    return {one.name: one}


def _named(template: Path | str) -> Template:
    """A shipped template by its name, or the one in a folder."""
    shipped = templates_for((), MASKS)
    if str(template) in shipped:
        return shipped[str(template)]
    folder = Path(template)
    if not (folder / TEMPLATE_FILE).is_file():
        raise TemplateError(
            f"template: {str(template)!r}: expected a folder with {TEMPLATE_FILE}, or one of {', '.join(shipped)}"
        )
    return load_template(folder / TEMPLATE_FILE)


def _scene(rgb: Rgb, faces: Sequence[FoundFace], masker: SceneMasker) -> MaskedScene:
    photo = KnownPhoto(_digest(rgb), "")
    known = [KnownFace(photo, str(face.index), face.box, face.landmarks) for face in faces]
    usable, refused = masker.sorted_out(rgb, known)
    with masker.worn(rgb.copy(), usable, [Head.at(face.landmarks) for face in faces], 0) as drawn:
        masked = drawn.rgb.copy()
    masks = {one.face.place: one.mask for one in drawn.shown}
    verdicts = {one.face.place: one.verdict for one in (*refused, *drawn.left_out)}
    told = (SceneFace(face, masks.get(str(face.index)), verdicts.get(str(face.index))) for face in faces)
    return MaskedScene(masked, drawn.cover(), tuple(told))
