"""`maskwright curation-report`: reports/curation.html from the manifests of the stages that have run."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.core.paths import CURATION_PAGE, IMAGES, KEPT, LINKS, RAW
from stages.running.commands import dvc_stage
from stages.running.screen import say

if TYPE_CHECKING:
    from pipeline.core.params import Params


@dvc_stage
@click.option("--out", default=CURATION_PAGE, show_default=True, type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--review",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A list that review-labels wrote: the page shows its faces too.",
)
def command(params: "Params", out: Path, review: Path | None) -> None:
    """Show what was taken, dropped and linked, and how well the label follows from the wrong things."""
    from pipeline.storage.presence import require_present

    require_present(*(RAW / source / IMAGES for source in params.ingest.sources), KEPT, LINKS)
    from pipeline.review.curation_page import curation_page
    from pipeline.review.gathering import gather_overview
    from pipeline.storage.whole_files import write_text

    write_text(out, curation_page(gather_overview(params, review=review)))
    say(f"curation-report: {out}")


if __name__ == "__main__":
    command()
