"""From which probability on an answer counts, fitted where the truth is known."""

import numpy as np
from numpy.typing import NDArray


def unsure_below(probabilities: NDArray[np.float32], labels: NDArray[np.int64], wanted: float) -> float:
    """The lowest probability such that of the answers at least as sure the share `wanted` is right.

    `probabilities` are `(N, classes)`, `labels` `(N,)`. An answer is the most probable class. 1 where even the surest
    are not right so often, 0 where all together are.

    >>> unsure_below(np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]]), np.array([0, 1, 1]), 1.0)
    0.8
    """
    sure, right = probabilities.max(1), probabilities.argmax(1) == labels
    order = np.argsort(-sure, kind="stable")
    accuracy = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    reached = np.flatnonzero(accuracy >= wanted)
    if not len(reached):
        return 1.0
    return 0.0 if reached[-1] == len(order) - 1 else float(sure[order[reached[-1]]])


def coverage_table(
    probabilities: NDArray[np.float32], labels: NDArray[np.int64], shares: tuple[float, ...]
) -> list[tuple[float, float]]:
    """The accuracy of the surest answers, for each share of them that is given: coverage, accuracy."""
    sure, right = probabilities.max(1), probabilities.argmax(1) == labels
    order = np.argsort(-sure, kind="stable")
    return [(share, float(right[order[: max(1, round(share * len(order)))]].mean())) for share in shares]
