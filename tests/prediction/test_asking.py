from dataclasses import dataclass, field

import numpy as np
import pytest

from pipeline.core.arrays import Rgb
from pipeline.prediction.asking import ask, is_beyond_doubt
from pipeline.prediction.usage import ModelUsage, parse_usage
from pipeline.scores.probabilities import Logits
from tests.prediction.kit import IMAGE_PX, usage_document

CLASSES = {"mask_type": ("none", "cloth"), "wear": ("none", "correct"), "valve": ("no", "yes")}


@dataclass
class Spoken:
    """A classifier whose logit of the second class is ten times the first pixel's red over 255, and of the first 0."""

    usage: ModelUsage = field(default_factory=lambda: parse_usage(usage_document(CLASSES), "test"))
    asked: list[int] = field(default_factory=list)

    def __call__(self, crops: Rgb) -> dict[str, Logits]:
        self.asked.append(len(crops))
        second = crops[:, 0, 0, 0] / 255 * 10
        logits = np.stack([np.zeros_like(second), second], 1).astype(np.float32)
        return {"mask_type": logits, "wear": logits, "valve": logits}


def crop(first: int, last: int) -> Rgb:
    """A crop whose first row runs from one value of red to another: its mirror image begins with the last."""
    made = np.zeros((IMAGE_PX, IMAGE_PX, 3), dtype=np.uint8)
    made[0, :, 0] = np.linspace(first, last, IMAGE_PX).astype(np.uint8)
    return made


def second(classifier: Spoken, crops: list[Rgb], *, both_ways: bool) -> list[float]:
    return [float(shares["mask_type"][1]) for shares in ask(classifier, crops, both_ways=both_ways)]


def logistic(value: float) -> float:
    return float(1 / (1 + np.exp(-value * 10 / 255)))


def test_only_faces_that_leave_doubt_are_asked_again() -> None:
    classifier = Spoken()
    crops = [crop(255, 0), crop(20, 255), crop(255, 9), crop(60, 0)]
    found = second(classifier, crops, both_ways=True)
    assert classifier.asked == [4, 2]
    expected = [logistic(255), (logistic(20) + logistic(255)) / 2, logistic(255), (logistic(60) + logistic(0)) / 2]
    assert found == pytest.approx(expected, abs=1e-5)


def test_one_way_asks_once() -> None:
    classifier = Spoken()
    assert second(classifier, [crop(20, 255)], both_ways=False) == pytest.approx([logistic(20)], abs=1e-5)
    assert classifier.asked == [1]


def test_faces_together_are_answered_as_each_alone() -> None:
    crops = [crop(value, 255 - value) for value in (0, 40, 90, 255)]
    alone = [second(Spoken(), [one], both_ways=True)[0] for one in crops]
    assert second(Spoken(), crops, both_ways=True) == pytest.approx(alone, abs=1e-6)


@pytest.mark.parametrize(
    ("types", "wear", "valve", "sure"),
    [
        ((0.97, 0.03), (0.97, 0.03), (0.5, 0.5), True),  # a bare face has no valve to doubt
        ((0.03, 0.97), (0.03, 0.97), (0.5, 0.5), False),
        ((0.03, 0.97), (0.03, 0.97), (0.04, 0.96), True),
        ((0.03, 0.97), (0.1, 0.9), (0.0, 1.0), False),
    ],
)
def test_every_head_that_answers_counts(
    types: tuple[float, ...], wear: tuple[float, ...], valve: tuple[float, ...], sure: bool
) -> None:
    said = {"mask_type": types, "wear": wear, "valve": valve}
    shares = {head: np.array(values, dtype=np.float32) for head, values in said.items()}
    assert is_beyond_doubt(Spoken().usage, shares) is sure
