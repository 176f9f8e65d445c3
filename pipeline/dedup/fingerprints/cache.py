"""Fingerprints on disk, by content: a rerun after adding a source decodes only what is new."""

from collections.abc import Callable, Container, Generator, Iterable, Iterator, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from pipeline.columns.ids import EqualValues
from pipeline.columns.image_table import ImageRows
from pipeline.core.errors import SampleRejected
from pipeline.core.locations import Location, located
from pipeline.core.params import EngineParams, HasherName
from pipeline.core.paths import FINGERPRINTS
from pipeline.core.records import Image, Rejection
from pipeline.dedup.fingerprints.face_patch import FaceAligner, make_aligner
from pipeline.dedup.fingerprints.fingerprint import (
    DRAFT_SIDE_PX,
    Fingerprint,
    fingerprint,
    fingerprint_grey,
    fingerprint_version,
)
from pipeline.dedup.fingerprints.table import Fingerprints
from pipeline.engine import map_records
from pipeline.storage.images import read_grey, read_image
from pipeline.storage.manifests import iterate_manifest, write_manifest

_SAVE_EVERY = 256
"""Fingerprints after which they are saved: what a kill can lose at most."""


class _ByContent(Protocol):
    @property
    def sha256(self) -> str: ...


Row = TypeVar("Row", bound=_ByContent)
Mapper = Callable[..., Generator[Any, None, None]]
"""As `map_records`: a generator of results in the items' order."""


class Store(Protocol[Row]):
    """Holds rows by content; of several of one content the last counts."""

    def add(self, row: Row) -> None:
        """Take one more."""

    def __contains__(self, sha256: object) -> bool: ...
    def __iter__(self) -> Iterator[str]: ...
    def __getitem__(self, sha256: str) -> Row: ...


class Rows(dict[str, Row]):
    """A store of few or small rows."""

    def add(self, row: Row) -> None:
        """Take one more."""
        self[row.sha256] = row


def fingerprint_images(
    images: Sequence[Image],
    *,
    faces: bool,
    hasher: HasherName = "fast",
    engine: EngineParams | None = None,
    cache_folder: Path | None = FINGERPRINTS,
    root: Location = Path(),
    mapper: Mapper = map_records,
) -> tuple[Fingerprints, list[Rejection]]:
    """The fingerprint of each content by its sha256, and a rejection for each image that can't be decoded.

    Fingerprints of contents that no image has may be among them, where the cache holds such.

    Args:
        images: Rows; of several with one content, one is decoded.
        faces: Whether to look for faces too: far slower, but it finds crops and rotated copies.
        hasher: Who computes the hashes.
        engine: Who works, as in `map_records`.
        cache_folder: Where fingerprints stay between runs; None keeps none. Failures are never cached.
        root: What the rows' paths begin at.
        mapper: What is called as `map_records` is.

    Raises:
        ModuleNotFoundError: the hasher is not installed.
    """
    version = fingerprint_version(faces, hasher)
    stored = None if cache_folder is None else cache_folder / f"{version}.parquet"
    if cache_folder is not None:
        cache_folder.mkdir(parents=True, exist_ok=True)
    compute = partial(_fingerprint_with_face if faces else _fingerprint_file, root, hasher)
    found = Fingerprints(cache_folder)
    return found, cached_by_content(images, Fingerprint, compute, stored, partial(mapper, engine=engine), into=found)


def cached_by_content(
    images: Sequence[Image],
    record: type[Row],
    compute: Callable[[Image], Row | SampleRejected],
    stored: Path | None,
    mapper: Mapper,
    *,
    into: Store[Row],
) -> list[Rejection]:
    """Put what `compute` tells of each content `into` a store, read from `stored` where it is known.

    Gives a rejection for each image of which it tells none. `mapper` is called as `map_records` is, with the engine
    chosen.
    """
    rows = ImageRows.of(images)
    for row in _stored_rows(stored, record) if stored is not None else ():
        into.add(row)
    fresh = rows.taken(_one_a_content(rows, into))
    results = mapper(compute, fresh, crashed=lambda _, verdict: verdict)
    failed, found = _collected(zip(fresh.texts("sha256"), results, strict=True), into, record, stored)
    if stored is not None and (found or _parts_of(stored)):
        write_manifest(stored, (into[key] for key in sorted(into)), record)
        for part in _parts_of(stored):
            part.unlink()
    return [_rejection(image, failed[image.sha256]) for image in rows if image.sha256 in failed] if failed else []


def _one_a_content(rows: ImageRows, known: Container[object]) -> NDArray[np.int64]:
    """The place of one image of each content that isn't known, in the images' order."""
    unknown = np.array([key not in known for key in rows.texts("sha256")], dtype=bool)
    values = EqualValues(np.arange(len(rows)), rows.texts("sha256")).firsts()
    return np.asarray(values[unknown[values]])


def _stored_rows(stored: Path, record: type[Row]) -> Iterator[Row]:
    """What earlier runs computed, those included that were killed at it."""
    for path in (stored, *_parts_of(stored)):
        if path.is_file():
            yield from iterate_manifest(path, record)


def _parts_of(stored: Path) -> list[Path]:
    return sorted(stored.parent.glob(f"{stored.stem}.after-*.parquet"))


def _collected(
    results: Iterable[tuple[str, Row | SampleRejected]], into: Store[Row], record: type[Row], stored: Path | None
) -> tuple[dict[str, SampleRejected], int]:
    """What failed, by content, and how many were found; what was found is saved as it comes."""
    failed: dict[str, SampleRejected] = {}
    found = 0
    unsaved: list[Row] = []
    for key, result in results:
        if isinstance(result, SampleRejected):
            failed[key] = result
            continue
        into.add(result)
        unsaved.append(result)
        found += 1
        if len(unsaved) == _SAVE_EVERY:
            if stored is not None:
                write_manifest(stored.with_name(f"{stored.stem}.after-{key}.parquet"), unsaved, record)
            unsaved = []
    return failed, found


def _fingerprint_file(root: Location, hasher: HasherName, image: Image) -> Fingerprint | SampleRejected:
    try:
        decoded = read_grey(located(root, image.path), draft_side_px=DRAFT_SIDE_PX)
        return fingerprint_grey(image.sha256, decoded, hasher)
    except SampleRejected as verdict:
        return verdict


def _fingerprint_with_face(root: Location, hasher: HasherName, image: Image) -> Fingerprint | SampleRejected:
    try:
        decoded = read_image(located(root, image.path), draft_side_px=DRAFT_SIDE_PX)
        return fingerprint(image.sha256, decoded, _aligner(), hasher)
    except SampleRejected as verdict:
        return verdict


@cache
def _aligner() -> FaceAligner:
    """One detector for each process."""
    return make_aligner()


def _rejection(image: Image, verdict: SampleRejected) -> Rejection:
    return Rejection(id=image.id, stage="dedup", reason=verdict.reason, detail=verdict.detail, origin=image.origin)
