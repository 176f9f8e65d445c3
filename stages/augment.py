"""The `augment` stage: unmasked faces in, the same faces with masks out."""

from pathlib import Path
from typing import TYPE_CHECKING

from stages.common import fresh_folder, log_counts, stage_command

if TYPE_CHECKING:
    from pipeline.config import Params

KEPT = Path("data/dedup/kept.parquet")
FACES = Path("data/faces/faces.parquet")
OUT = Path("data/masked")


@stage_command
def command(params: "Params") -> None:
    """Put masks on the unmasked faces."""
    from pipeline.config import parse_section
    from pipeline.dataset.augmentation import FaceMasker, unmasked_photos
    from pipeline.dataset.synthesis import templates_for
    from pipeline.engine import map_records
    from pipeline.manifests import read_manifest, write_manifest
    from pipeline.masks import MaskParams
    from pipeline.records import Face, Image, MaskedImage, Rejection

    mask = parse_section(MaskParams, params.augment.mask, "params.yaml", "augment.mask")
    templates_for(params.augment.templates, params.augment.masks, params.augment.holdout_templates)
    photos = unmasked_photos(read_manifest(KEPT, Image), read_manifest(FACES, Face))
    fresh_folder(OUT)
    masker = FaceMasker(params.augment, params.faces, mask, params.seed, Path(), OUT)
    maskings = list(map_records(masker, photos, params.engine.jobs))
    rows = [row for masking in maskings for row in masking.rows]
    rejections = [row for masking in maskings for row in masking.rejections]
    write_manifest(OUT / "masked.parquet", rows, MaskedImage)
    write_manifest(OUT / "rejected.parquet", rejections, Rejection)
    log_counts("augment", len(rows) + len(rejections), len(rows), rejections, unit="masks on unmasked faces")


if __name__ == "__main__":
    command()
