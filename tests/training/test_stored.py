"""Files given as a model by strangers: one sentence, no code run, no memory asked for."""

from pathlib import Path

import pytest
import torch
from click.testing import CliRunner

from benchmarks.fuzz.attacks import Attack
from benchmarks.fuzz.attacks.models import SPEC, attacks, sound, stored
from pipeline.core.errors import MaskwrightError
from pipeline.training.backbones import load_initial_weights
from pipeline.training.checkpoint import CheckpointFile, load_model
from pipeline.training.models import build_model
from pipeline.training.predicting import load_trained
from stages.cli import main

LEFT_TO_PREDICT = {"faces missing", "facts of no faces"}
"""A model may be measured without these."""


@pytest.mark.parametrize("attack", attacks(), ids=lambda attack: attack.name)
def test_what_is_no_sound_model_is_a_sentence_with_its_name(tmp_path: Path, attack: Attack) -> None:
    path = tmp_path / "model.pt"
    path.write_bytes(attack.make())
    with pytest.raises(MaskwrightError, match=r"^\S*model\.pt: [^\n]+$"):
        load_trained(path)
    if attack.name not in LEFT_TO_PREDICT:
        with pytest.raises(MaskwrightError):
            load_model(path, torch.device("cpu"))


def test_the_sound_model_is_taken(tmp_path: Path) -> None:
    (tmp_path / "model.pt").write_bytes(stored(sound()))
    load_trained(tmp_path / "model.pt")


@pytest.mark.parametrize("command", ["predict", "export-model"])
@pytest.mark.parametrize("name", ["text", "NaN weight", "model with code", "ONNX file with data outside"])
def test_a_command_ends_with_one_line_and_code_1(tmp_path: Path, command: str, name: str) -> None:
    attack = next(attack for attack in attacks() if attack.name == name)
    model = tmp_path / "model.onnx"
    model.write_bytes(attack.make())
    options = [str(tmp_path)] if command == "predict" else ["--out", str(tmp_path / "out.onnx")]
    result = CliRunner().invoke(main, [command, "--model", str(model), *options])
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    assert result.output.startswith("Error: ")
    assert result.output.count("\n") == 1


@pytest.mark.parametrize("name", ["NaN weight", "text", "weight in words", "weights that are a list", "tensor"])
def test_weights_to_start_from_are_checked_as_well(tmp_path: Path, name: str) -> None:
    path = tmp_path / "start.pt"
    path.write_bytes(next(attack for attack in attacks() if attack.name == name).make())
    with pytest.raises(MaskwrightError, match=r"start\.pt"):
        load_initial_weights(build_model(SPEC).backbone, "masknet", str(path))


def test_a_checkpoint_of_text_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "last.pt").write_text("not a checkpoint")
    with pytest.raises(MaskwrightError, match=r"last\.pt: holds no model or checkpoint"):
        CheckpointFile(tmp_path / "last.pt", "fingerprint").load()
