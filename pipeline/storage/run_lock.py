"""One run at a time on one output: a lock that ends with the process that holds it."""

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from pipeline.core.errors import OutputError


@contextmanager
def run_lock(path: Path, output: str) -> Iterator[None]:
    """Hold the lock file `path` during the block; `output` is what it guards, for the message.

    The system drops the lock of a process that dies, so a file that was left behind is in nobody's way. The file is
    removed at the end.

    Raises:
        OutputError: another run holds it, or the file cannot be made.
    """
    lock = FileLock(path, blocking=False, fallback_to_soft=False)  # a soft lock would outlive a killed process
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout as error:
        raise OutputError(f"{output}: in use by another run, {_holder(path)}; wait for it, or stop it") from error
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror or error}") from error
    try:
        path.write_text(json.dumps(_note()), encoding="utf-8")
        yield
    finally:
        path.unlink(missing_ok=True)  # before the lock goes: afterwards it may be another run's
        lock.release()


def _note() -> dict[str, str | int]:
    return {"pid": os.getpid(), "host": socket.gethostname(), "since": datetime.now(UTC).isoformat()}


def _holder(path: Path) -> str:
    try:
        note = json.loads(path.read_text(encoding="utf-8"))
        return f"process {note['pid']} on {note['host']} since {note['since'][:19]} UTC"
    except (OSError, ValueError, KeyError, TypeError):  # it begins or ends at this moment
        return "which says no more"
