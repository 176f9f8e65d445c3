"""The stage `dedup`: find the links among all ingested images and keep one good copy of each photo."""

from typing import TYPE_CHECKING

from pipeline.core.paths import CLUSTERS, DEDUP, IMAGES, KEPT, LINKS, OVERSIZED_PEOPLE, QUALITY, RAW, REJECTED
from stages.running.commands import dvc_stage, log_counts
from stages.running.screen import say

if TYPE_CHECKING:
    from pipeline.core.params import Params


@dvc_stage
def command(params: "Params") -> None:
    """Link duplicate and related images; keep one good copy of each photo."""
    from pipeline.columns.image_table import ImageRows
    from pipeline.core.records import DuplicateLink, Image, Rejection
    from pipeline.dedup.curate import curate
    from pipeline.dedup.fingerprints.cache import fingerprint_images
    from pipeline.dedup.fingerprints.quality import ImageQuality
    from pipeline.dedup.keeping import ClusterMember
    from pipeline.dedup.same_person import OversizedPerson, embed_images
    from pipeline.storage.manifests import require_rows, write_manifest
    from stages.running.mapping import mapped

    manifests = [RAW / source / IMAGES for source in params.ingest.sources]
    images = ImageRows.read(manifests)
    require_rows(RAW, len(images), "image of " + ", ".join(params.ingest.sources))
    fingerprints, unreadable = fingerprint_images(
        images,
        faces=params.dedup.align_faces,
        hasher=params.dedup.hasher,
        engine=params.engine,
        root=params.storage.pixels,
        mapper=mapped,
    )
    wanted = list(images) if params.dedup.same_person.enabled else []
    embeddings = embed_images(wanted, params.storage.pixels, engine=params.engine, mapper=mapped)
    result = curate(images, fingerprints, params, embeddings)
    rejected = sorted([*unreadable, *result.rejected], key=lambda row: row.id)
    write_manifest(LINKS, result.links, DuplicateLink)
    write_manifest(KEPT, result.kept, Image)
    write_manifest(DEDUP / REJECTED, rejected, Rejection)
    write_manifest(CLUSTERS, result.clusters, ClusterMember)
    write_manifest(QUALITY, result.quality(), ImageQuality)
    write_manifest(OVERSIZED_PEOPLE, result.oversized_people, OversizedPerson)
    log_counts("dedup", len(images), len(result.kept), rejected)
    if result.oversized_people:
        people = len({row.person for row in result.oversized_people})
        say(
            f"dedup: {len(result.oversized_people)} images of {people} people with more than "
            f"{params.dedup.same_person.max_images} images were not linked by face; see {OVERSIZED_PEOPLE.name}"
        )


if __name__ == "__main__":
    command()
