import pytest
import yaml
from click.testing import CliRunner

from pipeline.core.params import parse_params
from stages.tools.preset import command, preset_names


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_is_valid_and_printed_whole(name: str) -> None:
    result = CliRunner().invoke(command, [name])
    assert result.exit_code == 0, result.output
    options = dict(item.split("=", 1) for item in result.output.replace("-S ", "").split())
    written = yaml.safe_load(CliRunner().invoke(command, [name, "--yaml"]).output)["train"]
    train = parse_params({"train": written}, name).train
    assert {key: yaml.safe_load(value) for key, value in options.items()} == {
        f"train.{key}": value for key, value in written.items()
    }
    assert train.epochs == written["epochs"]


def test_an_unknown_preset_lists_the_known_ones() -> None:
    result = CliRunner().invoke(command, ["tpu"])
    assert result.exit_code == 2
    assert "'cpu', 'finetune', 'gpu'" in result.output
