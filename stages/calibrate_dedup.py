"""`maskwright calibrate-dedup`: recall and precision of the duplicate search on pairs that are known."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from stages.common import stage_command

if TYPE_CHECKING:
    from pipeline.config import Params
    from pipeline.curation.calibration import CurvePoint

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@stage_command
@click.option("--photos", type=_FOLDER, help="Photos, all different: copies are generated from them.")
@click.option("--pairs", type=_FOLDER, nargs=2, help="Two folders with the bare and the masked photo under one name.")
@click.option("--limit", default=200, show_default=True, help="Use so many photos at most.")
def command(params: "Params", photos: Path | None, pairs: tuple[Path, Path] | None, limit: int) -> None:
    """Print how many known copies are found, and how many finds are right, at each search radius."""
    from pipeline.curation.calibration import TRANSFORMATIONS, calibrate
    from pipeline.curation.known_pairs import generated_copies, paired_by_name

    if photos is None and pairs is None:
        raise click.UsageError("give --photos, --pairs or both")
    if pairs is not None:
        bare, masked = paired_by_name(*pairs, limit, params.dedup.align_faces)
        _print_curve(f"masked twins ({len(bare)} pairs)", calibrate(bare, masked, params.dedup))
    if photos is not None:
        for name, change in TRANSFORMATIONS.items():
            originals, copies = generated_copies(photos, change, limit, params.dedup.align_faces)
            _print_curve(f"{name} ({len(originals)} photos)", calibrate(originals, copies, params.dedup))


def _print_curve(title: str, points: "list[CurvePoint]") -> None:
    click.echo(f"{title}\n  bits  {'recall':24}{'precision':24}{'pHash alone: recall':24}precision")
    for p in points:
        columns = "".join(f"{rate!s:24}" for rate in (p.recall, p.precision, p.phash_recall, p.phash_precision))
        click.echo(f"  {p.radius:4}  {columns}".rstrip())


if __name__ == "__main__":
    command()
