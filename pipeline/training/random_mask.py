"""Masks and coverings put on while training: every epoch sees others on the same bare faces."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torchvision import tv_tensors
from torchvision.transforms import v2

from pipeline.core.arrays import Points
from pipeline.core.locations import Location, located
from pipeline.core.records import Assignment, Face, MaskType
from pipeline.faces.crops import crop_landmarks
from pipeline.faces.detectors import Box
from pipeline.masks import MaskSynthesizer
from pipeline.masks.coverings import cover_face, draw_covering
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
        rng = np.random.default_rng(int(torch.randint(2**62, ())))
        rgb = np.ascontiguousarray(image.permute(1, 2, 0).numpy())
        covered = cover_face(rgb, np.asarray(target["landmarks"], dtype=np.float32), draw_covering(rng))
        return torch.from_numpy(covered).permute(2, 0, 1).contiguous(), dict(target) | {"covered": True}


@dataclass(frozen=True, slots=True)
class FaceMasking:
    """`RandomFaceMask` and `RandomCovering` for the crops of a training side.

    Attributes:
        synthesizer: What draws the masks.
        landmarks: By `sample_id`, 68 points in pixels of the crop's file.
        root: What `crop_path` is relative to.
        share: The part of the bare faces that gets a mask.
        masks: The types, each equally often.
        covering_share: The part of the bare faces that gets something else before the mouth.
    """

    synthesizer: MaskSynthesizer
    landmarks: Mapping[str, Points]
    root: Location
    share: float
    masks: tuple[MaskType, ...]
    covering_share: float = 0.0

    @property
    def expected(self) -> dict[FaceLabels, float]:
        """The labels that faces are expected to end with, masks counted as worn correctly."""
        each = {FaceLabels(mask, "correct"): self.share / len(self.masks) for mask in self.masks}
        covered = {FaceLabels("none", "none", covered=True): self.covering_share}
        return {labels: share for labels, share in (each | covered).items() if share > 0}

    def __call__(self, row: Assignment) -> tuple[Tensor, FaceLabels] | None:
        """The crop at its file's size with something on, and the new labels; None where it stays bare."""
        transform = self._drawn_transform()
        if transform is None or row.mask_type != "none" or row.sample_id not in self.landmarks:
            return None
        rgb = read_crop_full(located(self.root, row.crop_path))
        points = tv_tensors.KeyPoints(self.landmarks[row.sample_id], canvas_size=rgb.shape[:2])
        target = {"landmarks": points, "mask_type": row.mask_type, "wear": row.wear}
        image, changed = transform(torch.from_numpy(np.array(rgb)).permute(2, 0, 1), target)
        if changed.get("covered"):
            return image, FaceLabels("none", "none", "no", covered=True)
        if changed["mask_type"] == "none":
            return None
        return image, FaceLabels(changed["mask_type"], changed["wear"], "yes", changed["valve"])

    def _drawn_transform(self) -> v2.Transform | None:
        drawn = float(torch.rand(()))
        if drawn < self.share:
            return RandomFaceMask(self.synthesizer, self.masks, 1.0)
        return RandomCovering(1.0) if drawn < self.share + self.covering_share else None


def bare_landmarks(faces: Sequence[Face], scale: float, crop_px: int) -> dict[str, Points]:
    """The landmarks of the unmasked faces in pixels of their crops, by face id."""
    return {
        face.id: crop_landmarks(
            np.array(face.landmarks, dtype=np.float32).reshape(68, 2),
            Box(face.left, face.top, face.right, face.bottom, face.score),
            scale,
            crop_px,
        )
        for face in faces
        if face.mask_type == "none"
    }
