"""What runs inside the child of a `Sandbox`: limits first, then questions and answers."""

import ctypes
import errno
import json
import os
import pickle
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import cv2

from pipeline.core.errors import SampleRejected, SourceError
from pipeline.engine.containment import lacks_memory
from pipeline.engine.sandbox import SandboxLimits
from pipeline.engine.worker import limit_threads

if sys.platform == "linux":
    import resource

_OPEN_FILES = 64
_SET_PARENT_DEATH_SIGNAL, _SET_NO_NEW_PRIVILEGES = 1, 38  # linux/prctl.h


def serve() -> None:
    """Answer questions until the parent hangs up."""
    line = Connection(int(sys.argv[1]))
    function, limits = pickle.loads(line.recv_bytes())
    limit_threads()
    _enter(limits)
    line.send_bytes(b"")
    with suppress(EOFError, ConnectionError):
        while True:
            line.send_bytes(_answer(function, line.recv_bytes(), limits))


def _enter(limits: SandboxLimits) -> None:
    """Give up what isn't needed to answer, for good."""
    sys.dont_write_bytecode = True
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # decoders in C write what they like
    libc = ctypes.CDLL(None)
    libc.prctl(_SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    libc.prctl(_SET_PARENT_DEATH_SIGNAL, int(signal.SIGKILL), 0, 0, 0)
    mapped = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    _limit(resource.RLIMIT_AS, mapped + limits.memory_bytes)
    _limit(resource.RLIMIT_FSIZE, limits.file_bytes)
    _limit(resource.RLIMIT_NOFILE, _OPEN_FILES)
    _limit(resource.RLIMIT_CORE, 0)


def _limit(kind: int, most: int, *, for_good: bool = True) -> None:
    """Set a limit, or keep a hard one that is lower."""
    _, hard = resource.getrlimit(kind)
    least = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(kind, (least, least if for_good else hard))


def _answer(function: Callable[..., Any], question: bytes, limits: SandboxLimits) -> bytes:
    """The JSON of what the function gave or raised."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    spent = int(used.ru_utime + used.ru_stime)  # what the limit counts, of all questions together
    _limit(resource.RLIMIT_CPU, spent + limits.seconds + 1, for_good=False)
    try:
        said: tuple[str, Any] = ("done", function(*pickle.loads(question)))
    except Exception as error:  # noqa: BLE001 - it is judged in the parent
        said = _raised(error, limits)
    return json.dumps(said, default=asdict).encode("ascii")


def _raised(error: Exception, limits: SandboxLimits) -> tuple[str, tuple[str, str]]:
    if (cause := _too_much(error, limits)) is not None:
        return "too_much", ("", cause)
    if isinstance(error, SampleRejected):
        return "rejected", (error.reason, error.detail)
    if isinstance(error, SourceError):
        return "source", ("", str(error))
    return "failed", (type(error).__name__, str(error))


def _too_much(error: BaseException | None, limits: SandboxLimits) -> str | None:
    """Which limit was met, by the error or by one that it comes from."""
    number = error.errno if isinstance(error, OSError) else None
    if isinstance(error, MemoryError) or number == errno.ENOMEM:
        return f"over {limits.memory_bytes / 2**30:g} GB of memory"
    if isinstance(error, cv2.error) and lacks_memory(error):
        return f"over {limits.memory_bytes / 2**30:g} GB of memory"
    if number == errno.EFBIG:
        return f"a file of over {limits.file_bytes} bytes"
    if number == errno.EMFILE:
        return f"over {_OPEN_FILES} open files"
    return None if error is None else _too_much(error.__cause__, limits)
