"""Pairs of pictures that are known to show one photo, for measuring the duplicate search."""

import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

from pipeline.core.arrays import Rgb
from pipeline.core.errors import SampleRejected, SourceError
from pipeline.core.records import MASK_TYPES
from pipeline.dedup.fingerprints.face_patch import FaceAligner, make_aligner
from pipeline.dedup.fingerprints.fingerprint import DRAFT_SIDE_PX, Fingerprint, fingerprint
from pipeline.sources.offers import Refusal
from pipeline.sources.photo_files import photo_files
from pipeline.storage.images import Decoded, read_image

KnownPairs = tuple[list[Fingerprint], list[Fingerprint]]
Unread = dict[Path, str]
"""What couldn't be read, and why; the functions that meet such a file add it."""
_OF_TYPE = re.compile(rf"-({'|'.join(MASK_TYPES)}|all)\d+\Z")
_aligner = cache(make_aligner)


def paired_by_name(bare: Path, masked: Path, limit: int, faces: bool, unread: Unread) -> KnownPairs:
    """Fingerprints of the files that stand in both folders under one stem, or as `augment-masks` names one face's.

    A pair with a half that goes to `unread` is no pair.

    Raises:
        SourceError: no stem is in both.
    """
    twins = {_shared(file): file for file in listed_photos(masked, unread)}
    files = [(file, twins[_shared(file)]) for file in listed_photos(bare, unread) if _shared(file) in twins][:limit]
    if not files:
        raise SourceError(f"{bare} and {masked}: no file name stands in both")
    align = _aligner() if faces else None
    rows = [
        (first, second)
        for one, other in files
        if (first := _of_file(one, align, unread)) is not None
        and (second := _of_file(other, align, unread)) is not None
    ]
    return [first for first, _ in rows], [second for _, second in rows]


def _shared(file: Path) -> str:
    """What the names of a pair have in common: `a-0` of `a-0-none0.jpg` and `a-0-cloth0.jpg`."""
    return _OF_TYPE.sub("", file.stem)


def generated_copies(photos: Path, change: Callable[[Rgb], Rgb], limit: int, faces: bool, unread: Unread) -> KnownPairs:
    """Fingerprints of the photos and of the copies that `change` makes of them; others go to `unread`.

    Raises:
        SourceError: there is no readable photo.
    """
    align = _aligner() if faces else None
    originals: list[Fingerprint] = []
    copies: list[Fingerprint] = []
    for file in list(listed_photos(photos, unread))[:limit]:
        try:
            rgb = read_image(file, draft_side_px=DRAFT_SIDE_PX).rgb
        except SampleRejected as error:
            unread[file] = str(error)
            continue
        originals.append(_of_pixels(f"{file.name} as it is", rgb, align))
        copies.append(_of_pixels(f"{file.name} changed", change(rgb), align))
    if not originals:
        raise SourceError(f"{photos}: no readable image in it")
    return originals, copies


def listed_photos(folder: Path, unread: Unread) -> Iterator[Path]:
    """The photos of a folder in the order of their names; what can't be looked at goes to `unread`."""
    for found in photo_files(folder):
        if isinstance(found, Refusal):
            unread[folder / found.origin] = f"{found.reason}: {found.detail}"
        else:
            yield found[1]


def _of_file(file: Path, align: FaceAligner | None, unread: Unread) -> Fingerprint | None:
    try:
        return fingerprint(str(file), read_image(file, draft_side_px=DRAFT_SIDE_PX), align)
    except SampleRejected as error:
        unread[file] = str(error)
        return None


def _of_pixels(name: str, rgb: Rgb, align: FaceAligner | None) -> Fingerprint:
    return fingerprint(name, Decoded(rgb, "", "RGB", None), align)
