"""Which photos a folder tree holds, in an order that doesn't depend on the disk."""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.core.file_names import printable
from pipeline.storage.signatures import is_photo

MARKER = Path(".maskwright", "run.json")
"""What tells a folder that `augment-masks` wrote from any other."""

_MAX_STEM_BYTES = 150
"""File systems allow 255 bytes a name; the rest is room for what is appended."""


@dataclass(frozen=True, slots=True)
class Photo:
    """One file to read.

    Attributes:
        path: Where it is.
        name: Its path below the folder, with `/`; bytes that aren't UTF-8 are escaped.
        stem: What its outputs are called, likewise a path with `/`; no two photos share one.
    """

    path: Path
    name: str
    stem: str


@dataclass(slots=True)
class Listing:
    """What a folder tree holds.

    Attributes:
        asked: What was asked to be listed, as JSON values.
        photos: In the order of their names.
        unreadable: Name and problem of each folder that cannot be listed.
        skipped_folders: Folders that were left out on purpose: outputs of earlier runs, folders seen before.
        other_files: How many files are images neither by their ending nor by their first bytes.
    """

    asked: dict[str, Any] = field(default_factory=dict)
    photos: list[Photo] = field(default_factory=list)
    unreadable: list[tuple[str, str]] = field(default_factory=list)
    skipped_folders: list[str] = field(default_factory=list)
    other_files: int = 0


def list_photos(root: Path, exclude: Path | None = None) -> Listing:
    """The photos under `root` (or the one file that `root` is), without what lies under `exclude`.

    Links are followed, each folder is entered once however many links lead to it, so a loop of links ends.
    """
    listing = Listing({"faces": printable(str(root.resolve()))})
    names = _Names()
    if root.is_file():
        listing.photos.append(Photo(root, printable(root.name), names.stem_of(printable(root.name))))
        return listing
    for path in _walk(root, root, listing, set(), exclude.resolve() if exclude else None):
        if not is_photo(path):
            listing.other_files += 1
            continue
        name = printable(path.relative_to(root).as_posix())
        listing.photos.append(Photo(path, name, names.stem_of(name)))
    return listing


def _walk(
    root: Path, folder: Path, listing: Listing, seen: set[tuple[int, int]], exclude: Path | None
) -> Iterator[Path]:
    name = printable(folder.relative_to(root).as_posix())
    try:
        status = folder.stat()
        if (status.st_dev, status.st_ino) in seen or folder.resolve() == exclude or (folder / MARKER).is_file():
            listing.skipped_folders.append(name)
            return
        seen.add((status.st_dev, status.st_ino))
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        listing.unreadable.append((name, error.strerror or str(error)))
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue  # macOS keeps a `._photo.jpg` beside each photo, and this project its own hidden folders
        if _is_folder(entry):
            yield from _walk(root, Path(entry.path), listing, seen, exclude)
        else:
            yield Path(entry.path)


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads to itself: reading it will say so
        return False


class _Names:
    """Gives every photo a stem of its own: `a.jpg` becomes `a`, `a.png` beside it `a_png`."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def stem_of(self, name: str) -> str:
        folder, _, file = name.replace("\\", "_").rpartition("/")
        stem, dot, ending = file.rpartition(".")
        whole = f"{stem}_{ending}" if dot else file
        short = _shorten(stem if dot and ending.lower() == "jpg" else whole, name)
        candidate = f"{folder}/{short}" if folder else short
        if candidate.casefold() in self._taken:  # some file systems take `A` and `a` for one name
            candidate = f"{candidate}_{_digest(name)}"
        self._taken.add(candidate.casefold())
        return candidate


def _shorten(stem: str, name: str) -> str:
    data = stem.encode()
    if len(data) <= _MAX_STEM_BYTES:
        return stem
    return data[:_MAX_STEM_BYTES].decode("utf-8", "ignore") + "_" + _digest(name)


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:8]
