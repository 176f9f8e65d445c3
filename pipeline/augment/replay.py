"""Draw one masked picture again from its logged row: the same pixels, given the same parent photo."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.augment.overlap import Head
from pipeline.augment.photos import list_photos
from pipeline.augment.request import shows_scene
from pipeline.augment.scene_masker import painted
from pipeline.core.arrays import Points, Rgb
from pipeline.core.errors import ReplayError, SampleRejected
from pipeline.core.file_names import leads_out, printable
from pipeline.core.locations import Location, Place, located
from pipeline.core.records import Face, Image, MaskedImage
from pipeline.masks import MaskParams, MaskRecipe, MaskSynthesizer, load_templates
from pipeline.storage.images import decode_image, read_file
from pipeline.storage.synthetic_mark import SyntheticMark

_ANY_FACE = MaskParams(max_yaw_deg=90, max_pitch_deg=90, min_interocular_px=1e-3)
"""What was masked once is masked again, whatever limits the run had."""

_FARTHEST_PX = 1e6
"""From the corner of a photo to a landmark."""


@dataclass(frozen=True, slots=True)
class LoggedMask:
    """One mask: every drawn value, and the 68 points `float32 (68, 2)` exactly as it was rendered from."""

    landmarks: Points
    draw: MaskRecipe


@dataclass(frozen=True, slots=True)
class LoggedPicture:
    """What a table says of one picture.

    Attributes:
        parent: The photo without masks.
        parent_sha256: Of its bytes when the masks were put on.
        masks: All that were put on.
        heads: The landmarks of every face that hides what lies behind it; none where one face alone was masked.
        mark: What the picture says of itself.
    """

    parent: Place
    parent_sha256: str
    masks: tuple[LoggedMask, ...]
    heads: tuple[Points, ...] = ()
    mark: SyntheticMark = field(default_factory=SyntheticMark)


def replay(logged: LoggedPicture, templates: Sequence[Path] | None = None) -> Rgb:
    """The picture of a row; `templates` are the folders that the run used, the shipped ones where None is given.

    Raises:
        ReplayError: the parent photo is missing, unreadable or not the one that was masked, or a template is unknown.
    """
    rgb = _parent(logged)
    available = load_templates(templates or None)
    for name in (mask.draw.template for mask in logged.masks):
        if name not in available:
            raise ReplayError(f"template {name!r} is not among {', '.join(sorted(available))}; --templates?")
    synthesizer, heads = MaskSynthesizer(available, _ANY_FACE), [Head.at(points) for points in logged.heads]
    masks = [(Head.at(mask.landmarks), mask.draw) for mask in logged.masks]
    for head, draw in sorted(masks, key=lambda mask: mask[0].nearness):
        rgb = painted(synthesizer, rgb, draw, head, heads).on(rgb).rgb
    return rgb


def _parent(logged: LoggedPicture) -> Rgb:
    """The photo without masks, known to be the one that was masked."""
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
    return rgb


def logged_in_metadata(metadata: Path, number: int, faces: Path) -> LoggedPicture:
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
        masks, heads = _of_scene(row, told) if "objects" in row else (_of_face(row, told), ())
        if not masks:
            raise ReplayError(f"{metadata}: row {number} ({row['file_name']}) shows the face without a mask")
        parent, sha256 = str(row["parent"]), str(row["parent_sha256"])
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise ReplayError(f"{metadata}: row {number} is not one of augment-masks: {str(error)[:200]}") from error
    if (unsafe := leads_out(parent)) is not None:
        raise ReplayError(f"{told}: parent: {printable(parent)[:200]!r}: {unsafe}")
    return LoggedPicture(_find_photo(faces, parent), sha256, masks, heads, _mark(row))


def _mark(row: dict[str, Any]) -> SyntheticMark:
    """As far as the row says it; rows that were written at first have no id."""
    identifier, licence, author = (
        value if isinstance(value := row.get(name), str) else None for name in ("id", "licence", "author")
    )
    return SyntheticMark(identifier, licence, author)


def _of_face(row: dict[str, Any], told: str) -> tuple[LoggedMask, ...]:
    """The mask of a row about one face, if it has one."""
    if row["draw"] is None:
        return ()
    return (LoggedMask(_landmarks(row["landmarks"], told), _recipe(row["draw"], told)),)


def _of_scene(row: dict[str, Any], told: str) -> tuple[tuple[LoggedMask, ...], tuple[Points, ...]]:
    """The masks of a row about all faces of a photo, and the landmarks of all its faces."""
    objects, ignored = row["objects"], row["ignored"]
    faces = [_landmarks(points, told) for points in objects["landmarks"]]
    masks = (
        LoggedMask(face, _recipe(draw, told))
        for face, draw in zip(faces, objects["draw"], strict=True)
        if draw is not None
    )
    others = (_landmarks(points, told) for points in ignored["landmarks"] if points is not None)
    return tuple(masks), (*faces, *others)


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


def _recipe(drawn: str | dict[str, Any], row: str) -> MaskRecipe:
    """What was drawn: an object, or the text of one, as rows were written at first."""
    try:
        return MaskRecipe.from_json(drawn if isinstance(drawn, str) else json.dumps(drawn))
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


@dataclass(frozen=True, slots=True)
class Manifests:
    """Where the stages' tables are: masked pictures, kept photos, faces; the photos' paths begin at `root`."""

    masked: Path
    kept: Path
    faces: Path
    root: Location


def logged_in_manifest(tables: Manifests, row_id: str) -> LoggedPicture:
    """The picture of the row of a `masked.parquet` with that id, with all masks that it shows.

    Raises:
        ReplayError: there is no such row, its parent is not among the kept photos, or its mask cannot be.
        ManifestError: a manifest cannot be read.
    """
    from pipeline.storage.manifests import read_manifest  # noqa: PLC0415 - an extra brings what it needs

    rows = read_manifest(tables.masked, MaskedImage)
    row = next((row for row in rows if row.id == row_id), None)
    if row is None:
        raise ReplayError(f"{tables.masked}: no row has the id {row_id!r}")
    image = next((image for image in read_manifest(tables.kept, Image) if image.id == row.image_id), None)
    if image is None:
        raise ReplayError(f"{tables.kept}: the parent photo {row.image_id} is not in it")
    parent = located(tables.root, image.path)
    if not shows_scene(row.id):
        mark = SyntheticMark(row.id, image.licence, image.author)
        return LoggedPicture(parent, row.parent_sha256, (_logged(row, tables.masked),), mark=mark)
    masks = tuple(_logged(other, tables.masked) for other in rows if other.path == row.path)
    faces = [face for face in read_manifest(tables.faces, Face) if face.image_id == row.image_id]
    heads = tuple(_points(face.landmarks, f"{tables.faces}: row {face.id}") for face in faces)
    mark = SyntheticMark(f"{image.id}-{row.id.rpartition('-')[2]}", image.licence, image.author)
    return LoggedPicture(parent, row.parent_sha256, masks, heads, mark)


def _logged(row: MaskedImage, table: Path) -> LoggedMask:
    told = f"{table}: row {row.id}"
    return LoggedMask(_points(row.landmarks, told), _recipe(row.draw, told))


def _points(values: Sequence[float], told: str) -> Points:
    """As `_landmarks`, for the flat numbers of a manifest.

    Raises:
        ReplayError: they are no 68 points of a photo.
    """
    try:
        return _landmarks(values, told)
    except ValueError as error:
        raise ReplayError(f"{told}: landmarks: {error}") from error
