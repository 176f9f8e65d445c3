"""What the stages share: their options, how their errors read, how their counts are logged."""

from collections import Counter
from collections.abc import Callable, Iterable
from functools import wraps
from pathlib import Path
from shutil import rmtree
from typing import TYPE_CHECKING, Any

import click

from pipeline.errors import MaskwrightError

if TYPE_CHECKING:
    from pipeline.config import Params
    from pipeline.records import Rejection

EXTRA_OF_MODULE = {
    "jinja2": "train",
    "onnx": "export",
    "onnxruntime": "export",
    "onnxscript": "export",
    "torch": "train",
    "torchvision": "train",
    "dvclive": "train",
    "sklearn": "train",
    "matplotlib": "train",
    "kagglehub": "pipeline",
    "protego": "pipeline",
    "pyarrow": "pipeline",
    "requests": "pipeline",
    "dvc": "pipeline",
}
"""Which extra brings a package that the base install lacks."""


def stage_command(function: Callable[..., None]) -> click.Command:
    """Make a click command of a stage `function(params, …)`.

    The command gains `--params`, reads that file and hands it over as `params`. Arguments and options declared by
    click decorators *below* this one are passed on. A `MaskwrightError` becomes one message on stderr and exit code 1.
    """

    @click.option(
        "--params",
        "params_path",
        default="params.yaml",
        show_default=True,
        type=click.Path(dir_okay=False, path_type=Path),
        help="The parameters file.",
    )
    @wraps(function)
    def run(params_path: Path, **arguments: Any) -> None:
        with_messages(lambda: function(_load(params_path), **arguments))

    name = function.__module__.rpartition(".")[2]
    return click.command(name)(run)


def _load(path: Path) -> "Params":
    from pipeline.config import load_params

    return load_params(path)


def with_messages(run: Callable[[], None]) -> None:
    """Run, turning what a user can act on into one message and exit code 1."""
    try:
        run()
    except MaskwrightError as error:
        raise click.ClickException(str(error)) from error
    except ModuleNotFoundError as error:
        raise missing_extra(error) from error


def missing_extra(error: ModuleNotFoundError) -> Exception:
    """What to tell a user whose install lacks an extra; the error itself where no extra would help."""
    package = (error.name or "").partition(".")[0]
    if package not in EXTRA_OF_MODULE:
        return error
    return click.ClickException(f"{package} is not installed: pip install 'maskwright[{EXTRA_OF_MODULE[package]}]'")


def log_counts(stage: str, taken: int, kept: int, rejections: "Iterable[Rejection]", unit: str = "images") -> None:
    """Print one line: what came in, what was kept, what was rejected and why."""
    reasons = Counter(rejection.reason for rejection in rejections)
    why = ", ".join(f"{reason} {count}" for reason, count in sorted(reasons.items()))
    rejected = f"{reasons.total()} rejected" + (f" ({why})" if why else "")
    click.echo(f"{stage}: {taken} {unit} in, {kept} kept, {rejected}")


def fresh_folder(folder: Path) -> Path:
    """`folder`, empty: what an earlier run left there would pass for this one's, and not everybody runs DVC."""
    if folder.exists():
        rmtree(folder)
    folder.mkdir(parents=True)
    return folder
