"""Fingerprints on disk, by content: a rerun after adding a source decodes only what is new."""

from collections.abc import Callable, Generator, Iterable, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any, Protocol, TypeVar

from pipeline.config import EngineParams
from pipeline.curation.face_alignment import FaceAligner, make_aligner
from pipeline.curation.fingerprints import (
    DRAFT_SIDE_PX,
    Fingerprint,
    fingerprint,
    fingerprint_grey,
    fingerprint_version,
)
from pipeline.engine import map_records
from pipeline.errors import SampleRejected
from pipeline.images import read_grey, read_image
from pipeline.manifests import read_manifests, write_manifest
from pipeline.places import Location, located
from pipeline.records import Image, Rejection

CACHE = Path(".cache/fingerprints")
_SAVE_EVERY = 256
"""Fingerprints after which they are saved: what a kill can lose at most."""


class _ByContent(Protocol):
    @property
    def sha256(self) -> str: ...


Row = TypeVar("Row", bound=_ByContent)
Mapper = Callable[..., Generator[Any, None, None]]
"""As `map_records`: a generator of results in the items' order."""


def fingerprint_images(
    images: Sequence[Image],
    *,
    faces: bool,
    engine: EngineParams | None = None,
    cache_folder: Path | None = CACHE,
    root: Location = Path(),
    mapper: Mapper = map_records,
) -> tuple[dict[str, Fingerprint], list[Rejection]]:
    """The fingerprint of each content by its sha256, and a rejection for each image that can't be decoded.

    Args:
        images: Rows; of several with one content, one is decoded.
        faces: Whether to look for faces too: far slower, but it finds crops and rotated copies.
        engine: Who works, as in `map_records`.
        cache_folder: Where fingerprints stay between runs; None keeps none. Failures are never cached.
        root: What the rows' paths begin at.
        mapper: What is called as `map_records` is.
    """
    stored = None if cache_folder is None else cache_folder / f"{fingerprint_version(faces)}.parquet"
    compute = partial(_fingerprint_with_face if faces else _fingerprint_file, root)
    return cached_by_content(images, Fingerprint, compute, stored, partial(mapper, engine=engine))


def cached_by_content(
    images: Sequence[Image],
    record: type[Row],
    compute: Callable[[Image], Row | SampleRejected],
    stored: Path | None,
    mapper: Mapper,
) -> tuple[dict[str, Row], list[Rejection]]:
    """What `compute` tells of each content by its sha256, read from `stored` where it is known, and what failed.

    `mapper` is called as `map_records` is, with the engine chosen.
    """
    known = {} if stored is None else {row.sha256: row for row in _stored_rows(stored, record)}
    fresh = {image.sha256: image for image in images if image.sha256 not in known}
    results = mapper(compute, list(fresh.values()), crashed=lambda _, verdict: verdict)
    found, failed = _collected(zip(fresh, results, strict=True), record, stored)
    if stored is not None and (found or _parts_of(stored)):
        rows = known | found
        write_manifest(stored, (rows[key] for key in sorted(rows)), record)
        for part in _parts_of(stored):
            part.unlink()
    rejections = [_rejection(image, failed[image.sha256]) for image in images if image.sha256 in failed]
    wanted = {image.sha256 for image in images}
    return {key: row for key, row in (known | found).items() if key in wanted}, rejections


def _stored_rows(stored: Path, record: type[Row]) -> list[Row]:
    """What earlier runs computed, those included that were killed at it."""
    return read_manifests([path for path in (stored, *_parts_of(stored)) if path.is_file()], record)


def _parts_of(stored: Path) -> list[Path]:
    return sorted(stored.parent.glob(f"{stored.stem}.after-*.parquet"))


def _collected(
    results: Iterable[tuple[str, Row | SampleRejected]], record: type[Row], stored: Path | None
) -> tuple[dict[str, Row], dict[str, SampleRejected]]:
    """What was found and what failed, by content; what was found is saved as it comes."""
    found: dict[str, Row] = {}
    failed: dict[str, SampleRejected] = {}
    for key, result in results:
        if isinstance(result, SampleRejected):
            failed[key] = result
            continue
        found[key] = result
        if stored is not None and len(found) % _SAVE_EVERY == 0:
            part = stored.with_name(f"{stored.stem}.after-{key}.parquet")
            write_manifest(part, list(found.values())[-_SAVE_EVERY:], record)
    return found, failed


def _fingerprint_file(root: Location, image: Image) -> Fingerprint | SampleRejected:
    try:
        return fingerprint_grey(image.sha256, read_grey(located(root, image.path), draft_side_px=DRAFT_SIDE_PX))
    except SampleRejected as verdict:
        return verdict


def _fingerprint_with_face(root: Location, image: Image) -> Fingerprint | SampleRejected:
    try:
        decoded = read_image(located(root, image.path), draft_side_px=DRAFT_SIDE_PX)
        return fingerprint(image.sha256, decoded, _aligner())
    except SampleRejected as verdict:
        return verdict


@cache
def _aligner() -> FaceAligner:
    """One detector for each process."""
    return make_aligner()


def _rejection(image: Image, verdict: SampleRejected) -> Rejection:
    return Rejection(id=image.id, stage="dedup", reason=verdict.reason, detail=verdict.detail, origin=image.origin)
