"""Cross-entropy over several heads, with missing labels, class weights and mixed images."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - PyTorch's own convention
from torch import Tensor

from pipeline.training.labels import UNKNOWN_LABEL, Head


@dataclass(frozen=True, slots=True)
class Mix:
    """How the images of a batch were mixed in pairs: each with `partners`, keeping `share` of its own label."""

    partners: Tensor
    share: float


def class_weights(counts: Tensor) -> Tensor:
    """Weights inverse to the counts, 1 on average over the samples; a class without samples weighs 0.

    >>> class_weights(torch.tensor([30, 10, 0])).tolist()
    [0.6666666865348816, 2.0, 0.0]
    """
    present = (counts > 0).sum()
    weights = counts.sum() / (present * counts.clamp(min=1))
    return torch.where(counts > 0, weights, 0.0).float()


def sample_weights(labels: Tensor, counts: Tensor) -> Tensor:
    """A sampling weight for each label of one head, such that every class is drawn equally often."""
    weights = class_weights(counts)
    known = labels != UNKNOWN_LABEL
    return torch.where(known, weights[labels.clamp(min=0)], 1.0)


def multi_head_loss(
    logits: Mapping[str, Tensor],
    labels: Tensor,
    heads: Sequence[Head],
    weights: Sequence[Tensor | None],
    *,
    label_smoothing: float = 0.0,
    mix: Mix | None = None,
) -> Tensor:
    """The sum over the heads of the mean cross-entropy over the samples whose label is known.

    `labels` is `(N, heads)`. A head for which no label is known adds 0, with a gradient of 0.
    """
    total = torch.zeros((), device=labels.device)
    for position, head in enumerate(heads):
        part = _head_loss(logits[head.name], labels[:, position], weights[position], label_smoothing)
        if mix is not None:
            other = _head_loss(logits[head.name], labels[mix.partners, position], weights[position], label_smoothing)
            part = mix.share * part + (1 - mix.share) * other
        total = total + part
    return total


def _head_loss(logits: Tensor, labels: Tensor, weight: Tensor | None, label_smoothing: float) -> Tensor:
    logits = logits.float()
    if not (labels != UNKNOWN_LABEL).any():
        return logits.sum() * 0
    return F.cross_entropy(logits, labels, weight=weight, ignore_index=UNKNOWN_LABEL, label_smoothing=label_smoothing)


def mix_images(
    images: Tensor, mixup_alpha: float, cutmix_alpha: float, rng: np.random.Generator
) -> tuple[Tensor, Mix | None]:
    """Blend each image with another (mixup, arXiv:1710.09412) or paste a box of it (CutMix, arXiv:1905.04899).

    `images` are float `(N, 3, H, W)`. An alpha of 0 switches its kind off; with both on, chance decides for
    each batch.
    """
    kinds = [kind for kind, alpha in (("mixup", mixup_alpha), ("cutmix", cutmix_alpha)) if alpha > 0]
    if not kinds:
        return images, None
    kind = kinds[int(rng.integers(len(kinds)))]
    partners = torch.from_numpy(rng.permutation(len(images))).to(images.device)
    if kind == "mixup":
        share = float(rng.beta(mixup_alpha, mixup_alpha))
        return share * images + (1 - share) * images[partners], Mix(partners, share)
    return _cutmix(images, partners, float(rng.beta(cutmix_alpha, cutmix_alpha)), rng)


def _cutmix(images: Tensor, partners: Tensor, share: float, rng: np.random.Generator) -> tuple[Tensor, Mix]:
    height, width = images.shape[-2:]
    half = np.sqrt(1 - share) / 2
    y, x = rng.uniform(0, height), rng.uniform(0, width)
    top, bottom = (int(np.clip(y + sign * half * height, 0, height)) for sign in (-1, 1))
    left, right = (int(np.clip(x + sign * half * width, 0, width)) for sign in (-1, 1))
    mixed = images.clone()
    mixed[:, :, top:bottom, left:right] = images[partners, :, top:bottom, left:right]
    return mixed, Mix(partners, 1 - (bottom - top) * (right - left) / (height * width))
