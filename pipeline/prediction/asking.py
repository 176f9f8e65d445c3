"""What a classifier says of faces, and of their mirror images where the faces alone leave doubt."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.core.arrays import Rgb
from pipeline.prediction.answers import Shares, answering_heads, shares_of
from pipeline.prediction.classifier import Classifier
from pipeline.prediction.usage import ModelUsage
from pipeline.scores.probabilities import log_of_mean

BEYOND_DOUBT = 0.95
"""A face whose every answer is so probable is not asked again: on 1,163 real crops that is 56 %, and asking them all
changes no answer."""

FaceShares = dict[str, NDArray[np.float32]]


def ask(classifier: Classifier, crops: Sequence[Rgb], *, both_ways: bool) -> list[FaceShares]:
    """The probability of each class by head, for each of the crops `uint8 (image_px, image_px, 3)`.

    `both_ways` takes faces that are not beyond doubt with their mirror image: the mean of what is said of both. A face
    and its mirror image wear the same mask, and a model is right a little more often with both.
    """
    logits = classifier(np.stack(crops))
    shares = shares_of(classifier.usage, logits)
    doubtful = [face for face, said in enumerate(shares) if both_ways and not is_beyond_doubt(classifier.usage, said)]
    if doubtful:
        mirrored = classifier(np.stack([crops[face][:, ::-1] for face in doubtful]))
        both = {head: log_of_mean(said[doubtful], mirrored[head]) for head, said in logits.items()}
        for face, said in zip(doubtful, shares_of(classifier.usage, both), strict=True):
            shares[face] = said
    return shares


def is_beyond_doubt(usage: ModelUsage, said: Shares) -> bool:
    """Whether the best class of every head that answers has a probability of `BEYOND_DOUBT`."""
    return all(float(said[head].max()) >= BEYOND_DOUBT for head in answering_heads(usage, said))
