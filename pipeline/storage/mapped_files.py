"""Files that are mapped into memory, whose pages count as this process's own until it lets go of them."""

import mmap
from pathlib import Path
from weakref import WeakSet

_MAPPED: WeakSet[mmap.mmap] = WeakSet()


def mapped_file(file: Path) -> mmap.mmap:
    """A file mapped for reading.

    Raises:
        OSError, ValueError: it can't be mapped, or is empty.
    """
    with file.open("rb") as opened:
        mapped = mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ)
    _MAPPED.add(mapped)
    return mapped


def leave_room() -> None:
    """Let go of what is mapped, where the system can, before something large needs the memory.

    Nothing is lost: what is asked for again comes from the file, in a millisecond or two for 64 MB.
    """
    for mapped in list(_MAPPED) if hasattr(mmap, "MADV_DONTNEED") else ():
        mapped.madvise(mmap.MADV_DONTNEED)
