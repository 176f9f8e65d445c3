"""`maskwright sources add`: a folder, an archive or a list becomes a source of this project."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stages.running.commands import params_option, with_messages
from stages.running.screen import say
from stages.running.utf8 import Utf8Command

if TYPE_CHECKING:
    from pipeline.project.adding import Proposal, Wish

_PATH = click.Path(exists=True, path_type=Path)


@click.command("add", cls=Utf8Command)
@params_option
@click.argument("path", metavar="FOLDER|ARCHIVE|LIST", type=_PATH)
@click.option("--yes", is_flag=True, help="Write without asking.")
@click.option("--name", help="What the source is called, where its folder's name won't do.")
@click.option("--adapter", help="Which annotations count, where several kinds lie side by side.")
@click.option("--label", metavar="WORDS", help="What all photos are: 'no mask', surgical, N95, surgical_nose_out, …")
@click.option(
    "--columns",
    multiple=True,
    metavar="PART=COLUMN,…",
    help="Which column of a table holds what, by its name or number: image=file,label=kind,left=x,top=y,width=w,"
    "height=h. A label may stand in two columns.",
)
def add(params_path: Path, path: Path, yes: bool, columns: tuple[str, ...], **said: str | None) -> None:
    """Propose lines for params.yaml that take a folder, an archive or a list of addresses in, and write them on a yes.

    The layout is recognised as `maskwright sources check` does, labels are mapped as far as their names tell, and what
    they don't tell stands as comments to fill in. Comments and order of the file stay; nothing is written twice.
    """
    if said["label"] is not None and columns:
        raise click.UsageError("give --label or --columns, not both")

    def run() -> None:
        from pipeline.project.adding import Wish, named_columns

        _add(params_path, path, Wish(**said, columns=named_columns(columns) if columns else None), yes)

    with_messages(run)


def _add(params_path: Path, path: Path, wish: "Wish", yes: bool) -> None:
    from pipeline.core.params import load_params
    from pipeline.project.adding import add_source, propose, refuse_twice

    ingest = load_params(params_path).ingest
    proposal = propose(path, shown_from_here(path), ingest, wish)
    source = proposal.source
    refuse_twice(ingest, source, path, Path.cwd())
    _tell(proposal)
    if not (yes or click.confirm(f"Write this into {params_path}?")):
        say("Nothing was written.")
        return
    add_source(params_path, source)
    say(f"{params_path}: ingest.sources is now {', '.join([*ingest.sources, source.name])}")
    if source.untold:
        say(f"First say there, under labels, what this means: {', '.join(source.untold)}")
    say(f"Next: dvc repro, or maskwright ingest --source {shlex.quote(source.name)}")


def shown_from_here(path: Path) -> Path:
    """A path as params.yaml should have it: relative where it lies in this project."""
    within = Path("params.yaml").exists() and path.resolve().is_relative_to(Path.cwd())
    return path.resolve().relative_to(Path.cwd()) if within else path.resolve()


def _tell(proposal: "Proposal") -> None:
    source = proposal.source
    say(f"{source.name}: {source.recognised}")
    for line in proposal.counted:
        say(f"  {line}")
    if proposal.others:
        say(f"  other annotations lie beside them: --adapter {' or '.join(proposal.others)} takes those")
    say("For params.yaml, under ingest.settings:")
    for line in (f"{source.name}:", *(f"  {line}" for line in source.lines)):
        say(f"  {line}")
