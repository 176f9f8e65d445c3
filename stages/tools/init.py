"""`maskwright init`: a working project for people who installed the package."""

import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stages.running.commands import with_messages
from stages.running.screen import say
from stages.running.utf8 import Utf8Command

if TYPE_CHECKING:
    from pipeline.project.faces_source import FacesSource

_FOLDER = click.Path(path_type=Path)


@click.command("init", cls=Utf8Command)
@click.argument("folder", metavar="DIR", type=_FOLDER)
@click.option(
    "--sample", is_flag=True, help="Take in the rendered portraits that come along; so it is without options."
)
@click.option(
    "--faces", metavar="FOLDER", type=_FOLDER, help="Take in your own photos, with the labels that are recognised."
)
def command(folder: Path, sample: bool, faces: Path | None) -> None:
    """Make DIR, which must be empty, a project: parameters, stages for `dvc repro`, a README.

    With or without Git; what `git init` leaves may be there. The photos of --faces stay where they are. They are taken
    in as `maskwright sources check` recognises them: class folders, people's folders, YOLO, COCO and others. Where
    nothing tells of masks, no name and no document, all count as bare, and those that look masked already are left out
    by the stages, with a reason.
    """
    if sample and faces is not None:
        raise click.UsageError("give --sample or --faces, not both")
    with_messages(lambda: _start(folder, faces))


def _start(folder: Path, faces: Path | None) -> None:
    from pipeline.project.starting import start_project

    source = start_project(folder, faces)
    taken = "the sample" if source is None else f"{source.photos} photos as the source {source.name}"
    say(f"{folder}: a project that takes in {taken}")
    for line in () if source is None else _how_taken(source):
        say(line)
    if shutil.which("dvc") is None:
        say("DVC is not installed: pip install 'maskwright[train,pipeline]'")
    inside = folder.samefile(Path.cwd())
    say("Next: dvc repro" if inside else f"Next: cd {shlex.quote(str(folder))} && dvc repro")


def _how_taken(source: "FacesSource") -> Iterator[str]:
    """How the photos are labelled, and what is left to say."""
    if not source.recognised:
        yield "Nothing tells of masks there: every photo counts as bare (default_label in params.yaml)"
        return
    yield f"Recognised: {source.recognised}"
    if source.several:
        yield f"But {source.several}: see that params.yaml names the right one"
    if source.untold:
        yield f"First say in params.yaml, under labels, what this means: {', '.join(source.untold)}"


if __name__ == "__main__":
    command()
