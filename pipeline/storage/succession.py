"""One output in another's place: the former one stays until its successor is worth having."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree

from pipeline.storage.whole_files import sync_file_system


@dataclass(frozen=True, slots=True)
class Succession:
    """What stands in a folder and what will stand there instead, prepared out of sight.

    Three hidden folders say how far it is: `next` is the successor while it isn't ready, `former` what was moved aside
    for it, `ready` the successor while it moves in. A kill at any moment leaves one of the two whole: `settle` goes
    back while there is a `next`, and forward once there is a `ready`, which one rename decides.

    Attributes:
        folder: Where both belong.
        hidden: The folder in it that nobody looks into, relative to it.
        names: The paths in `folder` that make up an output; nothing else is touched.
    """

    folder: Path
    hidden: Path
    names: tuple[Path, ...]

    def begin(self) -> Path:
        """The empty folder for the successor.

        Raises:
            OSError: the disk refuses.
        """
        self.settle()
        self._next.mkdir(parents=True)
        return self._next

    def succeed(self) -> None:
        """Put the successor in the former output's place, and remove that one.

        Raises:
            OSError: the disk refuses; `settle` goes on from there.
        """
        sync_file_system(self._next)  # what follows removes the only other copy
        self._move(self.folder, self._former)
        self._next.rename(self._ready)
        self.settle()

    def settle(self) -> None:
        """Go back or forward from wherever a run ended: one output stands there whole, of the other nothing is left.

        Raises:
            OSError: the disk refuses.
        """
        if self._ready.is_dir():
            self._move(self._ready, self.folder)
            rmtree(self._ready)
        elif self._next.is_dir():
            self._move(self._former, self.folder)
        for left in (self._former, self._next):  # in this order: without a next a former is rubbish
            if left.is_dir():
                rmtree(left)

    def _move(self, source: Path, target: Path) -> None:
        for name in self._standing_in(source):
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).rename(target / name)

    def _standing_in(self, folder: Path) -> Iterable[Path]:
        return [name for name in self.names if (folder / name).exists()]

    @property
    def _next(self) -> Path:
        return self.folder / self.hidden / "next"

    @property
    def _ready(self) -> Path:
        return self.folder / self.hidden / "ready"

    @property
    def _former(self) -> Path:
        return self.folder / self.hidden / "former"
