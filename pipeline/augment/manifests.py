"""From maskings to the manifests of the masked pictures, row by row."""

from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.augment.manifest_masker import Masking
from pipeline.core.records import MaskedImage, Rejection
from pipeline.storage.manifests import ManifestWriter, manifest_writer, write_manifest
from pipeline.storage.shards import INDEX, StoredFile


@dataclass(slots=True)
class MasksMade:
    """How many pictures there are, and every rejection."""

    pictures: int = 0
    rejections: list[Rejection] = field(default_factory=list)


def write_maskings(maskings: Iterable[Masking], out: Path, *, index: bool) -> MasksMade:
    """Write `masked.parquet` and `rejected.parquet` to `out`, and where asked an index of each folder of pictures.

    Raises:
        ManifestError: a manifest cannot be written.
    """
    made = MasksMade()
    indexes: dict[str, ManifestWriter] = {}
    with ExitStack() as stack:
        rows = stack.enter_context(manifest_writer(out / "masked.parquet", MaskedImage))
        for masking in maskings:
            rows.add(masking.rows)
            made.rejections.extend(masking.rejections)
            for file in masking.files if index else ():
                folder = Path(file.shard).parent.name
                if folder not in indexes:
                    indexes[folder] = stack.enter_context(manifest_writer(out / folder / INDEX, StoredFile))
                indexes[folder].add([file])
        made.pictures = rows.rows
    write_manifest(out / "rejected.parquet", made.rejections, Rejection)
    return made
