"""`maskwright replay TABLE`: one masked picture drawn again from its logged row."""

from pathlib import Path
from typing import Any

import click

from pipeline.core.paths import FACES_TABLE, KEPT
from stages.running.commands import with_messages
from stages.running.utf8 import Utf8Command

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command("replay", cls=Utf8Command, context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("table", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--row", "number", type=click.IntRange(0), help="Which row of a metadata.jsonl, from 0.")
@click.option("--id", "row_id", help="Which row of a masked.parquet.")
@click.option("--faces", type=click.Path(path_type=Path), help="The folder that augment-masks masked.")
@click.option(
    "--kept",
    default=KEPT,
    show_default=True,
    type=_FILE,
    help="Where the parents of a masked.parquet are listed; run this from the project's root.",
)
@click.option(
    "--faces-table",
    default=FACES_TABLE,
    show_default=True,
    type=_FILE,
    help="Where their faces are listed, for a picture with all faces of its photo.",
)
@click.option(
    "--pixels",
    default=".",
    show_default=True,
    help="storage.root of the run: what the parents' paths begin at, a folder or an address.",
)
@click.option(
    "--templates",
    multiple=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The templates that the run used, where not the shipped ones; repeatable.",
)
@click.option("--quality", default=95, show_default=True, type=click.IntRange(1, 100), help="Of a JPEG.")
@click.option("--no-mark", is_flag=True, help="Don't say in its metadata that it is synthetic.")
@click.option("-o", "--out", required=True, type=_FILE, help="Where the picture goes; .png keeps every pixel.")
def command(table: Path, templates: tuple[Path, ...], quality: int, out: Path, **choice: Any) -> None:
    r"""Draw a picture of TABLE again: the same pixels, given the same parent photo and templates.

    \b
    maskwright replay OUT/metadata.jsonl --row 3 --faces FACES -o again.jpg
    maskwright replay data/masked/masked.parquet --id ID -o again.jpg
    """
    needed = {"row_id": "--id"} if table.suffix == ".parquet" else {"number": "--row", "faces": "--faces"}
    missing = [option for name, option in needed.items() if choice[name] is None]
    if missing:
        raise click.UsageError(f"{table.name} needs {' and '.join(missing)}")
    with_messages(lambda: _run(table, choice, templates, quality, out))


def _run(table: Path, choice: dict[str, Any], templates: tuple[Path, ...], quality: int, out: Path) -> None:
    from pipeline.augment.replay import Manifests, logged_in_manifest, logged_in_metadata, replay
    from pipeline.core.locations import parse_location
    from pipeline.storage.images import write_image

    if table.suffix == ".parquet":
        tables = Manifests(table, choice["kept"], choice["faces_table"], parse_location(choice["pixels"]))
        logged = logged_in_manifest(tables, choice["row_id"])
    else:
        logged = logged_in_metadata(table, choice["number"], choice["faces"])
    write_image(out, replay(logged, templates), quality, None if choice["no_mark"] else logged.mark)


if __name__ == "__main__":
    command()
