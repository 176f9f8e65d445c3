"""The stage `dedup`: find the links among all ingested images and keep one good copy of each photo."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from stages.running.commands import log_counts, road_stage

if TYPE_CHECKING:
    from pipeline.core.params import Params

OUT = Path("data/dedup")


@road_stage
def command(params: "Params") -> None:
    """Link duplicate and related images; keep one good copy of each photo."""
    from pipeline.columns.image_table import ImageRows
    from pipeline.core.records import DuplicateLink, Image, Rejection
    from pipeline.dedup.curate import curate
    from pipeline.dedup.fingerprints.cache import fingerprint_images
    from pipeline.dedup.fingerprints.quality import ImageQuality
    from pipeline.dedup.keeping import ClusterMember
    from pipeline.dedup.same_person import OversizedPerson, embed_images
    from pipeline.storage.manifests import write_manifest
    from stages.running.mapping import mapped

    manifests = [Path("data/raw") / source / "images.parquet" for source in params.ingest.sources]
    images = ImageRows.read(manifests)
    fingerprints, unreadable = fingerprint_images(
        images, faces=params.dedup.align_faces, engine=params.engine, root=params.storage.pixels, mapper=mapped
    )
    wanted = list(images) if params.dedup.same_person.enabled else []
    embeddings = embed_images(wanted, params.storage.pixels, engine=params.engine, mapper=mapped)
    result = curate(images, fingerprints, params, embeddings)
    rejected = sorted([*unreadable, *result.rejected], key=lambda row: row.id)
    write_manifest(OUT / "links.parquet", result.links, DuplicateLink)
    write_manifest(OUT / "kept.parquet", result.kept, Image)
    write_manifest(OUT / "rejected.parquet", rejected, Rejection)
    write_manifest(OUT / "clusters.parquet", result.clusters, ClusterMember)
    write_manifest(OUT / "quality.parquet", result.quality(), ImageQuality)
    write_manifest(OUT / "oversized_people.parquet", result.oversized_people, OversizedPerson)
    log_counts("dedup", len(images), len(result.kept), rejected)
    if result.oversized_people:
        people = len({row.person for row in result.oversized_people})
        click.echo(
            f"dedup: {len(result.oversized_people)} images of {people} people with more than "
            f"{params.dedup.same_person.max_images} images were not linked by face; see oversized_people.parquet"
        )


if __name__ == "__main__":
    command()
