"""Ctrl-C once stops in order, twice at once."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells use it: 128 + SIGINT."""

_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


@contextmanager
def orderly_stop() -> Iterator[None]:
    """Raise KeyboardInterrupt at the first Ctrl-C, SIGTERM or SIGHUP, and end the process at the second.

    SIGTERM is what a system that shuts down sends, SIGHUP a terminal that is closed; `nohup` has that one ignored.
    Ending at once leaves nothing half-written under a final name: files are written beside their place; and no worker:
    each ends with its parent.
    """
    if threading.current_thread() is not threading.main_thread():  # signals are the main thread's
        yield
        return
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    heard = [number for number, handler in before.items() if handler is not signal.SIG_IGN]
    try:
        for number in heard:
            signal.signal(number, _first)
        yield
    finally:
        for number in heard:
            signal.signal(number, before[number])


def _first(*_: Any) -> None:
    for number in _SIGNALS:
        signal.signal(number, _second)
    raise KeyboardInterrupt


def _second(*_: Any) -> None:
    os.write(2, b"stopped at once\n")
    os._exit(INTERRUPTED)
