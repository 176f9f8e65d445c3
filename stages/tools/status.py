"""`maskwright status`: which sources have changed since they were taken in."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from stages.running.commands import stage_command
from stages.running.screen import say

if TYPE_CHECKING:
    from pipeline.core.params import Params
    from pipeline.sources.listing import Changes

_SHOWN = 3


@stage_command
@click.option("--check", is_flag=True, help="Exit with 1 where a source has changed or was never taken in.")
def command(params: "Params", check: bool) -> None:
    """Compare the folders and archives of ingest.sources with what they held when they were taken in.

    By names, sizes and times of change, so that it is quick. DVC doesn't look into folders of yours: it runs `ingest`
    again where its settings change, or by `dvc repro --force ingest@NAME`.
    """
    from pipeline.sources.catalogue import make_adapter
    from pipeline.sources.listing import changes_since, list_files

    stale = False
    for name in params.ingest.sources:
        adapter = make_adapter(name, params.ingest, Path.cwd())
        changes = changes_since(adapter.workspace.provenance, list_files(adapter.watched()))
        stale |= changes is None or bool(changes)
        say(f"{name}: {_told(changes)}")
        if changes:
            say(f"  take it in again: dvc repro --force ingest@{name}")
    if check and stale:
        raise SystemExit(1)


def _told(changes: "Changes | None") -> str:
    if changes is None:
        return "not taken in yet"
    parts = [
        f"{len(names)} {word} ({', '.join(names[:_SHOWN])}{', …' if len(names) > _SHOWN else ''})"
        for word, names in (("added", changes.added), ("removed", changes.removed), ("changed", changes.changed))
        if names
    ]
    return "; ".join(parts) or "as it was taken in"


if __name__ == "__main__":
    command()
