"""The output folder: whole files only, and a journal from which an interrupted run goes on."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from typing import Any, Literal

from pipeline.dataset.listing import MARKER, Photo
from pipeline.dataset.masking import PhotoResult, Row
from pipeline.errors import OutputError
from pipeline.files import write_bytes, write_text

METADATA, REJECTED, SHEET = "metadata.jsonl", "rejected.jsonl", "contact_sheet.jpg"
_OURS = ("images", "crops", "alpha", METADATA, REJECTED, SHEET, MARKER.parent.name)
_JOURNAL = MARKER.parent / "journal.jsonl"

Mode = Literal["new", "overwrite", "resume"]


@dataclass(frozen=True, slots=True)
class Entry:
    """What the journal knows of one photo: enough to skip it, and to write the tables again."""

    photo: str
    stamp: tuple[int, int]
    faces: int
    files: list[str]
    rows: list[Row]
    rejected: list[Row]


class DatasetWriter:
    """Writes the pictures of one photo after another, each photo wholly or not at all.

    After the pictures of a photo one line goes to the journal. Tables are made from the journal, so they never name
    a picture that isn't there.
    """

    def __init__(self, folder: Path, settings: Row, mode: Mode = "new") -> None:
        """Prepare `folder`.

        Raises:
            OutputError: it holds something else, was made with other settings, or cannot be written.
        """
        self._folder = folder
        self._entries: dict[str, Entry] = {}
        try:
            self._prepare(settings, mode)
        except OSError as error:
            raise _unwritable(folder, error) from error

    def _prepare(self, settings: Row, mode: Mode) -> None:
        if self._folder.exists() and not self._folder.is_dir():
            raise OutputError(f"{self._folder}: is a file; name a folder")
        present = sorted(path.name for path in self._folder.iterdir()) if self._folder.is_dir() else []
        if present and mode == "new":
            raise OutputError(f"{self._folder}: not empty; --resume goes on with it, --overwrite makes it anew")
        if present and MARKER.parent.name not in present:
            raise OutputError(f"{self._folder}: holds {present[0]!r}, which augment-masks didn't write; name another")
        if present and mode == "resume":
            self._check_settings(settings)
            self._load_journal()
        elif present:
            self._clear()
        write_text(self._folder / MARKER, json.dumps(settings, indent=2, sort_keys=True) + "\n")
        self._rewrite_journal()

    def _check_settings(self, settings: Row) -> None:
        try:
            before = dict(json.loads((self._folder / MARKER).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise OutputError(f"{self._folder / MARKER}: cannot be read ({error}); use --overwrite") from error
        keys = sorted(key for key in {*settings, *before} if settings.get(key) != before.get(key))
        if keys:
            differences = ", ".join(f"{key} was {before.get(key)!r}, is {settings.get(key)!r}" for key in keys)
            raise OutputError(f"{self._folder}: made with other settings ({differences}); use them, or --overwrite")

    def _clear(self) -> None:
        for name in _OURS:
            path = self._folder / name
            if path.is_dir():
                rmtree(path)
            else:
                path.unlink(missing_ok=True)

    def _load_journal(self) -> None:
        for part in self._folder.rglob(".*.part"):  # what a killed run was writing
            part.unlink()
        path = self._folder / _JOURNAL
        if path.is_file():
            self._entries = {entry.photo: entry for entry in _read_journal(path) if self._is_whole(entry)}

    def _is_whole(self, entry: Entry) -> bool:
        return all((self._folder / name).is_file() for name in entry.files)

    def _rewrite_journal(self) -> None:
        lines = [_line(_as_row(entry)) for entry in self._entries.values()]
        write_text(self._folder / _JOURNAL, "".join(lines))

    def has(self, photo: Photo) -> bool:
        """Whether the photo was done by an earlier run and has not changed since."""
        entry = self._entries.get(photo.name)
        return entry is not None and entry.stamp == _stamp_of(photo.path)

    def add(self, result: PhotoResult) -> None:
        """Write one photo's pictures and note them.

        Raises:
            OutputError: the disk is full or refuses; the photo's pictures are taken back.
        """
        try:
            self._write_files(result.files)
            entry = Entry(
                result.photo.name, result.stamp, result.faces, list(result.files), result.rows, result.rejected
            )
            with (self._folder / _JOURNAL).open("a", encoding="utf-8") as journal:
                journal.write(_line(_as_row(entry)))
        except OSError as error:
            self._remove(result.files)
            raise _unwritable(self._folder, error) from error
        except BaseException:  # Ctrl-C between two pictures
            self._remove(result.files)
            raise
        self._entries[entry.photo] = entry

    def _write_files(self, files: dict[str, bytes]) -> None:
        for name, data in files.items():
            write_bytes(self._folder / name, data)

    def _remove(self, files: dict[str, bytes]) -> None:
        for name in files:
            (self._folder / name).unlink(missing_ok=True)

    def entries(self, photos: list[Photo]) -> list[Entry]:
        """What is known of these photos, in their order; photos not done yet are left out."""
        return [self._entries[photo.name] for photo in photos if photo.name in self._entries]

    def finish(self, photos: list[Photo], unreadable: list[Row]) -> None:
        """Write the tables over these photos; pictures of other photos, since deleted, go.

        Raises:
            OutputError: the disk is full or refuses.
        """
        entries = self.entries(photos)
        kept = {entry.photo for entry in entries}
        try:
            for name in [name for entry in self._entries.values() if entry.photo not in kept for name in entry.files]:
                (self._folder / name).unlink(missing_ok=True)
            self._entries = {entry.photo: entry for entry in entries}
            self._rewrite_journal()
            rows = [row for entry in entries for row in entry.rows]
            rejected = unreadable + [row for entry in entries for row in entry.rejected]
            write_text(self._folder / METADATA, "".join(map(_line, rows)))
            write_text(self._folder / REJECTED, "".join(map(_line, rejected)))
        except OSError as error:
            raise _unwritable(self._folder, error) from error

    def path_of(self, name: str) -> Path:
        """Where a file of the dataset is."""
        return self._folder / name

    def write_sheet(self, data: bytes) -> None:
        """Write the contact sheet.

        Raises:
            OutputError: the disk is full or refuses.
        """
        try:
            write_bytes(self._folder / SHEET, data)
        except OSError as error:
            raise _unwritable(self._folder, error) from error


def _unwritable(folder: Path, error: OSError) -> OutputError:
    return OutputError(f"{folder}: cannot be written: {error.strerror or error}")


def _line(row: Row) -> str:
    return json.dumps(row, ensure_ascii=False) + "\n"


def _as_row(entry: Entry) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in Entry.__slots__}


def _read_journal(path: Path) -> Iterator[Entry]:
    """The whole lines: a killed run may have left the last one torn."""
    for line in path.read_text(encoding="utf-8", errors="replace").split("\n"):
        try:
            row = json.loads(line)
            entry = Entry(**(row | {"stamp": tuple(row["stamp"])}))
        except (ValueError, TypeError, KeyError):
            return
        yield entry


def _stamp_of(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except OSError:
        return (-1, -1)
    return (status.st_size, status.st_mtime_ns)
