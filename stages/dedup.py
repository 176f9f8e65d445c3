"""The stage `dedup`: find the links among all ingested images and keep one copy of each photo."""

from pathlib import Path
from typing import TYPE_CHECKING

from stages.common import log_counts, stage_command

if TYPE_CHECKING:
    from pipeline.config import Params

OUT = Path("data/dedup")


@stage_command
def command(params: "Params") -> None:
    """Link duplicate and related images; keep one copy of each photo."""
    from pipeline.curation.hashing import hash_images
    from pipeline.curation.keeping import keep_best
    from pipeline.curation.links import find_links
    from pipeline.manifests import read_manifests, write_manifest
    from pipeline.records import DuplicateLink, Image, Rejection

    manifests = [Path("data/raw") / source / "images.parquet" for source in params.ingest.sources]
    images = read_manifests(manifests, Image)
    hashed, unreadable = hash_images(images, params.engine.jobs)
    links = find_links(hashed, params.dedup)
    verdicts = keep_best([h.image for h in hashed], links, params.dedup)
    rejected = sorted([*unreadable, *verdicts.rejected], key=lambda r: r.id)
    write_manifest(OUT / "links.parquet", links, DuplicateLink)
    write_manifest(OUT / "kept.parquet", verdicts.kept, Image)
    write_manifest(OUT / "rejected.parquet", rejected, Rejection)
    log_counts("dedup", len(images), len(verdicts.kept), rejected)


if __name__ == "__main__":
    command()
