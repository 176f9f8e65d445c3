"""What is computed once on a machine and then mapped from the user's cache folder, shared by all processes."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray
from platformdirs import user_cache_path

from pipeline.storage.mapped_files import mapped_file
from pipeline.storage.whole_files import atomic_path

_PATIENCE_S = 60
"""Who waits longer for another process makes its own: a home on a network may hold locks of machines that are gone."""


def cache_folder() -> Path | None:
    """Where this user's caches of ours lie: on Linux `$XDG_CACHE_HOME/maskwright`, `~/.cache/maskwright` without it.

    None for a user of whom the system knows no home, such as a bare number in a container.
    """
    try:
        folder = user_cache_path("maskwright", appauthor=False)
    except RuntimeError:  # of platformdirs; earlier ones give a folder named ~ in the one that one stands in
        return None
    return folder if folder.is_absolute() else None


@dataclass(frozen=True, slots=True)
class KeptArray:
    """An array of `count` records that is kept under `name`, which is to change with whatever changes the array.

    `is_sound` looks at what was kept; an array that it refuses is made anew.
    """

    name: str
    record: np.dtype[np.void]
    count: int
    is_sound: Callable[[NDArray[np.void]], bool]

    def get(self, make: Callable[[], NDArray[np.void]]) -> NDArray[np.void]:
        """The array, mapped for reading; made first where there is none of its size.

        Processes that start together wait for the one that makes it. Where nothing can be kept (no space, no home or
        one that can't be written), each makes its own, in memory.
        """
        folder = cache_folder()
        if folder is None:
            return make()
        file = folder / f"{self.name}.bin"
        kept = self._mapped(file)
        return self._made(file, make) if kept is None else kept

    def _made(self, file: Path, make: Callable[[], NDArray[np.void]]) -> NDArray[np.void]:
        made = None
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(file.with_suffix(".lock"), timeout=_PATIENCE_S, fallback_to_soft=False):
                if (kept := self._mapped(file)) is not None:
                    return kept
                made = make()
                with atomic_path(file) as part:
                    made.tofile(part)
                return made
        except OSError:
            return make() if made is None else made

    def _mapped(self, file: Path) -> NDArray[np.void] | None:
        """The file holds the records alone: a header would be one more thing to be damaged."""
        try:
            if file.stat().st_size != self.count * self.record.itemsize:
                return None
            mapped = np.frombuffer(mapped_file(file), self.record, self.count)
            return mapped if self.is_sound(mapped) else None
        except (OSError, ValueError):  # there is none, or it is cut short this moment
            return None
