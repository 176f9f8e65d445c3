from typing import Literal

import pytest
import torch
from torch import nn

from pipeline.core.params import TrainParams
from pipeline.training.labels import heads_of
from pipeline.training.models import ModelSpec, build_model
from pipeline.training.optimization import WeightAverage, lr_share, make_optimizer, make_schedule, refresh

SPEC = ModelSpec("masknet", heads_of("mask_type"), 32, (0.5,) * 3, (0.2,) * 3, 0.0)


def test_weights_decay_biases_and_normalisation_do_not() -> None:
    model = build_model(SPEC)
    optimizer = make_optimizer(model, TrainParams(backbone_lr_scale=0.1, lr=0.01))
    rates = {id(p): (g["lr"], g["weight_decay"]) for g in optimizer.param_groups for p in g["params"]}
    assert rates[id(model.heads["mask_type"].weight)] == (0.01, 0.05)
    assert rates[id(model.heads["mask_type"].bias)] == (0.01, 0.0)
    assert rates[id(model.get_parameter("backbone.stem.0.weight"))] == (pytest.approx(0.001), 0.05)
    assert rates[id(model.get_parameter("backbone.stem.1.weight"))] == (pytest.approx(0.001), 0.0)
    assert len(rates) == sum(1 for _ in model.parameters())


@pytest.mark.parametrize("schedule", ["cosine", "one_cycle", "constant"])
def test_schedules_rise_to_the_full_rate_and_end_low_unless_constant(
    schedule: Literal["cosine", "one_cycle", "constant"],
) -> None:
    params = TrainParams(schedule=schedule, epochs=5, warmup_epochs=1, lr=0.1, optimizer="sgd")
    optimizer = make_optimizer(build_model(SPEC), params)
    steps = make_schedule(optimizer, params, 10)
    rates = []
    for _ in range(50):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        steps.step()
    assert rates[0] < 0.02
    assert max(rates) == pytest.approx(0.1, rel=0.02)
    assert rates[-1] == pytest.approx(0.1 if schedule == "constant" else 0, abs=0.001)


def test_a_plateau_lowers_the_rate_after_its_epochs_and_the_rate_is_that_of_the_history_again() -> None:
    params = TrainParams(schedule="plateau", plateau_epochs=1, plateau_factor=0.5, warmup_epochs=0, lr=0.1)
    optimizer, scores = make_optimizer(build_model(SPEC), params), [0.5]
    schedule = make_schedule(optimizer, params, 4, lambda: scores)
    for _ in range(4):
        optimizer.step()
        schedule.step()
    assert optimizer.param_groups[0]["lr"] == pytest.approx(0.1)
    scores.append(0.4)
    refresh(schedule)
    assert optimizer.param_groups[0]["lr"] == pytest.approx(0.05)
    scores.append(0.7)
    refresh(schedule)
    assert optimizer.param_groups[0]["lr"] == pytest.approx(0.05)


def test_lr_share_never_reaches_zero() -> None:
    assert lr_share(100, 100, 0, decay=True) > 0


def test_the_average_moves_towards_the_model_and_counts_follow_it() -> None:
    linear, norm = nn.Linear(2, 2), nn.BatchNorm1d(2)
    model = nn.Sequential(linear, norm)
    average = WeightAverage(model, 0.9)
    with torch.no_grad():
        linear.weight.fill_(1.0)
        average.weights["0.weight"].zero_()
        assert norm.num_batches_tracked is not None
        norm.num_batches_tracked.fill_(7)
    average.update(model)
    assert average.weights["0.weight"][0, 0] == pytest.approx(1 - 2 / 11)
    assert average.weights["1.num_batches_tracked"] == 7


def test_an_average_without_decay_is_the_model() -> None:
    model = nn.Linear(2, 2)
    average = WeightAverage(model, 0)
    with torch.no_grad():
        model.weight.fill_(3.0)
    average.update(model)
    assert (average.weights["weight"] == 3).all()
