"""Fingerprints on disk, by content: a rerun after adding a source decodes only what is new."""

from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

from pipeline.curation.face_alignment import FaceAligner, make_aligner
from pipeline.curation.fingerprints import DRAFT_SIDE_PX, Fingerprint, fingerprint, fingerprint_version
from pipeline.engine import map_records
from pipeline.errors import SampleRejected
from pipeline.images import read_image
from pipeline.manifests import read_manifest, write_manifest
from pipeline.records import Image, Rejection

CACHE = Path(".cache/fingerprints")


def fingerprint_images(
    images: Sequence[Image], *, faces: bool, jobs: int = 1, cache_folder: Path | None = CACHE
) -> tuple[dict[str, Fingerprint], list[Rejection]]:
    """The fingerprint of each content by its sha256, and a rejection for each image that can't be decoded.

    Args:
        images: Rows whose `path` is readable from here; of several with one content, one is decoded.
        faces: Whether to look for faces too: far slower, but it finds crops and rotated copies.
        jobs: Workers, as in `map_records`.
        cache_folder: Where fingerprints stay between runs; None keeps none. Failures are never cached.
    """
    stored = None if cache_folder is None else cache_folder / f"{fingerprint_version(faces)}.parquet"
    known = {row.sha256: row for row in read_manifest(stored, Fingerprint)} if stored and stored.is_file() else {}
    fresh = {image.sha256: image for image in images if image.sha256 not in known}
    found, failed = _compute(fresh.values(), faces, jobs)
    if stored is not None and found:
        rows = known | found
        write_manifest(stored, (rows[key] for key in sorted(rows)), Fingerprint)
    rejections = [_rejection(image, failed[image.sha256]) for image in images if image.sha256 in failed]
    wanted = {image.sha256 for image in images}
    return {key: row for key, row in (known | found).items() if key in wanted}, rejections


def _compute(
    images: Iterable[Image], faces: bool, jobs: int
) -> tuple[dict[str, Fingerprint], dict[str, SampleRejected]]:
    found: dict[str, Fingerprint] = {}
    failed: dict[str, SampleRejected] = {}
    tasks = list(images)
    results = map_records(_fingerprint_with_face if faces else _fingerprint_file, tasks, jobs)
    for image, result in zip(tasks, results, strict=True):
        if isinstance(result, Fingerprint):
            found[image.sha256] = result
        else:
            failed[image.sha256] = result
    return found, failed


def _fingerprint_file(image: Image, align: FaceAligner | None = None) -> Fingerprint | SampleRejected:
    try:
        return fingerprint(image.sha256, read_image(Path(image.path), draft_side_px=DRAFT_SIDE_PX), align)
    except SampleRejected as verdict:
        return verdict


def _fingerprint_with_face(image: Image) -> Fingerprint | SampleRejected:
    return _fingerprint_file(image, _aligner())


@cache
def _aligner() -> FaceAligner:
    """One detector for each process."""
    return make_aligner()


def _rejection(image: Image, verdict: SampleRejected) -> Rejection:
    return Rejection(id=image.id, stage="dedup", reason=verdict.reason, detail=verdict.detail, origin=image.origin)
