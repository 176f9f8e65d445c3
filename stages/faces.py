"""The `faces` stage: kept images in, faces with landmarks and pose out, and a crop of each."""

from pathlib import Path
from typing import TYPE_CHECKING

from stages.common import fresh_folder, log_counts, stage_command

if TYPE_CHECKING:
    from pipeline.config import Params

KEPT = Path("data/dedup/kept.parquet")
OUT = Path("data/faces")


@stage_command
def command(params: "Params") -> None:
    """Find faces, landmarks and head pose; cut the faces out."""
    from pipeline.engine import map_records
    from pipeline.faces.extraction import FaceExtractor
    from pipeline.manifests import read_manifest, write_manifest
    from pipeline.records import Face, Image, Rejection

    images = read_manifest(KEPT, Image)
    fresh_folder(OUT)
    extract = FaceExtractor(params.faces, Path(), OUT / "crops")
    extractions = list(map_records(extract, images, params.engine.jobs))
    faces = [face for extraction in extractions for face in extraction.faces]
    rejections = [row for extraction in extractions for row in extraction.rejections]
    write_manifest(OUT / "faces.parquet", faces, Face)
    write_manifest(OUT / "rejected.parquet", rejections, Rejection)
    log_counts("faces", len(images), len({face.image_id for face in faces}), rejections)


if __name__ == "__main__":
    command()
