import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core.errors import MaskwrightError
from pipeline.scores.classification import roc_auc, score

CLASSES = ("none", "cloth", "surgical", "ffp2")


def random_case(seed: int, count: int = 60) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 4, count)
    probabilities = rng.dirichlet(np.ones(4), count).astype(np.float32)
    probabilities[np.arange(count), labels] += 0.3
    return labels, probabilities / probabilities.sum(1, keepdims=True)


def counted(labels: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """The confusion matrix, a sample at a time."""
    matrix = np.zeros((4, 4), dtype=int)
    for actual, called in zip(labels, predicted, strict=True):
        matrix[actual, called] += 1
    return matrix


def share_of_pairs_in_order(positive: np.ndarray, values: np.ndarray) -> float:
    """How often a positive sample's value is above a negative one's, ties counted half (Mann-Whitney)."""
    ahead = values[positive][:, None] - values[~positive]
    return float(((ahead > 0) + 0.5 * (ahead == 0)).mean())


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 1000), st.sampled_from([1, 7]))
def test_scores_are_what_they_are_defined_as(seed: int, digits: int) -> None:
    labels, probabilities = random_case(seed)
    probabilities = probabilities.round(digits)  # one digit: many ties
    found = score(labels, probabilities, CLASSES)
    matrix = counted(labels, probabilities.argmax(1))
    assert np.array_equal(found.confusion, matrix)
    assert found.accuracy == pytest.approx(np.trace(matrix) / 60)
    recall = [matrix[k, k] / matrix[k].sum() for k in range(4)]
    precision = [matrix[k, k] / max(1, matrix[:, k].sum()) for k in range(4)]
    f1 = [2 * matrix[k, k] / (matrix[k].sum() + matrix[:, k].sum()) for k in range(4)]
    for name, values in zip(CLASSES, zip(precision, recall, f1, matrix.sum(1), strict=True), strict=True):
        row = found.per_class[name]
        assert (row.precision, row.recall, row.f1, row.support) == pytest.approx(values)
    assert (found.balanced_accuracy, found.macro_f1) == pytest.approx((np.mean(recall), np.mean(f1)))
    areas = [share_of_pairs_in_order(labels == k, probabilities[:, k]) for k in range(4)]
    assert found.roc_auc == pytest.approx(np.mean(areas))


def test_auc_counts_ties_half() -> None:
    labels = np.array([0, 0, 1, 1])
    probabilities = np.array([[0.5, 0.5]] * 4, dtype=np.float32)
    assert roc_auc(labels, probabilities) == 0.5


def test_classes_without_samples_do_not_count() -> None:
    labels, probabilities = np.array([0, 1]), np.eye(4, dtype=np.float32)[[0, 1]]
    found = score(labels, probabilities, CLASSES)
    assert (found.balanced_accuracy, found.macro_f1) == (1.0, 1.0)
    assert found.per_class["ffp2"].support == 0


def test_one_class_alone_has_no_auc() -> None:
    assert score(np.array([2, 2]), np.eye(4, dtype=np.float32)[[2, 1]], CLASSES).roc_auc is None


def test_nothing_to_score_is_an_error() -> None:
    with pytest.raises(MaskwrightError, match="nothing to score"):
        score(np.array([], dtype=np.int64), np.zeros((0, 4), dtype=np.float32), CLASSES)


def test_confusion_rows_are_the_truth() -> None:
    found = score(np.array([1, 1, 0]), np.eye(2, dtype=np.float32)[[0, 1, 0]], ("no", "yes"))
    assert found.confusion == ((1, 0), (1, 1))
