"""`maskwright takedown`: take an image out of the data set, with its copies and all that was made from it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.core.paths import LINKS
from stages.running.commands import stage_command
from stages.running.screen import say

if TYPE_CHECKING:
    from pydantic import ValidationError

    from pipeline.core.params import Params
    from pipeline.core.records import Image


@stage_command
@click.option("--url", help="The image's address.")
@click.option("--author", help="Every image of this author.")
@click.option("--id", help="The image's id in images.parquet.")
@click.option("--sha256", help="The hash of the image's file.")
@click.option("--reason", default="", help="Why; it is kept in takedowns.yaml.")
def command(params: "Params", reason: str, **subject: str | None) -> None:  # noqa: ARG001 - read by every command
    """Take images down: give one of --url, --author, --id, --sha256.

    The request goes into takedowns.yaml; commit that file. The next `dvc repro` drops the images, their exact copies in
    every source, and everything derived from them.
    """
    from pydantic import ValidationError

    from pipeline.sources.takedowns import FILE, Takedown, add_takedown
    from pipeline.storage.ingested import ingested_images

    date = datetime.now(UTC).date().isoformat()
    try:
        request = Takedown.model_validate({**subject, "reason": reason, "date": date})
    except ValidationError as error:
        raise click.UsageError(_what_is_wrong(error)) from error
    found = add_takedown(Path.cwd(), request, ingested_images(Path.cwd()))
    for image in found:
        say(f"{image.source}: {image.origin} ({image.path})")
    if not found:
        say(f"Nothing that was ingested matches. The request is in {FILE}, for what comes later; is it spelt right?")
        return
    say(f"{len(found)} images are taken down by {FILE}.")
    _tell_relatives(found)
    say("Commit that file and run `dvc repro`; `dvc gc --workspace` then drops the bytes from DVC's cache.")


def _what_is_wrong(error: "ValidationError") -> str:
    """The option that is no such thing; without one there were too many, or none."""
    wrong = [str(problem["loc"][0]) for problem in error.errors() if problem["loc"]]
    if not wrong:
        return "Give exactly one of --url, --author, --id and --sha256."
    expected = {"id": "32 hexadecimal digits, as in images.parquet", "sha256": "64 hexadecimal digits"}
    return f"--{wrong[0]}: {error.errors()[0]['input']!r} is not one; expected {expected.get(wrong[0], 'some text')}."


def _tell_relatives(found: "list[Image]") -> None:
    """Name near copies, about which a person has to decide."""
    from pipeline.core.records import DuplicateLink
    from pipeline.storage.manifests import read_manifest

    ids = {image.id for image in found}
    links = read_manifest(LINKS, DuplicateLink) if LINKS.is_file() else []
    for link in links:
        if link.kind in {"near", "mask_pair", "part_of"} and (link.first in ids) != (link.second in ids):
            other = link.second if link.first in ids else link.first
            say(f"  also looks like it ({link.kind}): take it down with --id {other}")


if __name__ == "__main__":
    command()
