"""The stage `dedup`: find the links among all ingested images and keep one good copy of each photo."""

from pathlib import Path
from typing import TYPE_CHECKING

from stages.common import log_counts, stage_command

if TYPE_CHECKING:
    from pipeline.config import Params

OUT = Path("data/dedup")


@stage_command
def command(params: "Params") -> None:
    """Link duplicate and related images; keep one good copy of each photo."""
    from pipeline.curation.cache import fingerprint_images
    from pipeline.curation.curate import curate
    from pipeline.curation.keeping import ClusterMember
    from pipeline.curation.quality import ImageQuality
    from pipeline.manifests import read_manifests, write_manifest
    from pipeline.records import DuplicateLink, Image, Rejection

    manifests = [Path("data/raw") / source / "images.parquet" for source in params.ingest.sources]
    images = read_manifests(manifests, Image)
    fingerprints, unreadable = fingerprint_images(images, faces=params.dedup.align_faces, jobs=params.engine.jobs)
    result = curate(images, fingerprints, params)
    rejected = sorted([*unreadable, *result.rejected], key=lambda row: row.id)
    write_manifest(OUT / "links.parquet", result.links, DuplicateLink)
    write_manifest(OUT / "kept.parquet", result.kept, Image)
    write_manifest(OUT / "rejected.parquet", rejected, Rejection)
    write_manifest(OUT / "clusters.parquet", result.clusters, ClusterMember)
    write_manifest(OUT / "quality.parquet", result.quality, ImageQuality)
    log_counts("dedup", len(images), len(result.kept), rejected)


if __name__ == "__main__":
    command()
