import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import yaml
from click.testing import CliRunner

from stages import cli
from stages.augment_masks import command as augment_masks
from stages.running.numbers import NumberRange
from stages.tools.templates import command as templates

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.parametrize("name", [*cli.STAGES, *cli.TOOLS])
def test_every_name_is_a_command_with_help(name: str) -> None:
    result = CliRunner().invoke(cli.main, [name, "--help"])
    assert result.exit_code == 0, result.output
    assert result.output.startswith(f"Usage: main {name}")


def test_the_stages_are_those_of_dvc_yaml() -> None:
    assert [name.replace("-", "_") for name in cli.STAGES] == list(
        yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]
    )


def test_help_imports_no_stage() -> None:
    code = (
        "import sys, stages.cli as c\n"
        "try: c.main(['--help'])\n"
        "except SystemExit: pass\n"
        "print([m for m in sys.modules if m[7:] in c.STAGES], 'torch' in sys.modules, 'numpy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "evaluate" in done.stdout
    assert done.stdout.endswith("[] False False\n")


@pytest.mark.parametrize("module", ["stages.cli", "stages.augment_masks", "stages.faces"])
def test_help_waits_for_nothing_that_a_run_needs(module: str) -> None:
    """Half of the time of `--help` went into a lock, the versions of libraries and what they import."""
    code = (
        "import sys, runpy; sys.argv = ['x', '--help']\n"
        f"try: runpy.run_module('{module}', run_name='__main__')\n"
        "except SystemExit: pass\n"
        "late = ('filelock', 'importlib.metadata', 'numpy', 'pydantic', 'yaml', 'rich')\n"
        "print([m for m in late if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.endswith("\n[]\n")


MISSING: dict[str, list[str]] = {
    "curation-report": [],
    "train": [],
    "evaluate": ["--model", "nowhere.pt", "--external", "a=."],
    "find-lr": [],
    "cross-validate": [],
    "predict": ["photo.jpg", "--model", "nowhere.pt"],
    "export-model": ["--model", "nowhere.pt"],
    "review-labels": [],
    "calibrate-dedup": [],
    "audit-leaks": ["nowhere", "nowhere"],
    "browse": ["nowhere"],
    "replay": ["nowhere", "-o", "again.png"],
    "preset": ["none"],
    "export": ["nowhere"],
    "init": ["."],
    "sources": ["check", "nowhere"],
    "status": ["--params", "nowhere.yaml"],
    "takedown": [],
}
"""A use that can't be of each tool, and of each stage that needs PyTorch or scikit-learn."""


def test_what_is_missing_is_told_before_anything_slow_is_loaded(tmp_path: Path) -> None:
    """PyTorch and scikit-learn took up to ten seconds before a word about a path that is no file."""
    (tmp_path / "params.yaml").touch()
    (tmp_path / "photo.jpg").touch()
    code = (
        "import sys; from click.testing import CliRunner; from stages.cli import main\n"
        f"for words in {[[name, *rest] for name, rest in MISSING.items()] + [['evaluate']]!r}:\n"
        "    done = CliRunner().invoke(main, words)\n"
        "    told = done.exit_code in (1, 2) and isinstance(done.exception, SystemExit) and 'Error: ' in done.output\n"
        "    slow = {'torch', 'sklearn'} & sys.modules.keys()\n"
        "    if slow or not told: sys.exit(f'{words}: {slow} {done.output} {done.exception!r}')\n"
    )
    assert MISSING.keys() >= cli.TOOLS.keys()
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def _options(command: click.Command, *names: str) -> Iterator[tuple[str, click.Parameter]]:
    for parameter in command.params:
        yield " ".join([*names, str(parameter.name)]), parameter
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from _options(below, *names, name)


def test_every_number_has_a_range() -> None:
    """One below zero would count from the end of what is shown, and NaN is within every range of click's."""
    numbers = {
        name: option.type
        for command in (cli.main, augment_masks, templates)
        for name, option in _options(command)
        if isinstance(option.type, click.types.IntParamType | click.types.FloatParamType)
    }
    assert "find-lr steps" in numbers
    assert [name for name, kind in numbers.items() if not isinstance(kind, click.IntRange | NumberRange)] == []


def test_an_unknown_stage_is_wrong_use() -> None:
    result = CliRunner().invoke(cli.main, ["tarin"])
    assert (result.exit_code, "No such command 'tarin'" in result.output) == (2, True)


def test_a_stage_without_its_extra_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(name: str) -> object:
        raise ModuleNotFoundError("No module named 'torch'", name="torch")

    monkeypatch.setattr(cli, "import_module", fail)
    result = CliRunner().invoke(cli.main, ["train"])
    assert (result.exit_code, result.output) == (1, "Error: torch is not installed: pip install 'maskwright[train]'\n")


def test_the_version_is_told() -> None:
    from pipeline.core.version import VERSION

    assert VERSION in CliRunner().invoke(cli.main, ["--version"]).output
    assert isinstance(cli.main, click.Group)
