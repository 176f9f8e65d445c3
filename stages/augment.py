"""The `augment` stage: unmasked faces in, the same faces with masks out."""

from typing import TYPE_CHECKING

from pipeline.core.paths import FACES_TABLE, KEPT, MASKED
from stages.running.commands import dvc_stage, log_counts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.augment.manifest_masker import ManifestMasker, Masking, PhotoFaces
    from pipeline.augment.shard_masker import ShardMasker
    from pipeline.core.params import Params
    from pipeline.storage.resumable import Build

_BATCH_PHOTOS = 4
"""A photo takes some hundred milliseconds: what a kill loses is small, and so is the share of passing it."""


@dvc_stage
def command(params: "Params") -> None:
    """Put masks on the unmasked faces. A run goes on from where another was killed."""
    from pipeline.augment.manifest_masker import ManifestMasker, cache_key_parts, unmasked_photos
    from pipeline.augment.manifests import write_maskings
    from pipeline.augment.request import request_of
    from pipeline.augment.shard_masker import ShardMasker
    from pipeline.augment.templates_in_use import templates_for
    from pipeline.core.params import parse_section
    from pipeline.core.records import Face, Image
    from pipeline.masks import MaskParams
    from pipeline.storage.manifests import count_records, iterate_manifest, require_rows
    from pipeline.storage.resumable import building
    from stages.running.record import current_run

    mask = parse_section(MaskParams, params.augment.mask, "params.yaml", "augment.mask")
    templates_for(params.augment.templates, params.augment.masks, params.augment.holdout_templates)
    require_rows(FACES_TABLE, count_records(FACES_TABLE), "face")
    photos = unmasked_photos(iterate_manifest(KEPT, Image), iterate_manifest(FACES_TABLE, Face))
    with building(MASKED, cache_key_parts(params, mask), pixels=params.storage.root) as build:
        pixels = params.storage.pixels
        request, held_out = request_of(params, mask), params.augment.holdout_templates
        masker = ManifestMasker(request, held_out, pixels, MASKED, written=build.pixels)
        if shards := params.augment.format == "shards":
            maskings = _shard_by_shard(build, ShardMasker(masker), photos, params)
        else:
            maskings = _photo_by_photo(build, masker, photos, params)
        made = write_maskings(maskings, build.folder, index=shards or params.storage.elsewhere)
        current_run().take_resumed(build.resumed)
    rejections = made.rejections
    log_counts("augment", made.pictures + len(rejections), made.pictures, rejections, unit="masks on unmasked faces")


def _photo_by_photo(
    build: "Build", masker: "ManifestMasker", photos: "Iterator[PhotoFaces]", params: "Params"
) -> "Iterator[Masking]":
    from pipeline.augment.manifest_masker import Masking
    from stages.running.mapping import mapped

    return build.through(
        list(photos),
        lambda rest: mapped(masker, rest, params.engine, _BATCH_PHOTOS, crashed=masker.rejected),
        key=masker.key,
        kind=Masking,
        files_of=Masking.written,
    )


def _shard_by_shard(
    build: "Build", masker: "ShardMasker", photos: "Iterator[PhotoFaces]", params: "Params"
) -> "Iterator[Masking]":
    from pipeline.augment.manifest_masker import Masking
    from pipeline.augment.shard_masker import shard_batches
    from stages.running.mapping import mapped

    return build.through(
        shard_batches(photos, params.augment.shard_photos),
        lambda rest: mapped(masker, rest, params.engine, 1, unit="shards"),
        key=masker.key,
        kind=Masking,
        files_of=Masking.written,
    )


if __name__ == "__main__":
    command()
