import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sklearn_metrics

from pipeline.core.errors import MaskwrightError
from pipeline.scores.classification import confusion_matrix, roc_auc, score

CLASSES = ("none", "cloth", "surgical", "ffp2")


def random_case(seed: int, count: int = 60) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 4, count)
    probabilities = rng.dirichlet(np.ones(4), count).astype(np.float32)
    probabilities[np.arange(count), labels] += 0.3
    return labels, probabilities / probabilities.sum(1, keepdims=True)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 1000))
def test_scores_agree_with_scikit_learn(seed: int) -> None:
    labels, probabilities = random_case(seed)
    predicted = probabilities.argmax(1)
    found = score(labels, probabilities, CLASSES)
    assert found.accuracy == pytest.approx(sklearn_metrics.accuracy_score(labels, predicted))
    assert found.balanced_accuracy == pytest.approx(sklearn_metrics.balanced_accuracy_score(labels, predicted))
    assert found.macro_f1 == pytest.approx(sklearn_metrics.f1_score(labels, predicted, average="macro"))
    expected = sklearn_metrics.roc_auc_score(labels, probabilities, multi_class="ovr", labels=range(4))
    assert found.roc_auc == pytest.approx(expected, abs=1e-6)
    assert np.array_equal(found.confusion, sklearn_metrics.confusion_matrix(labels, predicted))


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
    assert confusion_matrix(np.array([1, 1, 0]), np.array([0, 1, 0]), 2).tolist() == [[1, 0], [1, 1]]
