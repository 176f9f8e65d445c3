"""One of the two folders that `audit-leaks` compares: its images, what they were made from, what can't be read."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.core.errors import SampleRejected, SourceError
from pipeline.core.file_names import printable
from pipeline.core.json_rows import json_object
from pipeline.core.records import Image
from pipeline.sources.adapters.walk import is_utf8
from pipeline.sources.offers import Refusal
from pipeline.sources.photo_files import photo_files
from pipeline.storage.images import read_file

TABLE = "metadata.jsonl"


@dataclass(frozen=True, slots=True)
class Unread:
    """A file, a folder or a row of a table that couldn't be looked at; `side` is the source of its images."""

    side: str
    origin: str
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class AuditedFolder:
    """What a folder holds."""

    images: tuple[Image, ...]
    unread: tuple[Unread, ...]


def list_images(folder: Path, side: str) -> AuditedFolder:
    """Every image under `folder`, as an image of the source `side`.

    Raises:
        SourceError: it is no folder, or holds no image that can be opened.
    """
    if not folder.is_dir():
        raise SourceError(f"{folder}: no such folder")
    stated = list(_stated_parents(folder))
    parents = dict(row for row in stated if not isinstance(row, Refusal))
    images, refused = [], [row for row in stated if isinstance(row, Refusal)]
    for found in photo_files(folder):
        row = found if isinstance(found, Refusal) else _image_row(*found, side, parents)
        if isinstance(row, Image):
            images.append(row)
        else:
            refused.append(row)
    if not images:
        first = "".join(f"; {row.origin}: {row.reason}: {row.detail}" for row in refused[:3])
        raise SourceError(f"{folder}: no image files in it{first}")
    return AuditedFolder(tuple(images), tuple(Unread(side, row.origin, row.reason, row.detail) for row in refused))


def _image_row(origin: str, file: Path, side: str, parents: Mapping[Path, str]) -> Image | Refusal:
    if not is_utf8(str(file)):
        return Refusal(
            origin=origin,
            reason="unreadable_file",
            detail="its path is not in UTF-8: rename it",
        )
    try:
        data = read_file(file)
    except SampleRejected as error:
        return Refusal(origin=origin, reason=error.reason, detail=error.detail)
    return Image(
        id=hashlib.sha256(f"{side}\0{origin}".encode()).hexdigest()[:32],
        sha256=hashlib.sha256(data).hexdigest(),
        path=str(file),
        source=side,
        origin=origin,
        width_px=0,
        height_px=0,
        licence="unknown",
        parent_sha256=parents.get(file),
    )


def _stated_parents(folder: Path) -> Iterator[tuple[Path, str] | Refusal]:
    """Files and the sha256 of the photo each was made from, as the tables of `augment-masks` state it."""
    for table in sorted(path for path in folder.rglob(TABLE) if path.is_file()):
        origin = printable(table.relative_to(folder).as_posix())
        try:
            lines = table.read_bytes().split(b"\n")
        except OSError as error:
            yield Refusal(origin=origin, reason="unreadable_file", detail=error.strerror or str(error))
            continue
        for number, line in enumerate(lines, 1):
            try:
                yield from _stated_parent(table.parent, line)
            except ValueError as error:
                yield Refusal(origin=f"{origin}#line{number}", reason="damaged_annotation", detail=str(error))


def _stated_parent(folder: Path, line: bytes) -> Iterator[tuple[Path, str]]:
    """The file of a row and its parent, where the row states one.

    Raises:
        ValueError: it is no row of a table of images.
    """
    if not line.strip():
        return
    row = json_object(line)
    parent = row.get("parent_sha256")
    if parent is None:
        return
    if not isinstance(parent, str) or not isinstance(row.get("file_name"), str):
        raise ValueError("file_name and parent_sha256 are no texts")
    yield folder / row["file_name"], parent
