import numpy as np
import pytest

from pipeline.core.shares import wilson_interval
from pipeline.scores.calibration import expected_calibration_error, fit_temperature, reliability
from pipeline.scores.intervals import bootstrap_intervals
from pipeline.scores.probabilities import softmax


def overconfident(count: int = 4000, factor: float = 3.0) -> tuple[np.ndarray, np.ndarray]:
    """Logits that are `factor` times what the labels were drawn from."""
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 1.5, (count, 4)).astype(np.float32)
    labels = np.array([rng.choice(4, p=row / row.sum()) for row in softmax(logits).astype(float)])
    return logits * factor, labels


def test_the_temperature_undoes_overconfidence() -> None:
    logits, labels = overconfident()
    temperature = fit_temperature(logits, labels)
    assert temperature == pytest.approx(3.0, rel=0.1)
    before = expected_calibration_error(labels, softmax(logits))
    after = expected_calibration_error(labels, softmax(logits, temperature))
    assert before > 0.15
    assert after < 0.03


def test_without_samples_the_temperature_is_one() -> None:
    assert fit_temperature(np.zeros((0, 4), dtype=np.float32), np.zeros(0, dtype=np.int64)) == 1.0


def test_a_sure_and_right_model_has_no_calibration_error() -> None:
    probabilities = np.eye(3, dtype=np.float32)[[0, 1, 2]]
    assert expected_calibration_error(np.array([0, 1, 2]), probabilities) == 0
    assert expected_calibration_error(np.array([1, 2, 0]), probabilities) == 1


def test_reliability_bins_hold_every_sample_once() -> None:
    logits, labels = overconfident(500)
    found = reliability(labels, softmax(logits))
    assert sum(b.count for b in found) == 500
    assert all(b.low - 1e-6 <= b.confidence <= b.high + 1e-6 for b in found)


def intervals(groups: list[str], labels: np.ndarray, predicted: np.ndarray, seed: int = 0) -> tuple[float, float]:
    rng = np.random.default_rng(seed)
    return bootstrap_intervals(labels, predicted, groups, 2, samples=1000, rng=rng)["accuracy"]


def test_the_interval_is_that_of_a_share() -> None:
    labels = np.zeros(400, dtype=np.int64)
    predicted = np.array([0] * 320 + [1] * 80)
    low, high = intervals([str(k) for k in range(400)], labels, predicted)
    assert (low, high) == pytest.approx(wilson_interval(320, 400), abs=0.01)


def test_samples_of_one_group_say_less() -> None:
    labels = np.zeros(400, dtype=np.int64)
    predicted = np.repeat(np.random.default_rng(1).integers(0, 2, 20), 20)
    low, high = intervals([str(k) for k in range(400)], labels, predicted)
    grouped_low, grouped_high = intervals([str(k // 20) for k in range(400)], labels, predicted)
    assert grouped_high - grouped_low > 3 * (high - low)


def test_intervals_are_the_same_every_time() -> None:
    labels = np.array([0, 1] * 30)
    predicted = np.array([0, 1, 1] * 20)
    groups = [str(k) for k in range(60)]
    assert intervals(groups, labels, predicted, 4) == intervals(groups, labels, predicted, 4)
