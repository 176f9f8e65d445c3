"""List the files of a folder, in an order that doesn't depend on the file system."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from pipeline.core.file_names import printable
from pipeline.sources.offers import Refusal

_SYSTEM_FILES = frozenset({"thumbs.db", "desktop.ini", "__macosx"})


def is_utf8(name: str) -> bool:
    """Whether a path can be written into a manifest and found again."""
    return printable(name) == name


def is_system_file(name: str) -> bool:
    """Whether a file or folder is hidden, or was left by a file manager."""
    return name.startswith(".") or name.lower() in _SYSTEM_FILES


def walk_files(root: Path, links_within: Path | None = None) -> Iterator[tuple[str, Path] | Refusal]:
    """Every regular file under `root` as (origin, path), sorted; origin is its path inside `root`, with slashes.

    Links to folders, links that leave `root` (or `links_within`, where that is given), and devices come as refusals;
    hidden and system files too, and folders in it that can't be listed.

    Raises:
        OSError: `root` itself can't be listed.
    """
    yield from _walk(root, (root if links_within is None else links_within).resolve(), "")


def _walk(folder: Path, top: Path, prefix: str) -> Iterator[tuple[str, Path] | Refusal]:
    try:
        entries = _entries(folder)
    except OSError as error:
        if not prefix:
            raise
        yield Refusal(origin=prefix.removesuffix("/"), reason="unreadable_folder", detail=error.strerror or str(error))
        return
    for entry in entries:
        origin = prefix + printable(entry.name)
        refused = _refuse(entry, origin, top)
        if refused is not None:
            yield refused
        elif entry.is_dir(follow_symlinks=False):
            yield from _walk(Path(entry.path), top, origin + "/")
        else:
            yield origin, Path(entry.path)


def _entries(folder: Path) -> "list[os.DirEntry[str]]":
    with os.scandir(folder) as found:
        return sorted(found, key=lambda entry: os.fsencode(entry.name))


def _refuse(entry: "os.DirEntry[str]", origin: str, top: Path) -> Refusal | None:
    if is_system_file(entry.name):
        return Refusal(origin=origin, reason="system_file", detail="hidden or made by a file manager")
    if entry.is_symlink():
        return _refuse_link(entry, origin, top)
    mode = entry.stat(follow_symlinks=False).st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        return Refusal(origin=origin, reason="not_a_regular_file", detail="a device, pipe or socket")
    return None


def _refuse_link(entry: "os.DirEntry[str]", origin: str, top: Path) -> Refusal | None:
    link = Path(entry.path)
    target = Path(os.path.realpath(link))  # which, unlike Path.resolve, says nothing to a loop of links
    if not target.is_relative_to(top):
        return Refusal(origin=origin, reason="link_leaves_source", detail=_points_to(link, "outside the source"))
    if target.is_dir():
        return Refusal(origin=origin, reason="link_to_no_file", detail=_points_to(link, "a folder"))
    if not target.is_file():
        return Refusal(origin=origin, reason="link_to_no_file", detail=_points_to(link, "where no file is"))
    return None


def _points_to(link: Path, what: str) -> str:
    return f"points to {printable(str(link.readlink()))}, {what}"
