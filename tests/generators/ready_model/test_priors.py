import numpy as np
import pytest
import torch

from generators.ready_model.priors import OTHER_EXPECTED, expect_fewer_covered, prior_shift, trained_share
from pipeline.core.params import AugmentationParams, TrainParams
from pipeline.training.labels import heads_of
from pipeline.training.models import ModelSpec, build_model


def test_the_shift_is_what_bayes_makes_of_other_shares() -> None:
    likelihoods = np.array([0.2, 0.5])  # of what is seen, where the class is met and where it isn't
    for trained, expected in ((0.3, 0.05), (0.1, 0.4)):
        before = np.log(likelihoods * [trained, 1 - trained])
        after = np.log(likelihoods * [expected, 1 - expected])
        odds = before[0] - before[1] + prior_shift(trained, expected)
        assert odds == pytest.approx(after[0] - after[1])


def test_the_trained_share_counts_what_the_sampler_shows() -> None:
    params = TrainParams(augmentation=AugmentationParams(random_covering=0.4))
    bare, covered, masked = 0.6, 0.4, 3 * 0.6  # bare and each type of mask come equally often
    assert trained_share(params, 5) == pytest.approx(covered / (bare + covered + masked))


def test_only_other_is_expected_less() -> None:
    model = build_model(ModelSpec("masknet", heads_of("all"), 32, (0.5, 0.5, 0.5), (0.2, 0.2, 0.2), 0.0)).eval()
    images = torch.rand(2, 3, 32, 32)
    params = TrainParams(augmentation=AugmentationParams(random_covering=0.4))
    with torch.inference_mode():
        before = model(images)
        shift = expect_fewer_covered(model, params)
        after = model(images)
    assert shift < 0 < OTHER_EXPECTED < trained_share(params, 5)
    assert torch.allclose(after["mask_type"] - before["mask_type"], torch.tensor([0, 0, 0, 0, shift]), atol=1e-5)
    assert all(torch.equal(after[head], before[head]) for head in ("wear", "valve"))
