"""From a classifier's logits to probabilities; numpy alone, so that the base install can answer."""

import numpy as np
from numpy.typing import NDArray

Logits = NDArray[np.float32]
Probabilities = NDArray[np.float32]


def softmax(logits: Logits, temperature: float = 1.0) -> Probabilities:
    """Probabilities `(N, classes)`; a temperature above 1 makes them less sure."""
    scaled = logits / temperature
    exponentials = np.exp(scaled - scaled.max(1, keepdims=True))
    return np.asarray(exponentials / exponentials.sum(1, keepdims=True), dtype=np.float32)


def log_of_mean(first: Logits, second: Logits) -> Logits:
    """Log probabilities `(N, classes)`: the mean of what two views of the same samples say."""
    return np.asarray(np.logaddexp(_log_softmax(first), _log_softmax(second)) - np.log(2), dtype=np.float32)


def _log_softmax(logits: Logits) -> Logits:
    above = logits - logits.max(1, keepdims=True)
    return np.asarray(above - np.log(np.exp(above).sum(1, keepdims=True)), dtype=np.float32)
