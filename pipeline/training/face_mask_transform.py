"""Masks put on while training, as a transform for whatever holds the picture."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torchvision import tv_tensors
from torchvision.transforms import v2

from pipeline.augment.templates_in_use import shared_synthesizer
from pipeline.core.agreement import overlap
from pipeline.core.arrays import Alpha, Points, Rgb
from pipeline.core.errors import ConfigError, SampleRejected, ShapeError
from pipeline.core.params import AugmentParams, FacesParams
from pipeline.core.records import MaskType
from pipeline.faces.detectors import Box
from pipeline.faces.finding import FoundFace, shared_finder
from pipeline.masks import MaskedFace, MaskParams, MaskSynthesizer
from pipeline.training.held_pictures import opened, settled
from pipeline.training.transform_inputs import as_chance, known_landmarks, label_word, label_words

MASKS: tuple[MaskType, ...] = AugmentParams().masks

_SAME_FACE = 0.3
"""A box and a face that overlap so well, intersection over union, are one: annotators draw boxes as they like."""


class RandomFaceMask(v2.Transform):  # type: ignore[misc]
    """Put masks on bare faces, with their labels: a torchvision transform that albumentations' style calls too.

    `transform(image)` gives the picture, `transform(image, target)` both, `transform(image=…, …)` a dictionary. A
    picture is a tensor `(3, H, W)` (`uint8` or floats in [0, 1]; grey stays grey), a `tv_tensors.Image`, a Pillow image
    or an array `(H, W, 3)`, and comes back as one; a Pillow image of another mode than RGB, RGBA and L, or with a
    profile of other colours, in sRGB, with and without a mask. Nothing moves, so boxes, masks and key points stay as
    they are. In the target

    - `landmarks`, 68 points `(68, 2)` in the picture's pixels, say where the face is; without them the largest face is
      looked for, some 30 ms a picture;
    - `mask_type` other than `none` says that there is nothing to do; it, `wear` and `valve` become those of the mask;
    - `boxes`, `tv_tensors.BoundingBoxes` of faces, ask for each of them: `mask_types` and `wears` then have a word a
      box, and `mask_types` in the target says which have a mask already;
    - `mask_pixels`, a `tv_tensors.Mask (1, H, W)`, comes to say where the masks that were put on cover the picture.

    A face that has a mask already, isn't found or can't take one (turned too far) stays as it was. Draws from PyTorch's
    global generator, and so is decided by `torch.manual_seed`.

    Args:
        synthesizer: Draws the masks; None takes the shipped templates.
        masks: The types, each equally often.
        p: The chance of each bare face to get a mask.

    Raises:
        ConfigError: there is no such type, or `p` is no chance.
    """

    def __init__(
        self, synthesizer: MaskSynthesizer | None = None, masks: Sequence[MaskType] = MASKS, p: float = 0.75
    ) -> None:
        super().__init__()
        if not masks or isinstance(masks, str) or not set(masks) <= set(MASKS):
            raise ConfigError(f"masks: {masks!r}: expected one or more of {', '.join(MASKS)}")
        self._synthesizer, self._masks, self._p = synthesizer, tuple(masks), as_chance(p)

    def forward(self, *inputs: Any, **named: Any) -> Any:
        """The same, with masks.

        Raises:
            ShapeError: there is no picture, or it is none that is known, or `landmarks` are none.
        """
        if named:
            image, target = self._changed(*_named_parts(inputs, named))
            return {"image": image, **target}
        if len(inputs) == 2 and isinstance(inputs[1], Mapping):
            return self._changed(inputs[0], inputs[1])
        if len(inputs) != 1:
            raise ShapeError("give a picture, a picture and a mapping, or both by name: transform(image=picture)")
        image, _ = self._changed(inputs[0], {})
        return image

    def _changed(self, image: Any, target: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
        image, known = settled(image), known_landmarks(target)  # what is no picture isn't one by chance
        if isinstance(target.get("boxes"), tv_tensors.BoundingBoxes):
            return self._each_box(image, target)
        if label_word("mask_type", target.get("mask_type", "none")) != "none" or float(torch.rand(())) >= self._p:
            return image, _bare(image) | dict(target)
        rng = np.random.default_rng(int(torch.randint(2**62, ())))
        mask_type = self._masks[int(rng.integers(len(self._masks)))]
        rgb, put_back = opened(image)
        masked = self._masked(rgb, known if known is not None else landmarks_of_largest(rgb), mask_type, rng)
        if masked is None:
            return image, _bare(image) | dict(target)
        return put_back(masked.rgb), dict(target) | _labels(masked)

    def _each_box(self, image: Any, target: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
        """A mask for each bare box, as chance has it."""
        corners = v2.functional.convert_bounding_box_format(target["boxes"], new_format="XYXY")
        count = len(corners)
        types, wears = label_words(target, "mask_types", count), label_words(target, "wears", count)
        rgb, put_back = opened(image)
        faces = _faces_of(rgb) if "none" in types else []
        cover = np.zeros((*rgb.shape[:2], 1), dtype=np.float32)
        for place in range(count):
            worn = float(torch.rand(())) < self._p
            rng = np.random.default_rng(int(torch.randint(2**62, ())))
            face = face_at(corners[place].tolist(), faces)
            if types[place] != "none" or not worn or face is None:
                continue
            masked = self._masked(rgb, face.landmarks, self._masks[int(rng.integers(len(self._masks)))], rng)
            if masked is not None:
                rgb, cover = masked.rgb, np.maximum(cover, masked.alpha)
                types[place], wears[place] = masked.draw.mask_type, masked.draw.wear
        told = {"mask_types": types, "wears": wears, "mask_pixels": _mask_pixels(cover)}
        return put_back(rgb) if cover.any() else image, dict(target) | told

    def _masked(
        self, rgb: Rgb, landmarks: Points | None, mask_type: MaskType, rng: np.random.Generator
    ) -> MaskedFace | None:
        if landmarks is None:
            return None
        synthesizer = self._synthesizer or shared_synthesizer((), MaskParams())
        try:
            return synthesizer(np.ascontiguousarray(rgb), landmarks, mask_type, rng)
        except SampleRejected:
            return None


def _named_parts(inputs: Sequence[Any], named: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
    target = dict(named)
    if inputs or "image" not in target:
        raise ShapeError("by name a picture is given as image: transform(image=picture, landmarks=points)")
    return target.pop("image"), target


def landmarks_of_largest(rgb: Rgb) -> Points | None:
    """The landmarks of the largest face of a picture, None where none is found."""
    faces = _faces_of(rgb)
    return faces[0].landmarks if faces else None


def _faces_of(rgb: Rgb) -> Sequence[FoundFace]:
    """The faces of a picture, the largest first."""
    return shared_finder(FacesParams()).search(rgb).faces


def _labels(masked: MaskedFace) -> dict[str, Any]:
    drawn = masked.draw
    said = {"mask_type": drawn.mask_type, "wear": drawn.wear, "valve": drawn.valve}
    return {**said, "mask_pixels": _mask_pixels(masked.alpha)}


def _bare(image: Any) -> dict[str, Any]:
    """What a target says where nothing was put on, unless it says something itself: the keys are always the same."""
    height, width = image.shape[:2] if isinstance(image, np.ndarray) else v2.functional.get_size(image)
    cover = np.zeros((height, width, 1), dtype=np.float32)
    return {"mask_type": "none", "wear": "none", "valve": "unknown", "mask_pixels": _mask_pixels(cover)}


def _mask_pixels(cover: Alpha) -> tv_tensors.Mask:
    return tv_tensors.Mask(torch.from_numpy(cover[:, :, 0] > 0.5)[None])


def face_at(corners: Sequence[float], faces: Sequence[FoundFace]) -> FoundFace | None:
    """The face that is found where a box has its corners (left, top, right, bottom); None where there is none."""
    left, top, right, bottom = corners
    place = Box(left, top, right, bottom, 1.0)
    shares = [(overlap(place, one.box), one) for one in faces]
    best = max(shares, key=lambda pair: pair[0], default=None)
    return best[1] if best is not None and best[0] >= _SAME_FACE else None
