"""Pictures from an output folder of `augment-masks`: by the rows of its `metadata.jsonl`."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError, model_validator

from pipeline.core.file_names import leads_out
from pipeline.core.records import Masked, MaskType, Side, Valve, Wear
from pipeline.exchange.lines import lines_by_photo, lines_of
from pipeline.exchange.records import NO_FACE, BoxedFace, Corners, Picture, Unusable

METADATA, REJECTED = "metadata.jsonl", "rejected.jsonl"
_Point = tuple[FiniteFloat, FiniteFloat]
_Box = tuple[FiniteFloat, FiniteFloat, FiniteFloat, FiniteFloat]
_Size = Annotated[int, Field(ge=1, le=1_000_000)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Objects(_Part):
    """The faces of a picture as Hugging Face has them: lists of one length; a box is left, top, width, height."""

    bbox: list[_Box]
    category: list[Literal["no_mask", "none", "cloth", "surgical", "ffp2", "unknown"]]
    wear: list[Wear] = []
    valve: list[Valve] = []
    polygon: list[list[_Point] | None] = []
    mask_bbox: list[_Box | None] = []
    template: list[str | None] = []

    @model_validator(mode="after")
    def _of_one_length(self) -> "_Objects":
        lengths = {name: len(getattr(self, name)) for name in type(self).model_fields}
        given = {count for name, count in lengths.items() if name in self.model_fields_set}
        if given - {len(self.bbox)}:
            raise ValueError(f"lists of one length are expected, here are {lengths}")
        for category, wear in zip(self.category, self.wear or (), strict=False):
            _check_labels("none" if category == "no_mask" else category, wear)
        return self

    def faces(self) -> Iterator[BoxedFace]:
        for place, (box, category) in enumerate(zip(self.bbox, self.category, strict=True)):
            mask_type: MaskType = "none" if category == "no_mask" else category
            outline = self.polygon[place] if self.polygon else None
            polygon = _flat(outline or ())
            said = self.mask_bbox[place] if self.mask_bbox else None
            yield BoxedFace(
                box=_corners(box),
                mask_type=mask_type,
                wear=self.wear[place] if self.wear else _wear_of(mask_type),
                valve=self.valve[place] if self.valve else "unknown",
                masked=_masked_of(mask_type),
                mask_box=_corners(said) if said else _around(polygon),
                polygon=polygon,
                template=self.template[place] if self.template else None,
            )


class _Ignored(_Part):
    """Faces in the picture that have no label."""

    reason: list[str] = []


class _Row(_Part):
    """The columns of a row that are exported; one with `objects` tells of all faces, another of one."""

    file_name: str
    width_px: _Size
    height_px: _Size
    parent: str
    parent_sha256: str | None = None
    faces_in_photo: int | None = None
    licence: str | None = None
    author: str | None = None
    split: Side | None = None
    objects: _Objects | None = None
    ignored: _Ignored | None = None
    mask_type: MaskType = "unknown"
    wear: Wear = "unknown"
    valve: Valve = "unknown"
    template: str | None = None
    polygon: list[_Point] = []
    mask_box: _Box | None = None
    face_box: _Box | None = None
    face_index: int = 0

    @model_validator(mode="after")
    def _inside(self) -> "_Row":
        if (why := leads_out(self.file_name)) is not None:
            raise ValueError(f"file_name {why}")
        if self.objects is None and self.face_box is None:
            raise ValueError("neither objects nor a face_box")
        _check_labels(self.mask_type, self.wear)
        return self

    def face(self) -> BoxedFace:
        """The face that a row without objects tells of."""
        return BoxedFace(
            box=self.face_box or (0, 0, 0, 0),
            mask_type=self.mask_type,
            wear=self.wear,
            valve=self.valve,
            masked=_masked_of(self.mask_type),
            mask_box=self.mask_box,
            polygon=_flat(self.polygon),
            template=self.template,
        )


class _Rejected(_Part):
    """The columns of a line of `rejected.jsonl` that are read."""

    photo: str
    face_index: int | None = None
    mask_type: str | None = None
    reason: str


def pictures_of_folder(folder: Path) -> Iterator[Picture | Unusable]:
    """Every picture that the rows name; a line that is no such row is `damaged_annotation`.

    Of a photo whose faces have pictures of their own, the other faces in each are bare, as they were, and the pictures
    without any mask are one.

    Raises:
        ManifestError: the table can't be read.
    """
    refused = _refused(folder)
    seen: set[str] = set()
    for parent, rows in _photos(folder / METADATA):
        if parent is None or parent in seen:
            yield from (row if isinstance(row, Unusable) else _late(row) for row in rows)
            continue
        seen.add(parent)
        usable = [row for row in rows if isinstance(row, _Row)]
        yield from (row for row in rows if isinstance(row, Unusable))
        yield from _OfPhoto(folder, usable, parent in refused).pictures()


def _late(row: "_Row") -> Unusable:
    return Unusable(row.file_name, "damaged_annotation", f"stands apart from the other rows of {row.parent!r}")


def _photos(path: Path) -> Iterator[tuple[str | None, list["_Row | Unusable"]]]:
    """The rows of each photo, those that can't be read among or behind them; None has those before the first."""
    parent: str | None = None
    rows: list[_Row | Unusable] = []
    for row in _rows(path):
        if isinstance(row, _Row) and row.parent != parent:
            yield parent, rows
            parent, rows = row.parent, []
        rows.append(row)
    yield parent, rows


def _rows(path: Path) -> Iterator["_Row | Unusable"]:
    for number, line in lines_by_photo(path):
        try:
            yield _Row.model_validate_json(line)
        except ValidationError as error:
            yield Unusable(f"{path.name}#row{number}", "damaged_annotation", _first_fault(error))


def _first_fault(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(map(str, first["loc"]))
    return f"{place}: {first['msg']}" if place else first["msg"]


def _refused(folder: Path) -> set[str]:
    """The photos in which a face was seen that is in no row, by `rejected.jsonl` where there is one."""
    path = folder / REJECTED
    found = set()
    for _, line in lines_of(path) if path.is_file() else ():
        try:
            row = _Rejected.model_validate_json(line)
        except ValidationError:  # what can't be read says nothing of a face
            continue
        if row.face_index is not None and row.mask_type is None and row.reason not in NO_FACE:
            found.add(row.photo)
    return found


@dataclass(frozen=True, slots=True)
class _OfPhoto:
    """The rows of one photo; `refused` where it has a face without a row."""

    folder: Path
    rows: Sequence[_Row]
    refused: bool

    def pictures(self) -> Iterator[Picture]:
        """One picture a file; the bare pictures of each of its faces are one and the same."""
        bare = {row.face_index: _unmasked(row.face()) for row in self.rows if row.objects is None}
        shown_bare = False
        for row in self.rows:
            if row.objects is not None:
                yield self._of_objects(row, row.objects)
            elif row.mask_type != "none":
                faces = bare | {row.face_index: row.face()}
                yield self._picture(row, faces, synthetic=True)
            elif not shown_bare:
                shown_bare = True
                yield self._picture(row, bare, synthetic=False)

    def _of_objects(self, row: _Row, objects: _Objects) -> Picture:
        faces = dict(enumerate(objects.faces()))
        picture = self._picture(row, faces, synthetic=any(face.template is not None for face in faces.values()))
        reasons = row.ignored.reason if row.ignored else []
        ignored = any(reason not in NO_FACE for reason in reasons)
        return replace(picture, complete=not ignored and (bool(reasons) or picture.complete))

    def _picture(self, row: _Row, faces: dict[int, BoxedFace], *, synthetic: bool) -> Picture:
        return Picture(
            id=row.file_name,
            file=self.folder / os.fsdecode(row.file_name.encode()),
            width_px=row.width_px,
            height_px=row.height_px,
            faces=tuple(faces[index] for index in sorted(faces)),
            side=row.split,
            group=row.parent_sha256 or row.parent,
            source=self.folder.resolve().name,
            licence=row.licence or "unknown",
            author=row.author,
            parent_sha256=row.parent_sha256,
            synthetic=synthetic,
            complete=not self.refused and len(faces) >= (row.faces_in_photo or 0),
            as_written=True,
        )


def _unmasked(face: BoxedFace) -> BoxedFace:
    """The face as it was before a mask was put on it: only bare faces get one."""
    return BoxedFace(box=face.box, mask_type="none", wear="none", valve="no", masked="no")


def _check_labels(mask_type: MaskType, wear: Wear) -> None:
    """Stop at labels of which one says that there is a mask and the other that there is none.

    Raises:
        ValueError: they do.
    """
    if "unknown" not in (mask_type, wear) and (mask_type == "none") != (wear == "none"):
        raise ValueError(f"mask_type {mask_type} and wear {wear} contradict each other")


def _masked_of(mask_type: MaskType) -> Masked:
    return "no" if mask_type == "none" else "unknown" if mask_type == "unknown" else "yes"


def _wear_of(mask_type: MaskType) -> Wear:
    return "none" if mask_type == "none" else "unknown"


def _corners(sides: Corners) -> Corners:
    left, top, width, height = sides
    return left, top, left + width, top + height


def _flat(points: Iterable[tuple[float, float]]) -> tuple[float, ...]:
    return tuple(chain.from_iterable(points))


def _around(polygon: tuple[float, ...]) -> Corners | None:
    """The box around an outline, None where there is none."""
    xs, ys = polygon[::2], polygon[1::2]
    return (min(xs), min(ys), max(xs), max(ys)) if polygon else None
