"""What is computed once on a machine and then mapped from the user's cache folder, shared by all processes."""

from collections.abc import Callable
from pathlib import Path
from typing import cast

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray
from platformdirs import user_cache_path

from pipeline.storage.whole_files import atomic_path

_PATIENCE_S = 60
"""Who waits longer for another process makes its own: a home on a network may hold locks of machines that are gone."""


def cache_folder() -> Path:
    """Where this user's caches of ours lie: on Linux `$XDG_CACHE_HOME/maskwright`, `~/.cache/maskwright` without it."""
    return user_cache_path("maskwright", appauthor=False)


def kept_array(name: str, make: Callable[[], NDArray[np.void]]) -> NDArray[np.void]:
    """The array that is kept under `name`, mapped for reading; made first where there is none that can be read.

    Processes that start together wait for the one that makes it. Where nothing can be kept (no space, a home that can't
    be written), each makes its own, in memory. `name` is to change with whatever changes the array.
    """
    file = cache_folder() / f"{name}.npy"
    kept = _mapped(file)
    return _made(file, make) if kept is None else kept


def _made(file: Path, make: Callable[[], NDArray[np.void]]) -> NDArray[np.void]:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(file.with_suffix(".lock"), timeout=_PATIENCE_S, fallback_to_soft=False):
            kept = _mapped(file)
            if kept is None:
                kept = make()
                _keep(file, kept)
            return kept
    except OSError:
        return make()


def _mapped(file: Path) -> NDArray[np.void] | None:
    try:
        return cast("NDArray[np.void]", np.load(file, mmap_mode="r"))
    except (OSError, ValueError, EOFError):  # there is none, or it was cut short
        return None


def _keep(file: Path, array: NDArray[np.void]) -> None:
    with atomic_path(file) as part, part.open("wb") as opened:
        np.save(opened, array, allow_pickle=False)
