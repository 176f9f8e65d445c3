"""Curation of the embedded sample, of which the renderer tells what is a copy of what."""

import csv
import hashlib
from collections import defaultdict
from pathlib import Path

import pytest

from pipeline.core.params import Params
from pipeline.core.records import Image
from pipeline.dedup.curate import Curation, curate
from pipeline.dedup.fingerprints.cache import fingerprint_images
from pipeline.dedup.fingerprints.table import Fingerprints
from tests.dedup.examples import image_row

SAMPLE = Path("samples")


@pytest.fixture(scope="module")
def kinds() -> dict[str, str]:
    """The kind of each file, by its name."""
    with (SAMPLE / "manifest.csv").open(encoding="utf-8", newline="") as file:
        return {Path(row["file"]).name: row["kind"] for row in csv.DictReader(file)}


@pytest.fixture(scope="module")
def images(kinds: dict[str, str]) -> list[Image]:
    files = [SAMPLE / "faces" / name for name, kind in kinds.items() if kind != "damaged"]
    return [
        image_row(file.name, path=str(file), sha256=hashlib.sha256(file.read_bytes()).hexdigest()) for file in files
    ]


@pytest.fixture(scope="module")
def fingerprints(images: list[Image]) -> Fingerprints:
    return fingerprint_images(images, faces=True, cache_folder=None)[0]


@pytest.fixture(scope="module")
def curation(images: list[Image], fingerprints: Fingerprints) -> Curation:
    return curate(images, fingerprints, Params())


def test_exactly_the_planted_duplicates_are_dropped(kinds: dict[str, str], curation: Curation) -> None:
    planted = {frozenset((file, kind.partition(":")[2])) for file, kind in kinds.items() if ":" in kind}
    names = {row.id: row.origin for row in (*curation.kept, *curation.rejected)}
    found = defaultdict(set)
    for row in curation.clusters:
        found[row.cluster].add(names[row.image_id])
    assert {frozenset(cluster) for cluster in found.values()} == planted
    assert len(curation.rejected) == len(planted) == 12


def test_imagehash_gives_the_same_bits_and_links(
    images: list[Image], fingerprints: Fingerprints, curation: Curation
) -> None:
    theirs, _ = fingerprint_images(images, faces=True, hasher="imagehash", cache_folder=None)
    assert len(theirs) == len(images) - 3  # three files are copies of others
    assert theirs == fingerprints
    again = curate(images, theirs, Params())
    assert list(again.links) == list(curation.links)
