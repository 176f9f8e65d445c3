"""The `faces` stage: kept images in, faces with landmarks and pose out, and a crop of each."""

from typing import TYPE_CHECKING

from pipeline.core.paths import FACE_CROPS, FACES, KEPT
from stages.running.commands import dvc_stage, log_counts

if TYPE_CHECKING:
    from pipeline.core.params import Params


@dvc_stage
def command(params: "Params") -> None:
    """Find faces, landmarks and head pose; cut the faces out. A run goes on from where another was killed."""
    from pipeline.core.locations import located
    from pipeline.core.records import Image
    from pipeline.faces.extraction import Extraction, FaceExtractor, cache_key_parts
    from pipeline.faces.writing import write_extractions
    from pipeline.storage.digests import item_key
    from pipeline.storage.manifests import read_manifest, require_rows
    from pipeline.storage.resumable import building
    from stages.running.mapping import mapped
    from stages.running.record import current_run

    images, pixels = read_manifest(KEPT, Image), params.storage.pixels
    require_rows(KEPT, len(images), "image")
    with building(FACES, cache_key_parts(params), pixels=params.storage.root) as build:
        extract = FaceExtractor(params.faces, pixels, FACE_CROPS, written=build.pixels)
        extractions = build.through(
            images,
            lambda rest: mapped(extract, rest, params.engine, crashed=extract.rejected),
            key=lambda image: item_key(image, located(pixels, image.path)),
            kind=Extraction,
            files_of=Extraction.written,
        )
        taken = write_extractions(extractions, build.folder, index=params.storage.elsewhere)
        current_run().take_resumed(build.resumed)
    log_counts("faces", len(images), taken.images, taken.rejections)


if __name__ == "__main__":
    command()
