"""The `faces` stage: kept images in, faces with landmarks and pose out, and a crop of each."""

from pathlib import Path
from typing import TYPE_CHECKING

from stages.common import fresh_folder, log_counts, road_stage

if TYPE_CHECKING:
    from pipeline.config import Params
    from pipeline.faces.writing import FacesTaken
    from pipeline.records import Image

KEPT = Path("data/dedup/kept.parquet")
OUT = Path("data/faces")


@road_stage
def command(params: "Params") -> None:
    """Find faces, landmarks and head pose; cut the faces out."""
    from pipeline.manifests import read_manifest
    from pipeline.records import Image

    images = read_manifest(KEPT, Image)
    taken = _taken_elsewhere(images, params) if params.storage.elsewhere else _taken(images, params)
    log_counts("faces", len(images), taken.images, taken.rejections)


def _taken(images: "list[Image]", params: "Params") -> "FacesTaken":
    """Crops in this project: a run goes on from where another was killed."""
    from pipeline.build import building
    from pipeline.digests import item_key
    from pipeline.faces.extraction import Extraction, FaceExtractor
    from pipeline.faces.writing import write_extractions
    from stages.mapping import mapped
    from stages.runs import current_run

    with building(OUT, params.faces.model_dump(mode="json")) as build:
        extract = FaceExtractor(params.faces, Path(), OUT / "crops", written=build.root)
        extractions = build.through(
            images,
            lambda rest: mapped(extract, rest, params.engine, crashed=extract.rejected),
            key=lambda image: item_key(image, Path(image.path)),
            kind=Extraction,
            files_of=Extraction.paths,
        )
        taken = write_extractions(extractions, build.folder, index=False)
        current_run().take_resumed(build.resumed)
    return taken


def _taken_elsewhere(images: "list[Image]", params: "Params") -> "FacesTaken":
    """Crops under a storage root, where an index stands for them: a run begins anew."""
    from pipeline.faces.extraction import FaceExtractor
    from pipeline.faces.writing import write_extractions
    from stages.mapping import mapped

    fresh_folder(OUT)
    extract = FaceExtractor(params.faces, params.storage.pixels, OUT / "crops")
    return write_extractions(mapped(extract, images, params.engine, crashed=extract.rejected), OUT, index=True)


if __name__ == "__main__":
    command()
