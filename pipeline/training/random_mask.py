"""Masks and coverings put on while training: every epoch sees others on the same bare faces."""

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
from pipeline.training.face_mask_transform import RandomFaceMask
from pipeline.training.labels import FaceLabels


class RandomCovering(v2.Transform):  # type: ignore[misc]
    """Put something that is no mask over a bare mouth: a transform of `(image, target)` as `RandomFaceMask`.

    The target's `covered` says whether it did; its other labels stay, as a covered face wears no mask.
    """

    def __init__(self, p: float = 0.1) -> None:
        super().__init__()
        self._p = p

    def forward(self, image: Tensor, target: Mapping[str, Any]) -> tuple[Tensor, dict[str, Any]]:
        """The image and its target, changed together."""
        if target["mask_type"] != "none" or float(torch.rand(())) >= self._p:
            return image, dict(target) | {"covered": False}
        return _covered(image, target, draw_covering, masked=False), dict(target) | {"covered": True}


class RandomPartialCovering(v2.Transform):  # type: ignore[misc]
    """Hold something beside the mouth of a masked face: a transform of `(image, target)` as `RandomFaceMask`.

    A hand, microphone, phone, cup or visor hides a part of the mask; all labels stay.
    """

    def __init__(self, p: float = 0.1) -> None:
        super().__init__()
        self._p = p

    def forward(self, image: Tensor, target: Mapping[str, Any]) -> tuple[Tensor, dict[str, Any]]:
        """The image, changed where the face wears a mask, and its target."""
        if target["mask_type"] == "none" or float(torch.rand(())) >= self._p:
            return image, dict(target)
        return _covered(image, target, draw_partial_covering, masked=True), dict(target)


def _covered(
    image: Tensor, target: Mapping[str, Any], draw: Callable[[np.random.Generator], Covering], *, masked: bool
) -> Tensor:
    rng = np.random.default_rng(int(torch.randint(2**62, ())))
    rgb = np.ascontiguousarray(image.permute(1, 2, 0).numpy())
    covered = cover_face(rgb, np.asarray(target["landmarks"], dtype=np.float32), draw(rng), masked=masked)
    return torch.from_numpy(covered).permute(2, 0, 1).contiguous()


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
