"""A trained model as what is measured: PyTorch in batches, on its own device."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.core.locations import Location
from pipeline.core.records import Assignment
from pipeline.scores.probabilities import Logits
from pipeline.training.data import CropDataset
from pipeline.training.inference import predict
from pipeline.training.labels import Head
from pipeline.training.models import MaskClassifier


@dataclass(frozen=True, slots=True)
class TrainedJudge:
    """A model of PyTorch's; `both_ways` takes each crop with its mirror image."""

    model: MaskClassifier
    batch_size: int
    both_ways: bool

    @property
    def heads(self) -> tuple[Head, ...]:
        """The model's outputs."""
        return self.model.spec.heads

    def logits(self, rows: Sequence[Assignment], root: Location) -> dict[str, Logits]:
        """Logits `(N, classes)` by head, in the rows' order."""
        data = CropDataset(rows, root, self.heads, self.model.spec.image_px)
        found = predict(self.model, data, self.batch_size, both_ways=self.both_ways)
        return {head: logits.numpy() for head, logits in found.items()}
