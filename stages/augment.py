"""The `augment` stage: unmasked faces in, the same faces with masks out."""

from pathlib import Path
from typing import TYPE_CHECKING

from stages.common import fresh_folder, log_counts, road_stage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.config import Params
    from pipeline.dataset.augmentation import PhotoFaces
    from pipeline.dataset.masked_writing import MasksMade
    from pipeline.masks import MaskParams

KEPT = Path("data/dedup/kept.parquet")
FACES = Path("data/faces/faces.parquet")
OUT = Path("data/masked")
_BATCH_PHOTOS = 4
"""A photo takes some hundred milliseconds: what a kill loses is small, and so is the share of passing it."""


@road_stage
def command(params: "Params") -> None:
    """Put masks on the unmasked faces."""
    from pipeline.config import parse_section
    from pipeline.dataset.augmentation import unmasked_photos
    from pipeline.dataset.synthesis import templates_for
    from pipeline.manifests import iterate_manifest
    from pipeline.masks import MaskParams
    from pipeline.records import Face, Image

    mask = parse_section(MaskParams, params.augment.mask, "params.yaml", "augment.mask")
    templates_for(params.augment.templates, params.augment.masks, params.augment.holdout_templates)
    photos = unmasked_photos(iterate_manifest(KEPT, Image), iterate_manifest(FACES, Face))
    resumable = params.augment.format == "folder" and not params.storage.elsewhere
    made = _masked(photos, params, mask) if resumable else _masked_anew(photos, params, mask)
    rejections = made.rejections
    log_counts("augment", made.pictures + len(rejections), made.pictures, rejections, unit="masks on unmasked faces")


def _masked(photos: "Iterator[PhotoFaces]", params: "Params", mask: "MaskParams") -> "MasksMade":
    """A file each in this project: a run goes on from where another was killed."""
    from pipeline.build import building
    from pipeline.dataset.augmentation import FaceMasker, Masking, build_facts
    from pipeline.dataset.masked_writing import write_maskings
    from pipeline.digests import item_key
    from stages.mapping import mapped
    from stages.runs import current_run

    with building(OUT, build_facts(params, mask)) as build:
        masker = FaceMasker(params.augment, params.faces, mask, params.seed, Path(), OUT, written=build.root)
        maskings = build.through(
            list(photos),
            lambda rest: mapped(masker, rest, params.engine, _BATCH_PHOTOS, crashed=masker.rejected),
            key=lambda photo: item_key(photo, Path(photo.image.path)),
            kind=Masking,
            files_of=Masking.paths,
        )
        made = write_maskings(maskings, build.folder, index=False)
        current_run().take_resumed(build.resumed)
    return made


def _masked_anew(photos: "Iterator[PhotoFaces]", params: "Params", mask: "MaskParams") -> "MasksMade":
    """Shards, or pictures under a storage root, where an index stands for them: a run begins anew."""
    from pipeline.dataset.augmentation import FaceMasker, ShardMasker, shard_batches
    from pipeline.dataset.masked_writing import write_maskings
    from stages.mapping import timed_records
    from stages.runs import current_run

    fresh_folder(OUT)
    masker = FaceMasker(params.augment, params.faces, mask, params.seed, params.storage.pixels, OUT)
    run, engine = current_run(), params.engine
    if params.augment.format == "shards":
        batches = shard_batches(photos, params.augment.shard_photos)
        maskings = timed_records(run, ShardMasker(masker), batches, engine, 1)
    else:
        maskings = timed_records(run, masker, photos, engine, _BATCH_PHOTOS, crashed=masker.rejected)
    return write_maskings(maskings, OUT, index=True)


if __name__ == "__main__":
    command()
