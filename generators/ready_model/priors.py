"""How often a class is met, told to a model that saw it more often in training than it will be."""

import math

import torch

from pipeline.core.params import TrainParams
from pipeline.training.labels import HeadName
from pipeline.training.models import MaskClassifier

OTHER_EXPECTED = 0.05
"""Of the faces that are met, one in twenty has something before its mouth that is no mask: an assumption."""

_HEAD: HeadName = "mask_type"
_CLASS = "other"


def trained_share(params: TrainParams, classes: int) -> float:
    """How much of what training shows is covered, of classes that the sampler makes equally many but for the covered.

    Bare faces and each type of mask are as many as each other; the covered ones come on top of the bare.

    >>> round(trained_share(TrainParams(augmentation={"random_covering": 0.4}), 5), 3)
    0.143
    """
    covered = params.augmentation.random_covering
    beside = covered / (1 - covered)
    return beside / (classes - 1 + beside)


def prior_shift(trained: float, expected: float) -> float:
    """What is added to a class's logit when its share falls from `trained` to `expected`, the others' in proportion.

    Saerens, Latinne & Decaestecker, 2002, doi 10.1162/089976602753284446.

    >>> round(prior_shift(0.143, 0.05), 2), prior_shift(0.2, 0.2)
    (-1.15, 0.0)
    """
    return math.log(expected / (1 - expected)) - math.log(trained / (1 - trained))


def expect_fewer_covered(model: MaskClassifier, params: TrainParams) -> float:
    """Move the bias of `other`, in place, so that its probability is of faces as they are met; the shift comes back."""
    classes = {head.name: head.classes for head in model.spec.heads}[_HEAD]
    shift = prior_shift(trained_share(params, len(classes)), OTHER_EXPECTED)
    with torch.no_grad():
        model.heads[_HEAD].get_parameter("bias")[classes.index(_CLASS)] += shift
    return shift
