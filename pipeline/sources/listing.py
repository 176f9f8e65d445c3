"""What a source's folder held when it was taken in, so that a later look tells what came, went or changed since."""

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.storage.whole_files import write_text

LISTING = "listing.json"

Stamp = tuple[int, int]
"""Size in bytes and time of change in ns: looking at the content of millions of photos would take too long."""


@dataclass(frozen=True, slots=True)
class Changes:
    """Files that came, went or changed since a source was taken in, by their paths, sorted."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self.added or self.removed or self.changed)


def list_files(paths: Iterable[Path]) -> dict[str, Stamp]:
    """Size and time of each file at or below these paths, links included, hidden files left out."""
    found: dict[str, Stamp] = {}
    for path in paths:
        for file in _files_of(path):
            try:
                status = file.stat()
            except OSError:  # a link to nothing: it is refused with a row where the source is taken in
                continue
            found[str(file)] = (status.st_size, status.st_mtime_ns)
    return found


def _files_of(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
    for folder, inside, names in os.walk(path):
        inside[:] = [name for name in inside if not name.startswith(".")]
        yield from (Path(folder) / name for name in names if not name.startswith("."))


def write_listing(folder: Path, files: Mapping[str, Stamp]) -> None:
    """Keep a listing in a source's folder of provenance."""
    write_text(folder / LISTING, json.dumps(dict(sorted(files.items())), indent=0))


def changes_since(folder: Path, files: Mapping[str, Stamp]) -> Changes | None:
    """What differs from the listing that was kept in that folder; None where none was kept."""
    path = folder / LISTING
    if not path.is_file():
        return None
    before: dict[str, Stamp] = {name: tuple(stamp) for name, stamp in json.loads(path.read_text("utf-8")).items()}
    return Changes(
        added=_sorted(files.keys() - before.keys()),
        removed=_sorted(before.keys() - files.keys()),
        changed=_sorted(name for name in before.keys() & files.keys() if before[name] != files[name]),
    )


def _sorted(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(names))
