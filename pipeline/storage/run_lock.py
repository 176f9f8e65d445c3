"""One run at a time on one output: a lock that ends with the process that holds it."""

import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from pipeline.core.errors import OutputError


@contextmanager
def run_lock(path: Path, output: str) -> Iterator[None]:
    """Hold the lock file `path` during the block; `output` is what it guards, for the message.

    The system drops the lock of a process that dies, so a file that was left behind is in nobody's way. The file is
    removed at the end.

    Raises:
        OutputError: another run holds it, or the file cannot be made.
    """
    try:
        descriptor = _acquire(path)
    except BlockingIOError as error:
        raise OutputError(f"{output}: in use by another run, {_holder(path)}; wait for it, or stop it") from error
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror or error}") from error
    try:
        yield
    finally:
        path.unlink(missing_ok=True)  # before the lock goes: afterwards it may be another run's
        os.close(descriptor)


def _acquire(path: Path) -> int:
    """An open descriptor that holds the lock on the file that stands at `path` now."""
    path.parent.mkdir(parents=True, exist_ok=True)
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_at(descriptor, path):
                note = {"pid": os.getpid(), "host": socket.gethostname(), "since": datetime.now(UTC).isoformat()}
                os.ftruncate(descriptor, 0)
                os.write(descriptor, json.dumps(note).encode())
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)  # its former holder removed the file between opening and locking


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _holder(path: Path) -> str:
    try:
        note = json.loads(path.read_text(encoding="utf-8"))
        return f"process {note['pid']} on {note['host']} since {note['since'][:19]} UTC"
    except (OSError, ValueError, KeyError, TypeError):  # it begins or ends at this moment
        return "which says no more"
