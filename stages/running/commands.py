"""What the stages share: their options, how their errors read, how their counts are logged."""

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from pipeline.core.errors import MaskwrightError
from pipeline.core.paths import LOCKS, RUN_RECORDS
from stages.running.extras import missing_extra
from stages.running.logs import Log, LogFormat
from stages.running.record import Run, current_run, digest, recorded
from stages.running.screen import say
from stages.running.stopping import INTERRUPTED, orderly_stop
from stages.running.utf8 import Utf8Command

if TYPE_CHECKING:
    from pipeline.core.params import EngineParams, Params
    from pipeline.core.records import Rejection

ADDRESS_VARIABLE = "MASKWRIGHT_DASK_ADDRESS"
"""The environment's word for `engine.address`, which it overrides."""

params_option = click.option(
    "--params",
    "params_path",
    default="params.yaml",
    show_default=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The parameters file.",
)


def observing_options(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options `log_format` and `profile`, which the environment can set too."""
    log_format = click.option(
        "--log-format",
        default="text",
        show_default=True,
        envvar="MASKWRIGHT_LOG_FORMAT",
        show_envvar=True,
        type=click.Choice(["text", "json"]),
        help="Lines for people, or one JSON object a line on stderr.",
    )
    profile = click.option(
        "--profile/--no-profile",
        envvar="MASKWRIGHT_PROFILE",
        show_envvar=True,
        help="Measure where the time goes, step by step.",
    )
    return log_format(profile(function))


def stage_command(function: Callable[..., None]) -> click.Command:
    """Make a click command of a tool `function(params, …)`.

    The command gains `--params`, reads that file and hands it over as `params`. Arguments and options declared by
    click decorators *below* this one are passed on. A `MaskwrightError` becomes one message on stderr and exit code 1.
    """

    @params_option
    @wraps(function)
    def run(params_path: Path, **arguments: Any) -> None:
        with_messages(lambda: function(_load(params_path), **arguments))

    return click.command(_name_of(function), cls=Utf8Command)(run)


def dvc_stage(function: Callable[..., None]) -> click.Command:
    """Make the command of a stage of the road: as `stage_command`, and it is locked, recorded and stops in order."""

    @params_option
    @observing_options
    @wraps(function)
    def run(params_path: Path, log_format: LogFormat, profile: bool, **arguments: Any) -> None:
        log = Log("-".join([_name_of(function), *arguments.get("sources", ())]).replace("/", "_"), log_format)
        with_messages(lambda: _run_recorded(function, _load(params_path), log, profile, arguments), log)

    return click.command(_name_of(function), cls=Utf8Command)(run)


def _name_of(function: Callable[..., None]) -> str:
    return Path(function.__code__.co_filename).stem  # the module's name is __main__ where Python was told to run it


def _run_recorded(
    function: Callable[..., None], params: "Params", log: Log, profile: bool, arguments: dict[str, Any]
) -> None:
    from pipeline.storage.run_lock import run_lock

    if os.environ.get("RANK", "0") != "0":  # torchrun started this process beside the one that writes
        function(params, **arguments)
        return
    asked = digest(params.model_dump(mode="json", exclude={"engine"}))
    run = Run(log, RUN_RECORDS / f"{log.run}.json", profile, asked)
    click.get_current_context().obj = run
    with orderly_stop(), run_lock(LOCKS / f"{log.run}.lock", f"the output of {log.run}"), recorded(run):
        function(params, **arguments)


def _load(path: Path) -> "Params":
    from pipeline.core.params import load_params, with_address

    return with_address(load_params(path), os.environ.get(ADDRESS_VARIABLE), ADDRESS_VARIABLE)


address_option = click.option(
    "--address", envvar=ADDRESS_VARIABLE, metavar="tcp://HOST:PORT", help="A Dask cluster that works instead."
)


def engine_of(jobs: int, address: str | None) -> "EngineParams":
    """The engine that options ask for.

    Raises:
        ConfigError: the address is none.
    """
    from pipeline.core.params import EngineParams, parse_section

    return parse_section(EngineParams, {"jobs": jobs, "address": address or None}, f"--address, {ADDRESS_VARIABLE}")


def with_messages(run: Callable[[], None], log: Log | None = None, again: str = "the same command goes on") -> None:
    """Run, turning what a user can act on into one message and exit code 1, and Ctrl-C into exit code 130.

    `again` says how a run that Ctrl-C stopped goes on, where the interrupt itself doesn't say it.
    """
    try:
        run()
    except MaskwrightError as error:
        _fail(str(error), log, error)
    except ModuleNotFoundError as error:
        raise missing_extra(error) from error
    except BrokenPipeError:  # a reader such as `head` that has enough: click ends quietly
        raise
    except OSError as error:
        _fail(f"{error.filename}: {error.strerror}" if error.filename else str(error), log, error)
    except KeyboardInterrupt as error:
        (log or Log("")).event("interrupted", f"stopped; {str(error) or f'{again} from here'}")
        sys.exit(INTERRUPTED)


def _fail(message: str, log: Log | None, error: Exception) -> NoReturn:
    if log is None or log.format == "text":
        raise click.ClickException(message) from error
    log.event("error", message=message)
    sys.exit(1)


def log_counts(stage: str, taken: int, kept: int, rejections: "Iterable[Rejection]", unit: str = "images") -> None:
    """Tell and record what came in, what was kept, what was rejected and why."""
    log_reasons(stage, taken, kept, Counter(rejection.reason for rejection in rejections), unit)


def log_reasons(stage: str, taken: int, kept: int, reasons: Counter[str], unit: str = "images") -> None:
    """As `log_counts`, of rejections that were counted by reason."""
    why = ", ".join(f"{reason} {count}" for reason, count in sorted(reasons.items()))
    rejected = f"{reasons.total()} rejected" + (f" ({why})" if why else "")
    run = current_run()
    run.count(stage, taken, kept, reasons, unit)
    if run.log.format == "text":
        say(f"{stage}: {taken} {unit} in, {kept} kept, {rejected}")
