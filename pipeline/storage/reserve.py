"""Space on the disk that is kept free for what must be written last."""

import errno
import os
from pathlib import Path

_STEP_BYTES = 1 << 16
_NO_ALLOCATION = frozenset({errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS})


class Reserve:
    """A file that takes up space until it is released, so that a disk that others fill has room for the end.

    Attributes:
        path: Where the file is; whoever moves it says so here.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._size = 0

    def hold(self, size: int) -> None:
        """Take up at least so many bytes.

        Raises:
            OSError: the disk is full or refuses; what was held stays held.
        """
        if size <= self._size:
            return
        wanted = -(-size // _STEP_BYTES) * _STEP_BYTES
        file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            _allocate(file, wanted)
        finally:
            os.close(file)
        self._size = wanted

    def release(self) -> None:
        """Give the space back."""
        self.path.unlink(missing_ok=True)
        self._size = 0


def _allocate(file: int, size: int) -> None:
    try:
        os.posix_fallocate(file, 0, size)
    except AttributeError:  # macOS
        _write(file, size)
    except OSError as error:
        if error.errno not in _NO_ALLOCATION:  # a file system that has no such thing
            raise
        _write(file, size)


def _write(file: int, size: int) -> None:
    for place in range(0, size, _STEP_BYTES):
        os.pwrite(file, bytes(_STEP_BYTES), place)
