"""Whether a model's confidence can be believed, and the one number that mends most of it."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar

from pipeline.scores.classification import Labels
from pipeline.scores.probabilities import Logits, Probabilities, softmax

BINS = 10
_TEMPERATURE_RANGE = (0.05, 20.0)


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """The predictions whose confidence lies in one range: how sure they are on average, and how often right."""

    low: float
    high: float
    count: int
    confidence: float
    accuracy: float


def reliability(labels: Labels, probabilities: Probabilities, bins: int = BINS) -> list[ReliabilityBin]:
    """The bins of equal width that hold predictions, the least confident first."""
    confidence, right = probabilities.max(1), probabilities.argmax(1) == labels
    places = np.minimum((confidence * bins).astype(int), bins - 1)
    return [
        ReliabilityBin(
            place / bins,
            (place + 1) / bins,
            int((places == place).sum()),
            float(confidence[places == place].mean()),
            float(right[places == place].mean()),
        )
        for place in np.unique(places)
    ]


def expected_calibration_error(labels: Labels, probabilities: Probabilities, bins: int = BINS) -> float:
    """The mean distance of confidence from accuracy over the bins, weighted by count (Guo et al., arXiv:1706.04599)."""
    found = reliability(labels, probabilities, bins)
    return sum(b.count * abs(b.confidence - b.accuracy) for b in found) / len(labels)


def fit_temperature(logits: Logits, labels: Labels) -> float:
    """The temperature with the least negative log-likelihood (Guo et al., arXiv:1706.04599); 1 without samples."""
    if len(labels) == 0:
        return 1.0

    def loss(log_temperature: float) -> float:
        chosen = softmax(logits, float(np.exp(log_temperature)))[np.arange(len(labels)), labels]
        return float(-np.log(np.maximum(chosen, 1e-12)).mean())

    low, high = np.log(_TEMPERATURE_RANGE)
    best = minimize_scalar(loss, bounds=(low, high), method="bounded")
    return round(float(np.exp(best.x)), 4)
