from pathlib import Path

import numpy as np
import pytest

from pipeline.evaluation.judges import CropJudge, correctness_logits
from pipeline.scores.probabilities import softmax
from pipeline.training.labels import CORRECTNESS_HEAD, WEAR_HEAD
from tests.prediction.kit import CLASSES, tiny_classifier


def test_worn_wrongly_is_any_way_of_it() -> None:
    shares = np.array([[0.1, 0.3, 0.2, 0.25, 0.15], [0.0, 1.0, 0.0, 0.0, 0.0]], dtype=np.float32)
    logits = correctness_logits(np.log(np.maximum(shares, 1e-30)) * np.float32(2.0), 2.0)
    assert softmax(logits) == pytest.approx(np.array([[0.1, 0.3, 0.6], [0, 1, 0]]), abs=1e-5)
    assert np.isfinite(logits).all()


@pytest.mark.parametrize(
    ("classes", "asked", "added"),
    [
        ({"wear": WEAR_HEAD.classes}, True, True),
        ({"wear": WEAR_HEAD.classes}, False, False),
        (CLASSES, True, False),  # it tells other ways of wearing
        ({"wear": WEAR_HEAD.classes, "wear_correctness": CORRECTNESS_HEAD.classes}, True, False),
        ({"mask_type": CLASSES["mask_type"]}, True, False),
    ],
)
def test_correctness_is_added_to_who_tells_the_ways(
    classes: dict[str, tuple[str, ...]], asked: bool, added: bool
) -> None:
    judge = CropJudge(tiny_classifier(classes), 4, both_ways=False, incorrect=asked)
    names = [head.name for head in judge.heads]
    assert names == [*classes, *(["wear_correctness"] if added else [])]
    assert set(judge.logits((), Path())) == set(names)
