"""The stage `split`: spread the faces, real and masked, over train, val and test."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from stages.common import log_counts, stage_command

if TYPE_CHECKING:
    from pipeline.config import Params

DEDUP, OUT = Path("data/dedup"), Path("data/split")


@stage_command
def command(params: "Params") -> None:
    """Assign every face crop to one side; fails if linked images would stand on two."""
    from pipeline.manifests import read_manifest, write_manifest
    from pipeline.records import Assignment, DuplicateLink, Face, Image, MaskedImage, Rejection
    from pipeline.split_samples import gather_samples, split_rules
    from pipeline.splitting import assign_sides, check_no_leak, group_of_images, side_counts

    images = read_manifest(DEDUP / "kept.parquet", Image)
    links = read_manifest(DEDUP / "links.parquet", DuplicateLink)
    faces = read_manifest(Path("data/faces/faces.parquet"), Face)
    masked = read_manifest(Path("data/masked/masked.parquet"), MaskedImage)
    earlier = read_manifest(params.split.pinned, Assignment) if params.split.pinned else []
    samples, unusable = gather_samples(images, faces, masked)
    ignored = params.dedup.links.ignored()
    assignments, closed_out = assign_sides(
        samples, group_of_images(images, links, ignored), split_rules(params, earlier)
    )
    check_no_leak(assignments, links, ignored)
    rejections = sorted([*unusable, *closed_out], key=lambda row: row.id)
    write_manifest(OUT / "split.parquet", assignments, Assignment)
    write_manifest(OUT / "rejected.parquet", rejections, Rejection)
    log_counts("split", len(faces) + len(masked), len(assignments), rejections, unit="samples")
    click.echo("split: " + ", ".join(f"{side} {count}" for side, count in side_counts(assignments).items()))


if __name__ == "__main__":
    command()
