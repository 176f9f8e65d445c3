"""When each image came here: kept beside the stage's outputs, which must not depend on the clock."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pipeline.core.records import Image
from pipeline.storage.manifests import read_manifest, write_manifest


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """One image's arrival; what else is known about it stands in its `Image` row.

    Attributes:
        fetched_at: ISO 8601 in UTC: when it was fetched, or first taken in where the user brought it.
    """

    id: str
    sha256: str
    source: str
    origin: str
    fetched_at: str


def write_provenance(path: Path, images: Iterable[Image], fetched: dict[str, str], now: str) -> None:
    """Write the side file; an image that was here before, with the same content, keeps its time.

    `fetched` gives the time by origin where it is known, `now` stands in for the others.
    """
    known = {(row.id, row.sha256): row.fetched_at for row in read_manifest(path, Provenance)} if path.is_file() else {}
    rows = (
        Provenance(
            id=image.id,
            sha256=image.sha256,
            source=image.source,
            origin=image.origin,
            fetched_at=fetched.get(image.origin) or known.get((image.id, image.sha256)) or now,
        )
        for image in images
    )
    write_manifest(path, rows, Provenance)
