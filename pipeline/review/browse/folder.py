"""The pictures of an output of `augment-masks`, from its two tables."""

import json
import os
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from pipeline.augment.imagefolder import METADATA, REJECTED, rejections_beside
from pipeline.augment.photos import MARKER
from pipeline.core.errors import ManifestError
from pipeline.core.file_names import printable
from pipeline.core.params import FacesParams
from pipeline.faces.crops import square_around
from pipeline.faces.detectors import Box
from pipeline.review.browse.metadata import PictureRow, RejectedRow, leads_down, pictures_of_line, rejection_of_line
from pipeline.review.browse.records import (
    Cut,
    Facets,
    Key,
    Outline,
    Record,
    Relative,
    Scores,
    pose_of,
    quality_of,
    size_of_face,
    whole_picture,
)
from pipeline.storage.whole_files import size_of

_LONGEST_LINE = 1 << 26
_MOST_SOURCES = 50
_DRAWN = frozenset({"polygon", "landmarks"})


@dataclass(frozen=True, slots=True)
class DamagedLine:
    """A line of a table that isn't a row of it; `origin` names both."""

    origin: str
    problem: str


@dataclass(frozen=True, slots=True)
class _Faces:
    """What a picture's record takes from other rows.

    Attributes:
        bare: The bare picture of each face that has one, by photo and index.
        beside: The faces of each picture that has several.
        folders: In which folders the photos are, the first of each path.
    """

    bare: dict[tuple[str, int | None], str] = field(default_factory=dict)
    beside: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    folders: set[str] = field(default_factory=set)

    def take(self, row: PictureRow) -> None:
        """Add one row."""
        if row.mask_type == "none" and row.parent is not None:
            self.bare[row.parent, row.face_index] = _id_of(row)
        if _has_several(row):
            self.beside[row.file_name].append(_id_of(row))
        if len(self.folders) <= _MOST_SOURCES:
            self.folders.add(_first_folder(row.parent))


def _first_folder(parent: str | None) -> str:
    folder, slash, _ = (parent or "").partition("/")
    return folder if slash else ""


@dataclass(frozen=True)
class Output:
    """The records of an OUT folder; `faces` is the folder that was masked, where it is known.

    Raises:
        ManifestError: a table can't be read.
    """

    folder: Path
    faces: Path | None = None

    @property
    def title(self) -> str:
        """The name of the folder."""
        return printable(self.folder.resolve().name)

    def keys(self) -> Iterator[Key]:
        """The pictures in the order of their table, then what was rejected, then lines that are no rows."""
        damaged = []
        for row in self._pictures():
            if isinstance(row, DamagedLine):
                damaged.append(Key(row.origin))
            else:
                yield self._key_of(row)
        for number, rejected in enumerate(self._rejections(), 1):
            if isinstance(rejected, DamagedLine):
                damaged.append(Key(rejected.origin))
            else:
                yield _key_of_rejected(number)
        yield from damaged

    def records(self) -> Iterator[Record]:
        """As `keys`, with all that the tables tell."""
        damaged = []
        for row in self._pictures():
            if isinstance(row, DamagedLine):
                damaged.append(row)
            else:
                yield self._of_picture(row)
        for number, rejected in enumerate(self._rejections(), 1):
            if isinstance(rejected, DamagedLine):
                damaged.append(rejected)
            else:
                yield self._of_rejected(rejected, number)
        yield from map(_of_damaged, damaged)

    def _pictures(self) -> Iterator[PictureRow | DamagedLine]:
        for origin, line in _lines(self.folder / METADATA):
            try:
                yield from pictures_of_line(line, origin)
            except ValueError as error:
                yield DamagedLine(origin, str(error))

    def _rejections(self) -> Iterator[RejectedRow | DamagedLine]:
        inside = self.folder / REJECTED
        for origin, line in _lines(inside if inside.is_file() else rejections_beside(self.folder)):
            try:
                yield rejection_of_line(line, origin)
            except ValueError as error:
                yield DamagedLine(origin, str(error))

    @cached_property
    def _faces(self) -> "_Faces":
        """What is looked up of other rows."""
        faces = _Faces()
        for row in self._pictures():
            if isinstance(row, PictureRow):
                faces.take(row)
        return faces

    def _source_of(self, parent: str | None) -> str:
        """The first folder of the photo, where there are so few that they tell sources apart and not people."""
        return _first_folder(parent) if 1 < len(self._faces.folders) <= _MOST_SOURCES else ""

    @cached_property
    def _crop_scale(self) -> float | None:
        """By how much crops are wider than faces; None where the run doesn't say."""
        try:
            return FacesParams(crop_scale=_settings(self.folder)["crop_scale"]).crop_scale
        except (OSError, ValueError, LookupError, TypeError, RecursionError):  # pydantic's errors are values
            return None

    def _key_of(self, row: PictureRow) -> Key:
        bare = self._faces.bare.get((row.parent or "", row.face_index)) if row.mask_type != "none" else None
        return Key(_id_of(row), bare)

    def _of_picture(self, row: PictureRow) -> Record:
        own = _id_of(row)
        return Record(
            key=self._key_of(row),
            name=row.file_name,
            facets=Facets(
                kind="face" if row.mask_type == "none" else "masked",
                side=row.split or "",
                source=self._source_of(row.parent),
                mask_type=row.mask_type,
                wear=row.wear or "",
                valve=row.valve or "",
                template=row.template or "",
                pose=pose_of(row.yaw_deg),
                size=size_of_face(_longer_side(row)),
                quality=quality_of(row.sharpness),
                licence=row.licence or "",
            ),
            scores=Scores(
                detector_score=row.face_score,
                face_px=_longer_side(row),
                sharpness=row.sharpness,
                yaw_deg=row.yaw_deg,
                pitch_deg=row.pitch_deg,
                roll_deg=row.roll_deg,
            ),
            tile=self._file(row.crop_file_name or row.file_name),
            picture=self._file(row.file_name),
            parent_picture=self._photo(row.parent),
            outline=self._outline(row),
            relatives=tuple(
                Relative(one, "another face of this picture")
                for one in self._faces.beside.get(row.file_name, ())
                if one != own
            ),
            row={"picture": _columns_of(row)},
        )

    def _outline(self, row: PictureRow) -> Outline:
        cut = whole_picture(row.width_px, row.height_px) if row.crop_file_name is None else self._cut(row)
        return Outline(
            width_px=row.width_px,
            height_px=row.height_px,
            cut=cut,
            box=row.face_box,
            polygon=tuple(value for point in row.polygon for value in point),
            landmarks=tuple(value for point in row.landmarks for value in point),
        )

    def _cut(self, row: PictureRow) -> Cut | None:
        if row.face_box is None or self._crop_scale is None:
            return None
        left, top, side = square_around(Box(*row.face_box, 1.0), self._crop_scale)
        return float(left), float(top), float(side)

    def _of_rejected(self, row: RejectedRow, number: int) -> Record:
        photo = self._photo(row.photo)
        what = [row.mask_type, None if row.number is None else str(row.number)]
        place = "" if row.face_index is None else f"face {row.face_index}"
        return Record(
            key=_key_of_rejected(number),
            name=", ".join([row.photo, *filter(None, [place, *what])]),
            facets=Facets(kind="rejected", mask_type=row.mask_type or "", reason=row.reason),
            detail=row.detail,
            tile=photo,
            picture=photo,
            row={"rejection": _columns_of(row)},
        )

    def _file(self, name: str) -> Path:
        return self.folder / os.fsdecode(name.encode("utf-8", "surrogateescape"))

    def _photo(self, name: str | None) -> Path | None:
        """The file of a photo that was masked, where the folder is known and has it."""
        if self.faces is None or name is None or not leads_down(name):
            return None
        within = self.faces if self.faces.is_dir() else self.faces.parent
        place = within / os.fsdecode(name.encode("utf-8", "surrogateescape"))
        return place if place.is_file() else None


def _key_of_rejected(number: int) -> Key:
    return Key(f"{REJECTED}#{number}")


def is_output(folder: Path) -> bool:
    """Whether a folder, or what lies beside it, is what `augment-masks` left."""
    return (folder / METADATA).is_file() or (folder / MARKER).is_file() or rejections_beside(folder).is_file()


def _lines(table: Path) -> Iterator[tuple[str, bytes]]:
    """The lines of a table that hold something, each with what to call it."""
    if not size_of(table):
        return
    try:
        with table.open("rb") as file:
            for number, line in enumerate(iter(lambda: file.readline(_LONGEST_LINE), b""), 1):
                text = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
                if text.strip():
                    yield f"{table.name}#line{number}", text
    except OSError as error:
        raise ManifestError(f"{table}: cannot be read: {error.strerror or error}") from error


def _settings(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / MARKER).read_text(encoding="utf-8")))


def _id_of(row: PictureRow) -> str:
    return f"{row.file_name}#{row.face_index}" if _has_several(row) else row.file_name


def _has_several(row: PictureRow) -> bool:
    """Whether it is one of the `objects` of a picture: those have columns that a picture of one face hasn't."""
    return "mask_bbox" in (row.model_extra or {})


def _longer_side(row: PictureRow) -> float | None:
    if row.face_box is None:
        return None
    left, top, right, bottom = row.face_box
    return max(right - left, bottom - top)


def _columns_of(row: PictureRow | RejectedRow) -> dict[str, Any]:
    """What a person reads; taken as it stands, since pydantic refuses to dump what is nested deep."""
    values = {name: getattr(row, name) for name in type(row).model_fields} | (row.model_extra or {})
    return {name: value for name, value in values.items() if name not in _DRAWN and value not in (None, "", (), [])}


def _of_damaged(line: DamagedLine) -> Record:
    return Record(
        key=Key(line.origin),
        name=line.origin,
        facets=Facets(kind="rejected", reason="damaged_annotation"),
        detail=line.problem,
        row={"line": {"origin": line.origin, "problem": line.problem}},
    )
