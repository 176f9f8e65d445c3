"""From extractions to the manifests of the faces, row by row."""

from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.core.records import Face, Rejection
from pipeline.faces.extraction import Extraction
from pipeline.storage.manifests import manifest_writer, write_manifest
from pipeline.storage.shards import INDEX, StoredFile


@dataclass(slots=True)
class FacesTaken:
    """How many images have a face that was kept, and every rejection."""

    images: int = 0
    rejections: list[Rejection] = field(default_factory=list)


def write_extractions(extractions: Iterable[Extraction], out: Path, *, index: bool) -> FacesTaken:
    """Write `faces.parquet` and `rejected.parquet` to `out`, and an index of the crops where it is asked for.

    Raises:
        ManifestError: a manifest cannot be written.
    """
    taken = FacesTaken()
    with ExitStack() as stack:
        faces = stack.enter_context(manifest_writer(out / "faces.parquet", Face))
        crops = stack.enter_context(manifest_writer(out / "crops" / INDEX, StoredFile)) if index else None
        for extraction in extractions:
            faces.add(extraction.faces)
            if crops:
                crops.add(extraction.files)
            taken.images += bool(extraction.faces)
            taken.rejections.extend(extraction.rejections)
    write_manifest(out / "rejected.parquet", taken.rejections, Rejection)
    return taken
