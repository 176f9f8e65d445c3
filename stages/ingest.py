"""Stage `ingest`: take sources into data/raw/<source>/."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.core.paths import LOCKS, RAW
from stages.running.commands import dvc_stage, log_counts
from stages.running.screen import say

if TYPE_CHECKING:
    from pipeline.core.params import Params


@dvc_stage
@click.option("--source", "sources", multiple=True, help="A source to take; by default each of ingest.sources.")
def command(params: "Params", sources: tuple[str, ...]) -> None:
    """Take sources into data/raw/: check every file, map its labels, keep its provenance.

    A source that fails leaves the others' results intact; the failures are told at the end.
    """
    from pipeline.core.errors import MaskwrightError, SourceError
    from pipeline.sources.catalogue import make_adapter
    from pipeline.sources.ingest import ingest_source
    from pipeline.sources.recognition.unread import unread_annotations
    from pipeline.storage.run_lock import run_lock
    from stages.running.mapping import mapped
    from stages.running.record import current_run

    failures = []
    for source in sources or params.ingest.sources:
        try:
            with run_lock(LOCKS / f"data-raw-{source}.lock", str(RAW / source)):
                taken = ingest_source(source, params, Path.cwd(), mapped)
        except MaskwrightError as error:
            failures.append(str(error))
            continue
        current_run().take_resumed(taken.resumed)
        images, rejections = len(taken.images), taken.rejections
        log_counts(f"ingest {source}", images + len(rejections), images, rejections, "items")
        left = (one.origin or "" for one in rejections if one.reason == "not_an_image")
        if unread := unread_annotations(make_adapter(source, params.ingest, Path.cwd()), left):
            say(f"ingest {source}: {unread}", err=True)
    if failures:
        raise SourceError("\n\n".join(failures))


if __name__ == "__main__":
    command()
