from pathlib import Path

import pytest
from click.testing import CliRunner

from pipeline.core.errors import MaskwrightError
from pipeline.core.params import TrainParams
from pipeline.core.records import Assignment
from pipeline.storage.manifests import read_manifest
from pipeline.training.lr_finding import RatePoint, losses_by_rate, suggested_rate
from pipeline.training.run import TrainingSides, training_sides
from stages.tools.find_lr import command

PARAMS = TrainParams(image_px=32, batch_size=16, workers=0, backbone_lr_scale=0.5)


@pytest.fixture
def sides(project: Path) -> TrainingSides:
    rows = read_manifest(project / "data/split/split.parquet", Assignment)
    return training_sides(rows, project, PARAMS, seed=7)


def points(*losses: float) -> list[RatePoint]:
    return [RatePoint(10.0 ** (k - len(losses)), loss) for k, loss in enumerate(losses)]


def test_the_rate_of_the_steepest_fall_is_suggested() -> None:
    assert suggested_rate(points(3, 3, 2.9, 2.0, 1.0, 0.9, 4)) == pytest.approx(1e-4)


def test_the_first_steps_suggest_nothing() -> None:
    assert suggested_rate(points(9, 1, *[1 - 0.01 * k for k in range(8)], 0.5, 0.2, *[0.2] * 8)) > 1e-12


@pytest.mark.parametrize("losses", [(1.0,), (1.0, 1.0, 1.0), (1.0, 2.0, 3.0)])
def test_where_nothing_falls_nothing_is_suggested(losses: tuple[float, ...]) -> None:
    with pytest.raises(MaskwrightError, match="falls at none"):
        suggested_rate(points(*losses))


def test_rates_grow_from_the_lowest_to_the_highest_and_are_the_same_again(sides: TrainingSides) -> None:
    first, again = (losses_by_rate(sides, PARAMS, seed=7, lowest=1e-5, highest=1e-2, steps=12) for _ in range(2))
    assert first == again
    assert first[0].lr == pytest.approx(1e-5)
    assert first[-1].lr == pytest.approx(1e-2)
    assert len(first) == 12


def test_a_loss_that_runs_away_ends_the_search(sides: TrainingSides) -> None:
    params = PARAMS.model_copy(update={"optimizer": "sgd"})
    assert len(losses_by_rate(sides, params, seed=7, lowest=1e-3, highest=1e6, steps=40)) < 40


def test_a_loss_that_is_no_number_is_no_point(sides: TrainingSides, monkeypatch: pytest.MonkeyPatch) -> None:
    """It made the slope before it the steepest: the rate at which the model broke was the one to take."""
    told = iter([3.0, 3.0, 2.9, 2.0, 1.0, 0.9, float("nan")])
    monkeypatch.setattr(
        "pipeline.training.lr_finding.multi_head_loss",
        lambda logits, *_: logits["mask_type"].sum() * 0 + next(told),
    )
    found = losses_by_rate(sides, PARAMS, seed=7, lowest=1e-5, highest=1e-2, steps=12)
    assert len(found) == 6
    assert suggested_rate(found) < found[-1].lr


def test_rates_out_of_order_are_refused(sides: TrainingSides) -> None:
    with pytest.raises(MaskwrightError, match="below the highest"):
        losses_by_rate(sides, PARAMS, seed=7, lowest=1, highest=0.1, steps=10)


def test_the_command_ends_with_a_rate_and_writes_nothing(project: Path) -> None:
    (project / "params.yaml").write_text("train: {image_px: 32, batch_size: 16, workers: 0}\n")
    before = sorted(project.rglob("*"))
    told = CliRunner().invoke(command, ["--steps", "20", "--highest", "0.05"])
    assert told.exit_code == 0, told.output
    assert "the loss falls steepest at" in told.output.splitlines()[-1]
    assert [path for path in sorted(project.rglob("*")) if path.is_file() and path not in before] == []
