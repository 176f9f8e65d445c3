"""`maskwright calibrate-dedup`: recall and precision of the duplicate search on pairs that are known."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.core.file_names import printable
from stages.running.commands import stage_command
from stages.running.screen import say

if TYPE_CHECKING:
    from pipeline.core.params import Params
    from pipeline.dedup.calibration.copies import CurvePoint
    from pipeline.dedup.calibration.known_pairs import Unread
    from pipeline.dedup.calibration.people import PersonPoint

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@stage_command
@click.option("--photos", type=_FOLDER, help="Photos, all different: copies are generated from them.")
@click.option("--pairs", type=_FOLDER, nargs=2, help="Two folders with the bare and the masked photo under one name.")
@click.option("--people", type=_FOLDER, help="Photos whose names tell who is in them.")
@click.option(
    "--person-name",
    default=r"^(.+)[-_][^-_]*$",
    show_default=True,
    callback=lambda _, __, text: _pattern(text),
    help="A regular expression; its first group in the path under the folder, without ending, is the person.",
)
@click.option("--limit", default=200, show_default=True, type=click.IntRange(1), help="Use so many photos at most.")
def command(
    params: "Params",
    *,
    photos: Path | None,
    pairs: tuple[Path, Path] | None,
    people: Path | None,
    person_name: str,
    limit: int,
) -> None:
    """Print how many known copies are found, and how many finds are right, at each search radius.

    With --people, the same for photos of one person at each distance of their faces' embeddings.
    """
    if photos is None and pairs is None and people is None:
        raise click.UsageError("give --photos, --pairs or --people")
    from pipeline.dedup.calibration.copies import TRANSFORMATIONS, calibrate
    from pipeline.dedup.calibration.known_pairs import generated_copies, paired_by_name

    unread: Unread = {}
    if people is not None:
        from pipeline.dedup.calibration.people import calibrate_people, embeddings_of_people

        names, vectors = embeddings_of_people(people, person_name, limit, unread)
        _print_people(f"people ({len(set(names))} in {len(names)} photos)", calibrate_people(names, vectors))
    if pairs is not None:
        bare, masked = paired_by_name(*pairs, limit, params.dedup.align_faces, unread)
        _print_curve(f"masked twins ({len(bare)} pairs)", calibrate(bare, masked, params.dedup))
    if photos is not None:
        for name, change in TRANSFORMATIONS.items():
            originals, copies = generated_copies(photos, change, limit, params.dedup.align_faces, unread)
            _print_curve(f"{name} ({len(originals)} photos)", calibrate(originals, copies, params.dedup))
    _print_unread(unread)


def _pattern(text: str) -> str:
    """The words, if they are a regular expression with a group."""
    try:
        groups = re.compile(text).groups
    except re.error as error:
        raise click.BadParameter(f"{text!r} is no regular expression: {error}") from error
    if not groups:
        raise click.BadParameter(f"{text!r} has no group that is the person, such as (.+)")
    return text


def _print_unread(unread: "Unread") -> None:
    if unread:
        say(f"{len(unread)} files could not be read and were left out:")
    for file, why in unread.items():
        say(f"  {printable(str(file))}: {why}")


def _print_curve(title: str, points: "list[CurvePoint]") -> None:
    say(f"{title}\n  bits  {'recall':24}{'precision':24}{'pHash alone: recall':24}precision")
    for p in points:
        columns = "".join(f"{rate!s:24}" for rate in (p.recall, p.precision, p.phash_recall, p.phash_precision))
        say(f"  {p.radius:4}  {columns}".rstrip())


def _print_people(title: str, points: "list[PersonPoint]") -> None:
    say(f"{title}\n  distance  {'recall':24}{'precision':24}wrong pairs of a million")
    for p in points:
        say(f"  {p.max_distance:8.2f}  {p.recall!s:24}{p.precision!s:24}{1e6 * p.false_matches.value:.0f}")


if __name__ == "__main__":
    command()
