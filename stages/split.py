"""The stage `split`: spread the faces, real and masked, over train, val and test."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from stages.common import log_counts, road_stage

if TYPE_CHECKING:
    from pipeline.config import Params

DEDUP, OUT = Path("data/dedup"), Path("data/split")


@road_stage
def command(params: "Params") -> None:
    """Assign every face crop to one side; fails if linked images would stand on two."""
    from pipeline.manifests import iterate_manifest, read_manifest, write_manifest
    from pipeline.records import Assignment, DuplicateLink, Face, Image, MaskedImage, Rejection
    from pipeline.split_samples import FaceCrop, MaskedCrop, gather_samples, split_rules
    from pipeline.splitting import assign_sides, check_no_leak, farthest_share, group_of_images, side_counts

    images = read_manifest(DEDUP / "kept.parquet", Image)
    links = read_manifest(DEDUP / "links.parquet", DuplicateLink)
    faces, masked = Path("data/faces/faces.parquet"), Path("data/masked/masked.parquet")
    earlier = read_manifest(params.split.pinned, Assignment) if params.split.pinned else []
    samples, unusable = gather_samples(
        images, iterate_manifest(faces, FaceCrop, Face), iterate_manifest(masked, MaskedCrop, MaskedImage)
    )
    ignored = params.dedup.links.ignored()
    rules = split_rules(params, earlier)
    assignments, closed_out = assign_sides(samples, group_of_images(images, links, ignored), rules)
    check_no_leak(assignments, links, ignored)
    rejections = sorted([*unusable, *closed_out], key=lambda row: row.id)
    write_manifest(OUT / "split.parquet", assignments, Assignment)
    write_manifest(OUT / "rejected.parquet", rejections, Rejection)
    log_counts("split", len(samples) + len(unusable), len(assignments), rejections, unit="samples")
    click.echo("split: " + ", ".join(f"{side} {count}" for side, count in side_counts(assignments).items()))
    click.echo("split: farthest from its share: " + farthest_share(assignments, rules.shares))


if __name__ == "__main__":
    command()
