"""Masks and coverings put on while training: every epoch sees others on the same faces."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torchvision import tv_tensors
from torchvision.transforms import v2

from pipeline.core.arrays import Points
from pipeline.core.locations import Location, located
from pipeline.core.records import Assignment, Face, MaskedImage, MaskType
from pipeline.faces.crops import crop_landmarks
from pipeline.faces.detectors import Box
from pipeline.masks import MaskSynthesizer
from pipeline.masks.coverings import Covering, cover_face, draw_covering, draw_partial_covering
from pipeline.training.data import read_crop_full
from pipeline.training.face_mask_transform import RandomFaceMask, landmarks_of_largest
from pipeline.training.held_pictures import opened, settled
from pipeline.training.labels import FaceLabels
from pipeline.training.transform_inputs import as_chance, known_landmarks, label_word


class RandomCovering(v2.Transform):  # type: ignore[misc]
    """Put something that is no mask over a bare mouth: a transform of `(image, target)` as `RandomFaceMask`.

    Pictures, `landmarks` and `mask_type` are what that takes. The target's `covered` comes to say whether something was
    put on; its other labels stay, as a covered face wears no mask.

    Raises:
        ConfigError: `p` is no chance.
    """

    def __init__(self, p: float = 0.1) -> None:
        super().__init__()
        self._p = as_chance(p)

    def forward(self, image: Any, target: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
        """The image and its target, changed together.

        Raises:
            ShapeError: as `RandomFaceMask`.
        """
        image, known = settled(image), known_landmarks(target)
        if _mask_type(target) != "none" or float(torch.rand(())) >= self._p:
            return image, dict(target) | {"covered": False}
        covered = _covered(image, known, draw_covering, masked=False)
        return image if covered is None else covered, dict(target) | {"covered": covered is not None}


class RandomPartialCovering(v2.Transform):  # type: ignore[misc]
    """Hold something beside the mouth of a masked face: a transform of `(image, target)` as `RandomCovering`.

    A hand, microphone, phone or cup, or a visor before it, hides a part of the mask; all labels stay.

    Raises:
        ConfigError: `p` is no chance.
    """

    def __init__(self, p: float = 0.1) -> None:
        super().__init__()
        self._p = as_chance(p)

    def forward(self, image: Any, target: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
        """The image, changed where the face wears a mask, and its target.

        Raises:
            ShapeError: as `RandomFaceMask`.
        """
        image, known = settled(image), known_landmarks(target)
        if _mask_type(target) == "none" or float(torch.rand(())) >= self._p:
            return image, dict(target)
        covered = _covered(image, known, draw_partial_covering, masked=True)
        return image if covered is None else covered, dict(target)


def _mask_type(target: Mapping[str, Any]) -> str:
    return label_word("mask_type", target.get("mask_type", "none"))


def _covered(image: Any, known: Points | None, draw: Callable[[np.random.Generator], Covering], *, masked: bool) -> Any:
    """The picture with something on, None where no face is found."""
    rng = np.random.default_rng(int(torch.randint(2**62, ())))
    rgb, put_back = opened(image)
    landmarks = known if known is not None else landmarks_of_largest(rgb)
    if landmarks is None:
        return None
    return put_back(cover_face(np.ascontiguousarray(rgb), landmarks, draw(rng), masked=masked))


@dataclass(frozen=True, slots=True)
class FaceMasking:
    """`RandomFaceMask`, `RandomCovering` and `RandomPartialCovering` for the crops of a training side.

    Attributes:
        synthesizer: What draws the masks.
        landmarks: By `sample_id`, 68 points in pixels of the crop's file.
        root: What `crop_path` is relative to.
        share: The part of the bare faces that gets a mask.
        masks: The types, each equally often.
        covering_share: The part of the bare faces that gets something else before the mouth.
        partial_share: The part of the masked faces, these masks included, beside whose mouth something is held.
    """

    synthesizer: MaskSynthesizer
    landmarks: Mapping[str, Points]
    root: Location
    share: float
    masks: tuple[MaskType, ...]
    covering_share: float = 0.0
    partial_share: float = 0.0

    @property
    def expected(self) -> dict[FaceLabels, float]:
        """The labels that faces are expected to end with, masks counted as worn correctly."""
        each = {FaceLabels(mask, "correct"): self.share / len(self.masks) for mask in self.masks}
        covered = {FaceLabels("none", "none", covered=True): self.covering_share}
        return {labels: share for labels, share in (each | covered).items() if share > 0}

    def __call__(self, row: Assignment) -> tuple[Tensor, FaceLabels] | None:
        """The crop at its file's size with something on, and the new labels; None where it stays as it is."""
        bare = row.mask_type == "none"
        transforms = self._drawn_transforms(bare)
        if not transforms or row.sample_id not in self.landmarks:
            return None
        image, target = self._crop(row)
        for transform in transforms:
            image, target = transform(image, target)
        if not bare:
            return image, FaceLabels.of(row)
        if target.get("covered"):
            return image, FaceLabels("none", "none", "no", covered=True)
        if target["mask_type"] == "none":
            return None
        return image, FaceLabels(target["mask_type"], target["wear"], "yes", target["valve"])

    def _crop(self, row: Assignment) -> tuple[Tensor, dict[str, Any]]:
        """The crop as it is, and its target."""
        rgb = read_crop_full(located(self.root, row.crop_path))
        points = tv_tensors.KeyPoints(self.landmarks[row.sample_id], canvas_size=rgb.shape[:2])
        target = {"landmarks": points, "mask_type": row.mask_type, "wear": row.wear}
        return torch.from_numpy(np.array(rgb)).permute(2, 0, 1), target

    def _drawn_transforms(self, bare: bool) -> list[v2.Transform]:
        """What is done to one face, drawn; nothing is drawn that has no share."""
        partial = [RandomPartialCovering(1.0)] if self.partial_share and self._partly_covered() else []
        if not bare:
            return partial
        drawn = float(torch.rand(()))
        if drawn < self.share:
            return [RandomFaceMask(self.synthesizer, self.masks, 1.0), *partial]
        return [RandomCovering(1.0)] if drawn < self.share + self.covering_share else []

    def _partly_covered(self) -> bool:
        return float(torch.rand(())) < self.partial_share


def landmarks_in_crops(samples: Iterable[Face | MaskedImage], scale: float, crop_px: int) -> dict[str, Points]:
    """The landmarks of faces, or of faces that got a mask, in pixels of their crops, by sample id."""
    return {
        sample.id: crop_landmarks(
            np.array(sample.landmarks, dtype=np.float32).reshape(68, 2),
            Box(sample.left, sample.top, sample.right, sample.bottom, 1.0),
            scale,
            crop_px,
        )
        for sample in samples
    }
