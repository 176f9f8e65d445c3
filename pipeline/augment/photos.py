"""Which photos a folder tree holds, in an order that doesn't depend on the disk."""

import hashlib
import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.core.file_names import leads_into, printable
from pipeline.storage.signatures import is_photo

MARKER = Path(".maskwright", "run.json")
"""What tells a folder that `augment-masks` wrote from any other."""

_MAX_STEM_BYTES = 150
"""File systems allow 255 bytes a name; the rest is room for what is appended."""
_SIDES = re.compile(
    r"(?<![^-._ 0-9])(train|training|validation|valid|dev|val|test|testing|eval|evaluation)(?![^-._ 0-9])"
)
"""Words that Hugging Face's loaders take for the side of a split where they stand by themselves in a name."""
_NO_SIDE = r"\1photo"
_ENDING = re.compile(r"\.[a-z0-9]{1,8}")


@dataclass(frozen=True, slots=True)
class Photo:
    """One file to read.

    Attributes:
        path: Where it is.
        name: Its path below the folder, with `/`; bytes that aren't UTF-8 are escaped.
        stem: What the names of its outputs begin with; no two photos share one.
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
        links_out: Name of each link that leads out of the tree and isn't followed.
        skipped_folders: Folders that were left out on purpose: outputs of earlier runs, folders seen before.
        other_files: Ending -> how many files are images neither by it nor by their first bytes; "" stands for names
            without one, or with one that is no word.
    """

    asked: dict[str, Any] = field(default_factory=dict)
    photos: list[Photo] = field(default_factory=list)
    unreadable: list[tuple[str, str]] = field(default_factory=list)
    links_out: list[str] = field(default_factory=list)
    skipped_folders: list[str] = field(default_factory=list)
    other_files: Counter[str] = field(default_factory=Counter)

    def refused(self) -> Iterator[tuple[str, str, str]]:
        """Name, reason and detail of what is a row without having been looked at."""
        yield from ((name, "unreadable_folder", problem) for name, problem in self.unreadable)
        detail = "a link out of the folder; --follow-links takes what it leads to"
        yield from ((name, "link_leaves_source", detail) for name in self.links_out)


def list_photos(root: Path, exclude: Path | None = None, *, follow_links: bool = False) -> Listing:
    """The photos under `root` (or the one file that `root` is), without what lies under `exclude`.

    Links within the tree are followed, those that lead out of it where `follow_links` says so. Each folder is entered
    once however many links lead to it, so a loop of links ends.
    """
    listing = Listing({"faces": printable(str(root.resolve()))})
    names = _Names()
    if root.is_file():
        listing.photos.append(Photo(root, printable(root.name), names.stem_of(printable(root.name))))
        return listing
    walk = _Walk(root, exclude.resolve() if exclude else None, None if follow_links else root.resolve(), listing)
    for path in walk.files(root):
        if not is_photo(path):
            listing.other_files[_ending(path)] += 1
            continue
        name = printable(path.relative_to(root).as_posix())
        listing.photos.append(Photo(path, name, names.stem_of(name)))
    return listing


@dataclass(frozen=True, slots=True)
class _Walk:
    """One walk through a tree; `top` is what no link may lead out of."""

    root: Path
    exclude: Path | None
    top: Path | None
    listing: Listing
    seen: set[tuple[int, int]] = field(default_factory=set)

    def files(self, folder: Path) -> Iterator[Path]:
        """Every file, in the order of the names in each folder."""
        for entry in self._entries(folder):
            if entry.name.startswith("."):
                continue  # macOS keeps a `._photo.jpg` beside each photo, and this project its own hidden folders
            if self._leaves(entry):
                self.listing.links_out.append(self._name(Path(entry.path)))
            elif _is_folder(entry):
                yield from self.files(Path(entry.path))
            else:
                yield Path(entry.path)

    def _entries(self, folder: Path) -> "list[os.DirEntry[str]]":
        name = self._name(folder)
        try:
            status = folder.stat()
            known = (status.st_dev, status.st_ino) in self.seen
            if known or folder.resolve() == self.exclude or (folder / MARKER).is_file():
                self.listing.skipped_folders.append(name)
                return []
            self.seen.add((status.st_dev, status.st_ino))
            return sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            self.listing.unreadable.append((name, error.strerror or str(error)))
            return []

    def _name(self, path: Path) -> str:
        return printable(path.relative_to(self.root).as_posix())

    def _leaves(self, entry: "os.DirEntry[str]") -> bool:
        """Whether it is a link to what lies elsewhere: a stranger's folder could name any file of this machine."""
        return self.top is not None and entry.is_symlink() and not leads_into(Path(entry.path), self.top)


def _ending(path: Path) -> str:
    ending = path.suffix.lower()
    return ending if _ENDING.fullmatch(ending) else ""


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads to itself: reading it will say so
        return False


class _Names:
    """Gives every photo a stem of its own: `a.jpg` becomes `a`, `b/a.png` becomes `b__a_png`.

    The folders stand in it, since tools that gather pictures in one folder know them by their names alone.
    """

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def stem_of(self, name: str) -> str:
        folder, _, file = name.replace("\\", "_").rpartition("/")
        stem, dot, ending = file.rpartition(".")
        whole = f"{stem}_{ending}" if dot else file
        own = stem if dot and ending.lower() == "jpg" else whole
        path = f"{folder}/{own}" if folder else own
        candidate = _shorten(_SIDES.sub(_NO_SIDE, path.replace("/", "__")), name)
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
