"""The folder of an export: made aside and moved to its place, so that it is whole or as it was before."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree

from pipeline.core.errors import OutputError
from pipeline.storage.run_lock import run_lock
from pipeline.storage.whole_files import sync_file_system, unwritable

MARKER = ".maskwright-export.json"
"""Says of a folder that it is an export, and how it was made."""


@contextmanager
def new_export(out: Path, settings: Mapping[str, str | bool], *, overwrite: bool) -> Iterator[Path]:
    """An empty folder that takes the place of `out` when the block ends well, and vanishes otherwise.

    Raises:
        OutputError: `out` holds something, and it is no export or `overwrite` isn't set; it can't be replaced, being
            a mount or where one stands; or the disk refuses.
    """
    place = _Place(Path(os.path.realpath(out)))
    with run_lock(place.beside("lock"), str(out)):
        try:
            place.settle()
            _check(out, overwrite)
            with place.made() as folder:
                (folder / MARKER).write_text(json.dumps(settings, indent=2, sort_keys=True) + "\n", encoding="utf-8")
                yield folder
        except OSError as error:
            raise unwritable(error.filename or out, error) from error


def _check(out: Path, overwrite: bool) -> None:
    if out.exists() and not out.is_dir():
        raise OutputError(f"{out}: is a file; name a folder")
    present = sorted(path.name for path in out.iterdir()) if out.is_dir() else []
    if present and MARKER not in present:
        raise OutputError(f"{out}: holds {present[0]!r}, which `export` didn't write; name another")
    if present and not overwrite:
        raise OutputError(f"{out}: not empty; --overwrite makes it anew")
    if os.path.ismount(out):
        raise OutputError(f"{out}: is mounted, and an export takes a folder's place as a whole; name one in it")
    if Path.cwd().is_relative_to(os.path.realpath(out)):
        raise OutputError(f"{out}: you stand in it, and an export takes a folder's place as a whole; name one in it")


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an export belongs, and the hidden folders beside it while it changes."""

    folder: Path

    def beside(self, what: str) -> Path:
        return self.folder.parent / f".{self.folder.name}.export-{what}"

    def settle(self) -> None:
        """Bring back what a killed run moved aside, and remove what it left."""
        former = self.beside("former")
        if former.is_dir() and not self.folder.exists():
            former.rename(self.folder)
        for left in (former, self.beside("next")):
            if left.is_dir():
                rmtree(left)

    @contextmanager
    def made(self) -> Iterator[Path]:
        following = self.beside("next")
        following.mkdir(parents=True)
        try:
            yield following
            sync_file_system(following)  # all files at once, before anyone sees them
            if self.folder.exists():
                self.folder.rename(self.beside("former"))
            following.rename(self.folder)
        finally:
            self.settle()
