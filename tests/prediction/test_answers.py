import numpy as np
import pytest

from pipeline.prediction.answers import answers_of, shares_of
from pipeline.prediction.usage import parse_usage
from tests.prediction.kit import usage_document

CLASSES = {"mask_type": ("none", "cloth", "ffp2", "other"), "valve": ("no", "yes")}


def shares(mask_type: tuple[float, ...], valve: tuple[float, float] = (0.3, 0.7)) -> dict[str, np.ndarray]:
    return {"mask_type": np.array(mask_type, dtype=np.float32), "valve": np.array(valve, dtype=np.float32)}


def test_the_best_class_answers_and_all_are_told() -> None:
    found = answers_of(parse_usage(usage_document(CLASSES), "x"), shares((0.1, 0.2, 0.7, 0.0)))
    assert (found["mask_type"].label, found["valve"].label) == ("ffp2", "yes")
    assert found["mask_type"].probability == pytest.approx(0.7)
    assert found["mask_type"].probabilities["cloth"] == pytest.approx(0.2)
    assert not found["mask_type"].unsure


@pytest.mark.parametrize(("best", "unsure"), [(0.61, True), (0.63, False)])
def test_below_its_threshold_a_head_is_unsure_and_keeps_its_best_guess(best: float, unsure: bool) -> None:
    usage = parse_usage(usage_document(CLASSES, unsure_below={"mask_type": 0.62}), "x")
    found = answers_of(usage, shares((1 - best, best, 0, 0), (0.5, 0.5)))
    assert (found["mask_type"].label, found["mask_type"].unsure) == ("cloth", unsure)
    assert not found["valve"].unsure


@pytest.mark.parametrize(("place", "answers"), [(0, False), (1, True), (2, True), (3, False)])
def test_a_valve_is_told_of_masks_alone(place: int, answers: bool) -> None:
    found = answers_of(parse_usage(usage_document(CLASSES), "x"), shares(tuple(np.eye(4)[place])))
    assert ("valve" in found) == answers


def test_temperatures_make_probabilities_less_sure_and_they_sum_to_one() -> None:
    logits = {
        "mask_type": np.array([[3.0, 1.0, 0.0, -1.0]] * 2, dtype=np.float32),
        "valve": np.zeros((2, 2), np.float32),
    }
    plain, soft = (
        shares_of(parse_usage(usage_document(CLASSES, temperatures={"mask_type": t}), "x"), logits)[1]["mask_type"]
        for t in (1.0, 4.0)
    )
    assert plain.sum() == pytest.approx(1)
    assert plain[0] > soft[0] > soft[1]
