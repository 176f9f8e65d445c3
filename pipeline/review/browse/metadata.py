"""A row of a table that `augment-masks` wrote, checked before anything is shown of it: a file may be anyone's."""

import os
from pathlib import PurePosixPath
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator

from pipeline.core.json_rows import json_object
from pipeline.core.validation import explain_validation

Pixel = Annotated[float, Field(ge=-1e6, le=1e6)]
Degrees = Annotated[float, Field(ge=-360, le=360)]
Box = tuple[Pixel, Pixel, Pixel, Pixel]
Points = tuple[tuple[Pixel, Pixel], ...]


def leads_down(path: str) -> bool:
    """Whether a path can only name a file below the folder that it is relative to.

    >>> leads_down("images/a b.jpg"), leads_down("../secret"), leads_down("/etc/passwd")
    (True, False, False)
    """
    try:
        os.fsdecode(path.encode("utf-8", "surrogateescape"))
    except UnicodeError:  # half a letter: no file is called that
        return False
    return path != "" and not path.startswith("/") and ".." not in PurePosixPath(path).parts and "\0" not in path


def _below(path: str) -> str:
    if not leads_down(path):
        raise ValueError("expected a path below the folder")
    return path


RelativePath = Annotated[str, AfterValidator(_below)]


class _Lenient(BaseModel):
    """Unknown columns are other versions' or the user's own: they are shown as they are."""

    model_config = ConfigDict(extra="allow", frozen=True, allow_inf_nan=False)


_Model = TypeVar("_Model", bound=_Lenient)


class PictureRow(_Lenient):
    """A row of `metadata.jsonl`; boxes are left, top, right, bottom."""

    file_name: RelativePath
    mask_type: str = ""
    wear: str | None = None
    valve: str | None = None
    template: str | None = None
    polygon: Points = ()
    face_box: Box | None = None
    face_score: float | None = None
    landmarks: Points = ()
    yaw_deg: Degrees | None = None
    pitch_deg: Degrees | None = None
    roll_deg: Degrees | None = None
    face_index: int | None = None
    width_px: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    height_px: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    parent: str | None = None
    crop_file_name: RelativePath | None = None
    licence: str | None = None
    split: str | None = None
    sharpness: Annotated[float, Field(ge=0)] | None = None
    draw: Any = None

    @field_validator("polygon", "landmarks", mode="before")
    @classmethod
    def _none_is_empty(cls, value: Any) -> Any:
        return () if value is None else value


class RejectedRow(_Lenient):
    """A row of `rejected.jsonl`."""

    photo: str
    reason: str
    detail: str = ""
    face_index: int | None = None
    mask_type: str | None = None
    number: int | None = None


BARE_CATEGORY = "no_mask"
"""What a face without a mask is called among the `objects` of a picture with several."""


def pictures_of_line(line: bytes, origin: str) -> list[PictureRow]:
    """The faces that a line of `metadata.jsonl` tells of: one, or each of its `objects`.

    Raises:
        ValueError: it is no such line; the message says what is wrong.
    """
    row = json_object(line)
    objects = row.get("objects")
    if not isinstance(objects, dict):
        return [_validated(row, PictureRow, origin)]
    shared = {name: value for name, value in row.items() if name not in {"objects", "ignored"}}
    return [_validated(shared | one, PictureRow, origin) for one in _each_object(objects)] or [
        _validated(shared, PictureRow, origin)
    ]


def rejection_of_line(line: bytes, origin: str) -> RejectedRow:
    """The row of a line of `rejected.jsonl`.

    Raises:
        ValueError: as `pictures_of_line`.
    """
    return _validated(json_object(line), RejectedRow, origin)


def _validated(row: dict[str, Any], model: type[_Model], origin: str) -> _Model:
    try:
        return model.model_validate(row)
    except ValidationError as error:
        raise ValueError(explain_validation(origin, error)) from error


def _each_object(objects: dict[str, Any]) -> list[dict[str, Any]]:
    """Lists by column as one row a face, with the columns that a row of one face has."""
    if not all(isinstance(values, list) for values in objects.values()):
        raise ValueError("objects: expected a list in each column")
    if len({len(values) for values in objects.values()}) > 1:
        raise ValueError("objects: its columns are of different lengths")
    rows = (dict(zip(objects, values, strict=True)) for values in zip(*objects.values(), strict=True))
    return [_as_picture(row) for row in rows]


def _as_picture(face: dict[str, Any]) -> dict[str, Any]:
    category, box = face.pop("category", ""), face.pop("bbox", None)
    match box:
        case [int() | float() as left, int() | float() as top, int() | float() as width, int() | float() as height]:
            face["face_box"] = [left, top, left + width, top + height]
        case _:
            raise ValueError("objects: bbox: expected left, top, width and height")
    return face | {"mask_type": "none" if category == BARE_CATEGORY else category}
