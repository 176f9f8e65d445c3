"""Masks and coverings put on while training: every epoch sees others on the same faces."""

from collections.abc import Iterable, Mapping
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
from pipeline.masks.coverings import cover_face, draw_covering, draw_partial_covering
from pipeline.training.data import read_crop_full
from pipeline.training.face_mask_transform import RandomFaceMask, landmarks_of_largest
from pipeline.training.held_pictures import opened, settled
from pipeline.training.labels import FaceLabels
from pipeline.training.transform_inputs import as_chance, known_landmarks, label_word


class _RandomThing(v2.Transform):  # type: ignore[misc]
    """Put a covering on a part of the faces that may get one; what it takes and gives is what `RandomCovering` says."""

    _ON_MASKS: bool
    """Whether it is put on masked faces, else on bare ones."""

    def __init__(self, p: float = 0.1) -> None:
        super().__init__()
        self._p = as_chance(p)

    def _changed(self, image: Any, target: Mapping[str, Any]) -> tuple[Any, bool]:
        """The picture, and whether something was put on."""
        image, known = settled(image), known_landmarks(target)
        masked = label_word("mask_type", target.get("mask_type", "none")) != "none"
        if masked is not self._ON_MASKS or float(torch.rand(())) >= self._p:
            return image, False
        rng = np.random.default_rng(int(torch.randint(2**62, ())))
        rgb, put_back = opened(image)
        landmarks = known if known is not None else landmarks_of_largest(rgb)
        if landmarks is None:
            return image, False
        covering = draw_partial_covering(rng) if masked else draw_covering(rng)
        return put_back(cover_face(np.ascontiguousarray(rgb), landmarks, covering, masked=masked)), True


class RandomCovering(_RandomThing):
    """Put something that is no mask over a bare mouth: a transform of `(image, target)` as `RandomFaceMask`.

    Pictures, `landmarks` and `mask_type` are what that takes. The target's `covered` comes to say whether something was
    put on; its other labels stay, as a covered face wears no mask.

    Raises:
        ConfigError: `p` is no chance.
    """

    _ON_MASKS = False

    def forward(self, image: Any, target: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
        """The image and its target, changed together.

        Raises:
            ShapeError: as `RandomFaceMask`.
        """
        image, covered = self._changed(image, target)
        return image, dict(target) | {"covered": covered}


class RandomPartialCovering(_RandomThing):
    """Hold something beside the mouth of a masked face: a transform of `(image, target)` as `RandomCovering`.

    A hand, microphone, phone or cup, or a visor before it, hides a part of the mask; all labels stay.

    Raises:
        ConfigError: `p` is no chance.
    """

    _ON_MASKS = True

    def forward(self, image: Any, target: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
        """The image, changed where the face wears a mask, and its target.

        Raises:
            ShapeError: as `RandomFaceMask`.
        """
        return self._changed(image, target)[0], dict(target)


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
        partly = self.partial_share > 0 and float(torch.rand(())) < self.partial_share
        partial = [RandomPartialCovering(1.0)] if partly else []
        if not bare:
            return partial
        drawn = float(torch.rand(()))
        if drawn < self.share:
            return [RandomFaceMask(self.synthesizer, self.masks, 1.0), *partial]
        return [RandomCovering(1.0)] if drawn < self.share + self.covering_share else []


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
