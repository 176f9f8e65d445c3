import csv
import json
from pathlib import Path

import pytest
from click.core import Command
from click.testing import CliRunner, Result

from stages.evaluate import command as evaluate
from stages.train import command as train

PARAMS = "train: {image_px: 32, workers: 0, epochs: 4, batch_size: 16, lr: 0.003}\n"


def run(command: Command, params: str = PARAMS) -> Result:
    Path("params.yaml").write_text(params)
    return CliRunner().invoke(command, [])


def test_train_then_evaluate_tells_the_classes_apart(project: Path) -> None:
    trained = run(train)
    assert trained.exit_code == 0, trained.output
    evaluated = run(evaluate)
    assert evaluated.exit_code == 0, evaluated.output
    metrics = json.loads((project / "reports/metrics.json").read_text())["test_synthetic"]["mask_type"]
    assert metrics["count"] == 20
    assert metrics["accuracy"] >= 0.9
    rows = list(
        csv.DictReader((project / "reports/plots/test_synthetic/mask_type/confusion.csv").read_text().splitlines())
    )
    assert sum(row["actual"] == row["predicted"] for row in rows) == round(metrics["accuracy"] * 20)
    assert json.loads((project / "reports/train/metrics.json").read_text())["step"] == 3


@pytest.mark.slow
def test_training_twice_gives_the_same_model(project: Path) -> None:
    few = PARAMS.replace("epochs: 4", "epochs: 2")
    run(train, few)
    first = (project / "models/model.pt").read_bytes()
    assert not (project / ".cache/train/last.pt").exists()
    run(train, few)
    assert (project / "models/model.pt").read_bytes() == first


def test_evaluate_without_a_model_says_so(project: Path) -> None:
    result = run(evaluate)
    assert result.exit_code == 1
    assert "models/model.pt does not exist; run `maskwright train` first" in result.output


@pytest.mark.parametrize(("params", "message"), [("train: {lr: -1}", "train.lr"), ("train: {modle: x}", "train.modle")])
def test_wrong_parameters_are_named(project: Path, params: str, message: str) -> None:
    result = run(train, params)
    assert result.exit_code == 1
    assert message in result.output
