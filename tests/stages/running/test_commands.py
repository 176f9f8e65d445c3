from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from pipeline.core.errors import ManifestError
from pipeline.core.params import Params
from pipeline.core.records import Rejection
from stages.running.commands import log_counts, stage_command


def stage(fail: Exception | None = None) -> click.Command:
    @stage_command
    @click.argument("name", default="")
    def command(params: Params, name: str) -> None:
        """A stage."""
        if fail:
            raise fail
        click.echo(f"seed {params.seed} {name}")

    return command


def params_file(tmp_path: Path, text: str) -> str:
    path = tmp_path / "params.yaml"
    path.write_text(text)
    return str(path)


def test_hands_over_params_and_arguments(tmp_path: Path) -> None:
    result = CliRunner().invoke(stage(), ["--params", params_file(tmp_path, "seed: 7"), "x"])
    assert (result.exit_code, result.output) == (0, "seed 7 x\n")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sede: 7", "sede: unknown key (value 7)"),
        ("seed: -1", "seed: -1: "),
        ("seed: [", "cannot be read"),
        ("split: {train: much}", "split.train: 'much'"),
        ("train: {augmentation: {scale_range: [1.2, 0.9]}}", "train.augmentation.scale_range: [1.2, 0.9]: "),
    ],
)
def test_a_bad_parameter_is_one_message_and_exit_code_1(tmp_path: Path, text: str, message: str) -> None:
    result = CliRunner().invoke(stage(), ["--params", params_file(tmp_path, text)])
    assert result.exit_code == 1
    assert message in result.stderr
    assert "Traceback" not in result.stderr


def test_an_error_meant_for_the_user_has_no_traceback(tmp_path: Path) -> None:
    result = CliRunner().invoke(stage(ManifestError("gone")), ["--params", params_file(tmp_path, "")])
    assert (result.exit_code, result.stderr) == (1, "Error: gone\n")


def test_a_missing_extra_is_named(tmp_path: Path) -> None:
    missing = ModuleNotFoundError("No module named 'torch'", name="torch")
    result = CliRunner().invoke(stage(missing), ["--params", params_file(tmp_path, "")])
    assert result.exit_code == 1
    assert "pip install 'maskwright[train]'" in result.stderr


def test_a_programming_error_is_not_hidden(tmp_path: Path) -> None:
    result = CliRunner().invoke(stage(KeyError("oops")), ["--params", params_file(tmp_path, "")])
    assert isinstance(result.exception, KeyError)


def test_counts_name_each_reason(capsys: pytest.CaptureFixture[str]) -> None:
    def rejection(reason: str) -> Rejection:
        return Rejection(id="a", stage="faces", reason=reason, detail="", origin="")

    log_counts("faces", 5, 2, [rejection("no_face"), rejection("too_small"), rejection("no_face")])
    assert capsys.readouterr().out == "faces: 5 images in, 2 kept, 3 rejected (no_face 2, too_small 1)\n"
