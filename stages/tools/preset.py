"""`maskwright preset`: training parameters for a kind of machine, as options of `dvc exp run`."""

from importlib.resources import files
from typing import Any

import click

from stages.running.commands import with_messages
from stages.running.screen import hand_over
from stages.running.utf8 import Utf8Command

_FOLDER = files("pipeline.training").joinpath("presets")


def preset_names() -> list[str]:
    """The presets that there are."""
    return sorted(entry.name.removesuffix(".yaml") for entry in _FOLDER.iterdir() if entry.name.endswith(".yaml"))


@click.command("preset", cls=Utf8Command)
@click.argument("name", type=click.Choice(preset_names()))
@click.option("--yaml", "as_yaml", is_flag=True, help="Print the preset as it stands, with its comments.")
def command(name: str, as_yaml: bool) -> None:
    """Print a preset as `-S` options: dvc exp run $(maskwright preset gpu)."""
    text = _FOLDER.joinpath(f"{name}.yaml").read_text(encoding="utf-8")
    with_messages(lambda: hand_over(text if as_yaml else f"{' '.join(_options(text, name))}\n"))


def _options(text: str, name: str) -> list[str]:
    from pipeline.core.params import parse_params
    from pipeline.core.yaml_files import parse_yaml

    preset: dict[str, dict[str, Any]] = parse_yaml(text.encode(), f"preset {name}")
    parse_params(preset, f"preset {name}")
    pairs = [(f"{section}.{key}", value) for section, keys in preset.items() for key, value in keys.items()]
    return [f"-S {key}={str(value).lower() if isinstance(value, bool) else value}" for key, value in pairs]


if __name__ == "__main__":
    command()
