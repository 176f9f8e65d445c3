"""A classifier of crops as what is measured: the one that onnxruntime runs, without PyTorch, and any other."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast, get_args

import numpy as np

from pipeline.core.errors import MaskwrightError
from pipeline.core.locations import Location, located
from pipeline.core.records import Assignment
from pipeline.prediction.classifier import Classifier, logits_of
from pipeline.scores.probabilities import Logits, softmax
from pipeline.storage.crop_files import read_crop
from pipeline.training.labels import CORRECTNESS_HEAD, WEAR_HEAD, Head, HeadName


@dataclass(frozen=True, slots=True)
class CropJudge:
    """Asks a classifier about crops in files.

    Attributes:
        both_ways: Each crop is taken with its mirror image.
        incorrect: From the ways a mask is worn, tell correctly from wrongly too: for labels that don't say how wrongly.
    """

    classifier: Classifier
    batch_size: int
    both_ways: bool
    incorrect: bool = False

    @property
    def heads(self) -> tuple[Head, ...]:
        """Those whose labels are known here.

        Raises:
            MaskwrightError: there is none.
        """
        classes = self.classifier.usage.classes
        known = tuple(Head(cast("HeadName", name), classes[name]) for name in classes if name in get_args(HeadName))
        if not known:
            raise MaskwrightError(f"the model tells {', '.join(classes)}: nothing that photos are labelled with")
        return (*known, CORRECTNESS_HEAD) if self._adds_correctness else known

    @property
    def _adds_correctness(self) -> bool:
        classes = self.classifier.usage.classes
        return (
            self.incorrect and classes.get(WEAR_HEAD.name) == WEAR_HEAD.classes and CORRECTNESS_HEAD.name not in classes
        )

    def logits(self, rows: Sequence[Assignment], root: Location) -> dict[str, Logits]:
        """Logits `(N, classes)` by head, in the rows' order."""
        side = self.classifier.usage.image_px
        parts: dict[str, list[Logits]] = {head: [] for head in self.classifier.usage.classes}
        for start in range(0, len(rows), self.batch_size):
            chosen = rows[start : start + self.batch_size]
            crops = [read_crop(located(root, row.crop_path), side) for row in chosen]
            for head, logits in logits_of(self.classifier, crops, both_ways=self.both_ways).items():
                parts[head].append(logits)
        classes = self.classifier.usage.classes
        empty = {head: np.zeros((0, len(names)), dtype=np.float32) for head, names in classes.items()}
        found = {head: np.concatenate([empty[head], *batches]) for head, batches in parts.items()}
        if self._adds_correctness:
            temperature = self.classifier.usage.temperatures.get(WEAR_HEAD.name, 1.0)
            found[CORRECTNESS_HEAD.name] = correctness_logits(found[WEAR_HEAD.name], temperature)
        return found


def correctness_logits(wear: Logits, temperature: float) -> Logits:
    """Log probabilities `(N, 3)` of none, correct and incorrect, from logits `(N, 5)` of the ways a mask is worn."""
    shares = softmax(wear, temperature)
    three = np.stack([shares[:, 0], shares[:, 1], shares[:, 2:].sum(1)], 1)
    return np.asarray(np.log(np.maximum(three, np.finfo(np.float32).tiny)), dtype=np.float32)
