"""The output folder: whole files only, and a journal from which an interrupted run goes on."""

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from shutil import rmtree
from types import TracebackType
from typing import Literal

from pipeline.augment.dataset_card import is_ours
from pipeline.augment.finished_photo import Entry, FinishedPhoto
from pipeline.augment.photos import MARKER, Photo
from pipeline.augment.rows import Row
from pipeline.core.errors import OutputError
from pipeline.storage.digests import file_stamp
from pipeline.storage.journal import Journal
from pipeline.storage.reserve import Reserve
from pipeline.storage.resumable import finished, is_as_written
from pipeline.storage.succession import Succession
from pipeline.storage.whole_files import (
    atomic_path,
    crc32_of,
    remove_parts,
    sync_file_system,
    unwritable,
    write_bytes,
    write_text,
)

METADATA, REJECTED, SHEET, CARD = "metadata.jsonl", "rejected.jsonl", "contact_sheet.jpg", "README.md"
_JOURNAL = MARKER.parent / "journal"
_UNFINISHED = MARKER.parent / "unfinished.json"
_BOOT = MARKER.parent / "boot"
_RESERVE = MARKER.parent / "reserve"
_ROOM_BYTES = 1 << 16
"""For the card, the names of the last files, and what a file system keeps of them."""
LOCK = MARKER.parent / "lock"
_OURS = (
    *map(Path, ("images", "crops", "alpha", METADATA, REJECTED, SHEET)),
    *(MARKER, _JOURNAL, _UNFINISHED, _BOOT, _RESERVE),
)
"""All that a run writes into its folder, the lock left out."""

Mode = Literal["new", "overwrite", "resume"]


def beside(folder: Path, ending: str) -> Path:
    """`OUT.ending` beside `OUT`; where that is `.` or `..`, by the name that the folder has on the disk."""
    named = folder.resolve() if folder.name in {"", ".."} else folder
    return named.parent / f"{named.name}.{ending}"


def rejections_beside(folder: Path) -> Path:
    """Where the rejections stand of a run in which every photo was rejected: `OUT.rejected.jsonl`, and no `OUT`."""
    return beside(folder, REJECTED)


def check_folder(folder: Path) -> None:
    """Leave a folder alone that something else wrote.

    Raises:
        OutputError: it holds something and `augment-masks` didn't write it, or it is a file.
    """
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"{folder}: is a file; name a folder")
    present = _present(folder)
    if present and MARKER.parent.name not in present:
        raise OutputError(f"{folder}: holds {present[0]!r}, which augment-masks didn't write; name another")


def _present(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


class DatasetWriter:
    """Writes the pictures of one photo after another, each photo wholly or not at all.

    After the pictures of a photo one record goes to the journal. Tables are made from the journal, so they never name
    a picture that isn't there. Room for the tables is held from the start, so that they can be written on a full disk.
    What `overwrite` replaces stays until the first picture is there. The caller holds the folder's lock.
    """

    def __init__(self, folder: Path, settings: Row, mode: Mode = "new", asked: Row | None = None) -> None:
        """Prepare `folder`; what a killed run that was `asked` for the same with the same settings did there is kept.

        Raises:
            OutputError: it holds something else, was made with other settings, or cannot be written.
        """
        self._folder = self._out = folder
        self._succession = Succession(folder, MARKER.parent, _OURS)
        self._asked = asked or {}
        try:
            self._prepare(settings, mode)
        except OSError as error:
            raise unwritable(folder, error) from error

    def __enter__(self) -> "DatasetWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._journal.close()
        self._reserve.release()
        if not self.replaced:
            self._succession.settle()

    @property
    def replaced(self) -> bool:
        """Whether the folder holds what this writer wrote, not a former output that it hasn't replaced yet."""
        return self._folder == self._out

    def _prepare(self, settings: Row, mode: Mode) -> None:
        check_folder(self._folder)
        self._succession.settle()  # what a killed run left of two outputs
        present = _present(self._folder)
        begun = present != [] and (present != [MARKER.parent.name] or (self._folder / MARKER).is_file())
        if begun and mode == "new":
            self._check_unfinished()
        if begun and mode != "overwrite":
            self._check_settings(settings)
            remove_parts(self._folder)  # what a killed run was writing
        elif begun:
            self._folder = self._succession.begin()
        self._reserve = Reserve(self._folder / _RESERVE)
        write_text(self._folder / _UNFINISHED, json.dumps(self._asked) + "\n")
        write_text(self._folder / MARKER, json.dumps(settings, indent=2, sort_keys=True) + "\n")
        self._journal = Journal(self._folder / _JOURNAL)
        records = finished(self._journal, self._folder / _BOOT, self._is_whole, synced=True)  # where it was complete
        self._stamps = {name: Entry.of(record).stamp for name, record in records}
        self._hold_room(0)

    def _is_whole(self, record: Row, compare: bool) -> bool:
        checksum_of = crc32_of if compare else None
        files = [(self.path_of(name), *facts) for name, facts in record["files"].items()]
        return all(is_as_written(path, size, crc, checksum_of) for path, size, crc in files)

    def _check_unfinished(self) -> None:
        """Go on unasked only where the same command was killed or stopped: other photos would replace what is there."""
        path = self._folder / _UNFINISHED
        if not path.is_file():
            raise OutputError(f"{self._folder}: not empty; --resume goes on with it, --overwrite makes it anew")
        if differences := _differences(_read_row(path), self._asked):
            raise OutputError(
                f"{self._folder}: holds an unfinished run of another command ({differences}); "
                "--resume goes on with it, --overwrite makes it anew"
            )

    def _check_settings(self, settings: Row) -> None:
        if differences := _differences(_read_row(self._folder / MARKER), settings):
            raise OutputError(f"{self._folder}: made with other settings ({differences}); use them, or --overwrite")

    def _clear(self) -> None:
        """Remove what `augment-masks` wrote, except the lock that this run holds."""
        self._remove_card()
        for name in _OURS:
            path = self._folder / name
            if path.is_dir():
                rmtree(path)
            else:
                path.unlink(missing_ok=True)

    def _remove_card(self) -> None:
        """Remove the card of what is gone; one that a person wrote or edited stays, as all that isn't ours."""
        if _is_ours(self._folder / CARD):
            (self._folder / CARD).unlink(missing_ok=True)

    def has(self, photo: Photo) -> bool:
        """Whether the photo was done by an earlier run and has not changed since."""
        stamp = self._stamps.get(photo.name)
        return stamp is not None and stamp == file_stamp(photo.path)

    def add(self, done: FinishedPhoto) -> None:
        """Write one photo's pictures and note them.

        Raises:
            OutputError: the disk is full or refuses; the photo's pictures are taken back.
        """
        name = done.photo.name
        try:
            self._hold_room(len(done.line))
            self._write_files(done.files)
            self._journal.append_line(name, done.line)
        except OSError as error:
            self._remove(done.files)
            raise unwritable(self._out, error) from error
        except BaseException:  # Ctrl-C between two pictures, or no room for the record
            self._remove(done.files)
            raise
        self._stamps[name] = done.stamp
        if done.rows and not self.replaced:
            self._replace()

    def _replace(self) -> None:
        """Take the former output's place, with the journal and the room that are held."""
        try:
            self._succession.succeed()
            self._folder = self._out
            self._remove_card()
            self._reserve.path = self._folder / _RESERVE
            staged, self._journal = self._journal, Journal(self._folder / _JOURNAL)
            staged.close()
        except OSError as error:
            raise unwritable(self._out, error) from error

    def _hold_room(self, more: int) -> None:
        """Hold room for what the journal tells, with so many bytes more: in the tables, and in itself written anew.

        The tables say the same with a space behind each comma and colon, so they are at most twice as long.
        """
        self._reserve.hold(3 * (self._journal.size + more) + _ROOM_BYTES)

    def _write_files(self, files: dict[str, bytes]) -> None:
        for name, data in files.items():
            write_bytes(self.path_of(name), data, synced=False)

    def _remove(self, files: Iterable[str]) -> None:
        for name in files:
            self.path_of(name).unlink(missing_ok=True)

    def entries(self, photos: list[Photo]) -> Iterator[Entry]:
        """What is known of these photos, in their order; photos not done yet are left out.

        Each is read when its turn comes: rows as objects take 150 KB a photo, and a folder may have millions.
        """
        return (self._entry_of(photo.name) for photo in photos if photo.name in self._stamps)

    def rows(self, photos: list[Photo]) -> Iterator[Row]:
        """The rows of `entries`."""
        return (row for entry in self.entries(photos) for row in entry.rows)

    def _entry_of(self, name: str) -> Entry:
        return Entry.of(self._journal[name])

    def finish(self, photos: list[Photo], refused: list[Row]) -> None:
        """Write the tables over these photos; pictures of other photos, since deleted, go.

        Raises:
            OutputError: the disk is full or refuses.
        """
        kept = {photo.name: self._stamps[photo.name] for photo in photos if photo.name in self._stamps}
        try:
            for name in self._stamps.keys() - kept.keys():
                self._remove(self._entry_of(name).files)
            self._stamps = kept
            sync_file_system(self._folder)  # all pictures at once, before a table names them
            self._reserve.release()
            self._write_tables(self.entries(photos), refused)
            self._journal.rewrite(list(kept))
        except OSError as error:
            raise unwritable(self._out, error) from error

    def _write_tables(self, entries: Iterable[Entry], refused: list[Row]) -> None:
        """Both tables in one reading of the journal, a photo at a time: of a million pictures they take gigabytes."""
        with (
            atomic_path(self._folder / METADATA) as rows_part,
            atomic_path(self._folder / REJECTED) as rejected_part,
            rows_part.open("wb") as rows,
            rejected_part.open("wb") as rejected,
        ):
            rejected.writelines(map(_encoded_line, refused))
            for entry in entries:
                rows.writelines(map(_encoded_line, entry.rows))
                rejected.writelines(map(_encoded_line, entry.rejected))

    def has_pictures(self) -> bool:
        """Whether any photo done gave a picture."""
        return any(self._entry_of(name).rows for name in self._stamps)

    def withdraw(self) -> Path:
        """Take away a finished output that has no picture, and return the file beside it that keeps its rejections.

        A former output that it was to replace stays.

        Raises:
            OutputError: the disk is full or refuses.
        """
        kept = rejections_beside(self._out)
        try:
            write_text(kept, (self._folder / REJECTED).read_text(encoding="utf-8"))
            if not self.replaced:
                return kept
            self._clear()
            rmtree(self._folder / MARKER.parent)
            if not _present(self._folder):
                with suppress(OSError):  # a mount, or the folder that one stands in, stays, empty
                    self._folder.rmdir()
        except OSError as error:
            raise unwritable(self._out, error) from error
        return kept

    def mark_complete(self) -> None:
        """Note that nothing is left to do: the folder is no longer an unfinished run's.

        What an earlier run that gave no picture left beside the folder is no longer true, and goes.

        Raises:
            OutputError: the disk refuses.
        """
        try:
            (self._folder / _UNFINISHED).unlink()
            (self._folder / _BOOT).unlink()
            if _holds_rejections(beside := rejections_beside(self._out)):
                beside.unlink()
        except OSError as error:
            raise unwritable(self._out, error) from error

    def path_of(self, name: str) -> Path:
        """Where a file of the dataset is; names are UTF-8 on the disk too, whatever the locale."""
        return self._folder / os.fsdecode(name.encode())

    def write_card(self, text: str) -> None:
        """Write the dataset card, unless a person wrote or edited the one that is there, or a former output stays.

        Raises:
            OutputError: the disk is full or refuses.
        """
        try:
            if self.replaced and _is_ours(self._folder / CARD):
                write_text(self._folder / CARD, text)
        except OSError as error:
            raise unwritable(self._out, error) from error

    def write_sheet(self, data: bytes) -> None:
        """Write the contact sheet.

        Raises:
            OutputError: the disk is full or refuses.
        """
        try:
            write_bytes(self._folder / SHEET, data)
        except OSError as error:
            raise unwritable(self._out, error) from error


def _differences(before: Row, now: Row) -> str:
    """What changed, for a person; empty where nothing did."""
    keys = sorted(key for key in {*now, *before} if now.get(key) != before.get(key))
    return ", ".join(f"{key} was {before.get(key)!r}, is {now.get(key)!r}" for key in keys)


def _holds_rejections(path: Path) -> bool:
    """Whether a file is one that `withdraw` wrote: one of that name may be the user's own."""
    try:
        with path.open(encoding="utf-8") as file:
            first = json.loads(file.readline())
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(first, dict) and {"photo", "face_index", "reason"} <= first.keys()


def _is_ours(card: Path) -> bool:
    """Whether a card may be replaced: there is none, or one that no person wrote or edited."""
    try:
        return is_ours(card.read_bytes().decode("utf-8", "replace"))
    except FileNotFoundError:
        return True


def _encoded_line(row: Row) -> bytes:
    return (json.dumps(row, ensure_ascii=False) + "\n").encode()


def _read_row(path: Path) -> Row:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise OutputError(f"{path}: cannot be read ({error}); use --overwrite") from error
