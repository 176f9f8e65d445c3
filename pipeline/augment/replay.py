"""Draw one masked picture again from its logged row: the same pixels, given the same parent photo."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from pipeline.augment.photos import list_photos
from pipeline.core.arrays import Points
from pipeline.core.errors import ReplayError, SampleRejected
from pipeline.core.file_names import printable
from pipeline.core.locations import Location, Place, located
from pipeline.core.records import Image, MaskedImage
from pipeline.masks import MaskedFace, MaskParams, MaskRecipe, MaskSynthesizer, load_templates
from pipeline.storage.images import decode_image, read_file

_ANY_FACE = MaskParams(max_yaw_deg=90, max_pitch_deg=90, min_interocular_px=1e-3)
"""What was masked once is masked again, whatever limits the run had."""

_FARTHEST_PX = 1e6
"""From the corner of a photo to a landmark."""


@dataclass(frozen=True, slots=True)
class LoggedMask:
    """What a row says of one masked picture.

    Attributes:
        parent: The photo without the mask.
        parent_sha256: Of its bytes when the mask was put on.
        landmarks: 68 points, `float32 (68, 2)`, exactly as they were rendered from.
        draw: Every drawn value.
    """

    parent: Place
    parent_sha256: str
    landmarks: Points
    draw: MaskRecipe


def replay(logged: LoggedMask, templates: Sequence[Path] | None = None) -> MaskedFace:
    """The picture of a row; `templates` are the folders that the run used, the shipped ones where None is given.

    Raises:
        ReplayError: the parent photo is missing, unreadable or not the one that was masked, or the template is unknown.
    """
    try:
        data = read_file(logged.parent)
        rgb = decode_image(data).rgb
    except SampleRejected as rejected:
        raise ReplayError(f"{logged.parent}: the parent photo cannot be read: {rejected.detail}") from rejected
    found = hashlib.sha256(data).hexdigest()
    if found != logged.parent_sha256:
        raise ReplayError(
            f"{logged.parent}: not the photo that was masked: its sha256 is {found}, "
            f"the row's is {logged.parent_sha256}"
        )
    available = load_templates(templates or None)
    if logged.draw.template not in available:
        raise ReplayError(
            f"template {logged.draw.template!r} is not among {', '.join(sorted(available))}; --templates?"
        )
    return MaskSynthesizer(available, _ANY_FACE).render(rgb, logged.landmarks, logged.draw)


def logged_in_metadata(metadata: Path, number: int, faces: Path) -> LoggedMask:
    """Row `number` (from 0) of a `metadata.jsonl`; `faces` is the folder, or file, that was masked.

    Raises:
        ReplayError: the file cannot be read, it has no such row, or the row has no mask or one that cannot be.
    """
    lines = _lines(metadata)
    if not 0 <= number < len(lines):
        raise ReplayError(f"{metadata}: has {len(lines)} rows, the first is 0; there is no row {number}")
    try:
        row: dict[str, Any] = json.loads(lines[number])
        told = f"{metadata}: row {number}"
        if row["draw"] is None:
            raise ReplayError(f"{metadata}: row {number} ({row['file_name']}) shows the face without a mask")
        landmarks = _landmarks(row["landmarks"], told)
        draw = _recipe(row["draw"], told)
        parent, sha256 = str(row["parent"]), str(row["parent_sha256"])
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise ReplayError(f"{metadata}: row {number} is not one of augment-masks: {str(error)[:200]}") from error
    if (unsafe := leads_out(parent)) is not None:
        raise ReplayError(f"{told}: parent: {printable(parent)[:200]!r}: {unsafe}")
    return LoggedMask(_find_photo(faces, parent), sha256, landmarks, draw)


def _landmarks(values: Any, told: str) -> Points:
    """68 points within what a photo can have.

    Raises:
        ReplayError: a number is not finite or lies far outside any photo.
        ValueError, TypeError, OverflowError: they are no 136 numbers.
    """
    points = np.array(values, dtype=np.float64).reshape(68, 2)
    if not np.all(np.abs(points) <= _FARTHEST_PX):
        raise ReplayError(f"{told}: landmarks: a number is not finite or beyond {_FARTHEST_PX} px")
    return points.astype(np.float32)


def leads_out(name: str) -> str | None:
    """Why a name in a row is none of a file below the folder, or None.

    >>> leads_out("a/../../b.jpg"), leads_out("a/b.jpg")
    ('leads out of the folder', None)
    """
    path = PurePosixPath(name)
    if "\0" in name or not path.parts:
        return "is no name of a file"
    return "leads out of the folder" if path.is_absolute() or ".." in path.parts else None


def _recipe(text: str, row: str) -> MaskRecipe:
    try:
        return MaskRecipe.from_json(text)
    except ReplayError as error:
        raise ReplayError(f"{row}: {error}") from error


def _lines(metadata: Path) -> list[str]:
    try:
        return metadata.read_text(encoding="utf-8").removesuffix("\n").split("\n")  # names may hold other line ends
    except (OSError, UnicodeDecodeError) as error:
        raise ReplayError(f"{metadata}: cannot be read: {error}") from error


def _find_photo(faces: Path, name: str) -> Path:
    if not faces.exists():
        raise ReplayError(f"{faces}: does not exist; --faces names the folder that was masked")
    direct = faces / name
    if direct.is_file():
        return direct
    found = [photo.path for photo in list_photos(faces).photos if photo.name == name]  # names may be escaped
    if not found:
        raise ReplayError(f"{direct}: the parent photo is missing; --faces names the folder that was masked")
    return found[0]


def logged_in_manifest(masked: Path, row_id: str, kept: Path, root: Location) -> LoggedMask:
    """The row of a `masked.parquet` with that id; `kept` is the manifest of its parents, whose paths begin at `root`.

    Raises:
        ReplayError: there is no such row, its parent is not in `kept`, or its mask cannot be.
        ManifestError: a manifest cannot be read.
    """
    from pipeline.storage.manifests import read_manifest  # noqa: PLC0415 - an extra brings what it needs

    row = next((row for row in read_manifest(masked, MaskedImage) if row.id == row_id), None)
    if row is None:
        raise ReplayError(f"{masked}: no row has the id {row_id!r}")
    image = next((image for image in read_manifest(kept, Image) if image.id == row.image_id), None)
    if image is None:
        raise ReplayError(f"{kept}: the parent photo {row.image_id} is not in it")
    told = f"{masked}: row {row_id}"
    try:
        landmarks = _landmarks(row.landmarks, told)
    except ValueError as error:
        raise ReplayError(f"{told}: landmarks: {error}") from error
    draw = _recipe(row.draw, told)
    return LoggedMask(located(root, image.path), row.parent_sha256, landmarks, draw)
