"""Learning from a larger model beside the labels: knowledge distillation (Hinton et al., arXiv:1503.02531)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F  # noqa: N812 - PyTorch's own convention
from torch import Tensor

from pipeline.core.errors import MaskwrightError
from pipeline.core.params import TrainParams
from pipeline.training.checkpoint import load_model
from pipeline.training.inference import autocast
from pipeline.training.labels import UNKNOWN_LABEL, Head, HeadName
from pipeline.training.models import MaskClassifier


@dataclass(frozen=True, slots=True)
class Teacher:
    """A trained model, which part of the loss is to be like it, and how soft its answers are made."""

    model: MaskClassifier
    share: float
    temperature: float
    precision: str

    @classmethod
    def of(cls, params: TrainParams, heads: tuple[Head, ...], device: torch.device) -> "Teacher | None":
        """The one that the parameters name, if any.

        Raises:
            MaskwrightError: it can't be read, or answers other questions than these heads.
        """
        if params.teacher == "none":
            return None
        model, _ = load_model(Path(params.teacher), device)
        if model.spec.heads != heads:
            theirs = ", ".join(f"{head.name} ({' '.join(head.classes)})" for head in model.spec.heads)
            raise MaskwrightError(f"train.teacher: {params.teacher}: answers {theirs}; train.target is {params.target}")
        model = model.requires_grad_(requires_grad=False).to(memory_format=torch.channels_last)
        return cls(model, params.teacher_share, params.teacher_temperature, params.precision)

    @torch.no_grad()
    def answers(self, images: Tensor) -> dict[HeadName, Tensor]:
        """Its logits by head for `(N, 3, H, W)` in [0, 1], brought to its own size."""
        side = self.model.spec.image_px
        if images.shape[-1] != side:
            images = F.interpolate(images, (side, side), mode="bilinear", antialias=True, align_corners=False)
        with autocast(images.device, self.precision):
            answers: dict[HeadName, Tensor] = self.model(images.contiguous(memory_format=torch.channels_last))
        return answers

    def blended(
        self, loss: Tensor, logits: Mapping[str, Tensor], images: Tensor, labels: Tensor, heads: Sequence[Head]
    ) -> Tensor:
        """The loss of the labels and the distance from the teacher's answers, each by its share.

        The distance is the Kullback-Leibler divergence of the softened answers times the squared temperature, so that
        its gradients are as large as those of the labels, summed over the heads. A sample counts for the heads whose
        label is known: whether a bare face has a valve is no question.
        """
        answers = self.answers(images)
        apart = torch.zeros((), device=labels.device)
        for position, head in enumerate(heads):
            known = labels[:, position] != UNKNOWN_LABEL
            if known.any():
                apart = apart + self._divergence(logits[head.name][known], answers[head.name][known])
        return (1 - self.share) * loss + self.share * apart

    def _divergence(self, logits: Tensor, answers: Tensor) -> Tensor:
        softened = (logits.float() / self.temperature).log_softmax(1)
        wanted = (answers.float() / self.temperature).log_softmax(1)
        return F.kl_div(softened, wanted, reduction="batchmean", log_target=True) * self.temperature**2
