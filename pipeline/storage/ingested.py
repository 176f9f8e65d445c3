"""The images that every source has brought: what comes after `ingest` reads them from here."""

from pathlib import Path

from pipeline.core.paths import IMAGES, RAW
from pipeline.core.records import Image
from pipeline.storage.manifests import read_manifests


def ingested_manifests(root: Path) -> list[Path]:
    """The manifest of every source that has been ingested, sorted by the sources' names."""
    return sorted((root / RAW).glob(f"*/{IMAGES}"))


def ingested_images(root: Path) -> list[Image]:
    """The images of every source that has been ingested.

    Raises:
        ManifestError: a manifest is damaged.
    """
    return read_manifests(ingested_manifests(root), Image)
