"""Pairs of pictures that are known to show one photo, for measuring the duplicate search."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

from pipeline.core.arrays import Rgb
from pipeline.core.errors import SampleRejected, SourceError
from pipeline.dedup.fingerprints.face_patch import FaceAligner, make_aligner
from pipeline.dedup.fingerprints.fingerprint import DRAFT_SIDE_PX, Fingerprint, fingerprint
from pipeline.storage.images import EXTENSIONS, Decoded, read_image

KnownPairs = tuple[list[Fingerprint], list[Fingerprint]]
_aligner = cache(make_aligner)


def paired_by_name(bare: Path, masked: Path, limit: int, faces: bool) -> KnownPairs:
    """Fingerprints of the files that stand in both folders under one stem.

    Raises:
        SourceError: no stem is in both.
    """
    twins = {file.stem: file for file in _images(masked)}
    files = [(file, twins[file.stem]) for file in _images(bare) if file.stem in twins][:limit]
    if not files:
        raise SourceError(f"{bare} and {masked}: no file name stands in both")
    align = _aligner() if faces else None
    rows = [
        (first, second)
        for one, other in files
        if (first := _of_file(one, align)) is not None and (second := _of_file(other, align)) is not None
    ]
    return [first for first, _ in rows], [second for _, second in rows]


def generated_copies(photos: Path, change: Callable[[Rgb], Rgb], limit: int, faces: bool) -> KnownPairs:
    """Fingerprints of the photos and of the copies that `change` makes of them.

    Raises:
        SourceError: there is no readable photo.
    """
    align = _aligner() if faces else None
    originals: list[Fingerprint] = []
    copies: list[Fingerprint] = []
    for file in _images(photos)[:limit]:
        try:
            rgb = read_image(file, draft_side_px=DRAFT_SIDE_PX).rgb
        except SampleRejected:  # not a photo to make copies of; the count that is printed shows it
            continue
        originals.append(_of_pixels(f"{file.name} as it is", rgb, align))
        copies.append(_of_pixels(f"{file.name} changed", change(rgb), align))
    if not originals:
        raise SourceError(f"{photos}: no readable image in it")
    return originals, copies


def _images(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.suffix.lower() in EXTENSIONS and file.is_file())


def _of_file(file: Path, align: FaceAligner | None) -> Fingerprint | None:
    try:
        return fingerprint(str(file), read_image(file, draft_side_px=DRAFT_SIDE_PX), align)
    except SampleRejected:  # a pair with an unreadable half is no pair; the count that is printed shows it
        return None


def _of_pixels(name: str, rgb: Rgb, align: FaceAligner | None) -> Fingerprint:
    return fingerprint(name, Decoded(rgb, "", "RGB", None), align)
