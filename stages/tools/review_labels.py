"""`maskwright review-labels`: a list of faces whose label is worth a second look."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.core.paths import FACES_TABLE, KEPT, LABEL_DOUBTS, LINKS
from stages.running.commands import stage_command
from stages.running.screen import say

if TYPE_CHECKING:
    from pipeline.core.params import Params


@stage_command
@click.option("--out", default=LABEL_DOUBTS, show_default=True, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--show", default=20, show_default=True, type=click.IntRange(0), help="How many doubts are spelled out.")
def command(params: "Params", out: Path, show: int) -> None:
    """List the faces whose label the masked-face cue or a model of the other labels doubts; nothing is changed.

    Reads what `dedup` and `faces` wrote.
    """
    from pipeline.core.records import DuplicateLink, Face, Image
    from pipeline.storage.presence import require_present

    require_present(KEPT, LINKS, FACES_TABLE)
    from pipeline.review.label_doubts import LabelDoubt, review_faces
    from pipeline.split.groups import group_images
    from pipeline.storage.manifests import Manifest, read_manifest, write_manifest

    kept = Manifest(KEPT, Image)
    links = Manifest(LINKS, DuplicateLink)
    groups = group_images(kept, links, params.dedup.links.ignored())
    images = read_manifest(kept.path, Image)
    faces = read_manifest(FACES_TABLE, Face)
    review = review_faces(images, faces, {image.id: groups.of(image.id) for image in images}, params.seed)
    write_manifest(out, review.doubts, LabelDoubt)
    for doubt in review.doubts[:show]:
        say(f"  {doubt.witness:6} {doubt.mask_type:9} looks {doubt.suggested:9} {doubt.margin:.2f}  {doubt.path}")
    say(
        f"review-labels: {len(review.doubts)} of {review.faces} labelled faces doubted, "
        f"{review.unreadable} could not be read; {out}"
    )


if __name__ == "__main__":
    command()
