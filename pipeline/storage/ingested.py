"""The images that every source has brought: what comes after `ingest` reads them from here."""

from collections.abc import Iterable
from pathlib import Path

from pipeline.core.paths import IMAGES, RAW
from pipeline.core.records import Image
from pipeline.storage.manifests import read_manifests


def ingested_manifests(root: Path, sources: Iterable[str] | None = None) -> list[Path]:
    """The manifests of these sources that are there, sorted by name; None takes every source ever ingested."""
    found = sorted((root / RAW).glob(f"*/{IMAGES}"))
    return found if sources is None else [path for path in found if path.parent.name in set(sources)]


def ingested_images(root: Path, sources: Iterable[str] | None = None) -> list[Image]:
    """The images of these sources; None takes every source ever ingested.

    Raises:
        ManifestError: a manifest is damaged.
    """
    return read_manifests(ingested_manifests(root, sources), Image)
