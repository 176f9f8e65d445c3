"""`maskwright init`: a working project for people who installed the package."""

import shlex
import shutil
from pathlib import Path

import click

from stages.running.commands import with_messages
from stages.running.screen import say
from stages.running.utf8 import Utf8Command

_FOLDER = click.Path(path_type=Path)


@click.command("init", cls=Utf8Command)
@click.argument("folder", metavar="DIR", type=_FOLDER)
@click.option(
    "--sample", is_flag=True, help="Take in the rendered portraits that come along; so it is without options."
)
@click.option("--faces", metavar="FOLDER", type=_FOLDER, help="Take in your own photos of people without masks.")
def command(folder: Path, sample: bool, faces: Path | None) -> None:
    """Make DIR, which must be empty, a project: parameters, stages for `dvc repro`, a README.

    With or without Git. The photos of --faces stay where they are; those that look masked already are left out by the
    stages, with a reason.
    """
    if sample and faces is not None:
        raise click.UsageError("give --sample or --faces, not both")
    with_messages(lambda: _start(folder, faces))


def _start(folder: Path, faces: Path | None) -> None:
    from pipeline.project.starting import start_project

    source = start_project(folder, faces)
    taken = "the sample" if source is None else f"{source.photos} photos as the source {source.name}"
    say(f"{folder}: a project that takes in {taken}")
    if shutil.which("dvc") is None:
        say("DVC is not installed: pip install 'maskwright[train,pipeline]'")
    inside = folder.samefile(Path.cwd())
    say("Next: dvc repro" if inside else f"Next: cd {shlex.quote(str(folder))} && dvc repro")


if __name__ == "__main__":
    command()
