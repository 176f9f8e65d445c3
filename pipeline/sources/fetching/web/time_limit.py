"""One limit of time over all that is asked of strangers for one address: names, connections, TLS, headers, bodies.

Time-outs of sockets begin anew with each byte, so a server that drips never meets one. Here the connection is cut when
the time is over, whatever waits on it.
"""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from math import inf
from threading import Lock, Timer

import requests


class TimeLimit:
    """Seconds that servers may take; only time within `running` counts, so a polite pause costs nothing."""

    def __init__(self, seconds: float) -> None:
        self._seconds = self._left = seconds
        self._end = inf
        self._sockets: list[socket.socket] = []
        self._lock = Lock()

    @property
    def is_over(self) -> bool:
        """Whether nothing is left for another request."""
        return self._left <= 0

    @contextmanager
    def running(self, at_most: float = inf) -> Iterator[None]:
        """Let the block take what is left, or `at_most`; connections that it opens are cut then.

        Raises:
            requests.exceptions.ReadTimeout: the time is over.
        """
        length, started = min(self._left, at_most), time.monotonic()
        timer = Timer(max(0.0, length), self._cut)
        timer.daemon = True
        self._end, token = started + length, _CURRENT.set(self)
        timer.start()
        try:
            yield
            self.check()  # a connection that was cut can look like the end of a body
        except requests.exceptions.RequestException as error:
            self._raise_if_over(error)
            raise
        finally:
            timer.cancel()
            _CURRENT.reset(token)
            self._left -= time.monotonic() - started
            with self._lock:
                self._sockets.clear()

    def check(self) -> None:
        """Raise where the time is over.

        Raises:
            requests.exceptions.ReadTimeout: it is.
        """
        self._raise_if_over(None)

    def _raise_if_over(self, error: Exception | None) -> None:
        if time.monotonic() >= self._end:
            raise requests.exceptions.ReadTimeout(f"not done after {self._seconds:g} s") from error

    def remaining(self) -> float:
        """Seconds of this block that are left, more than none.

        Raises:
            TimeoutError: there are none.
        """
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        return left

    def watch(self, connection: socket.socket) -> None:
        """Cut this connection too when the time is over."""
        with self._lock:
            self._sockets.append(connection)
        if time.monotonic() >= self._end:
            self._cut()

    def _cut(self) -> None:
        with self._lock:
            for connection in self._sockets:
                with suppress(OSError):  # closed since
                    socket.socket.shutdown(connection, socket.SHUT_RDWR)  # TLS's own would wait for an answer


_CURRENT: ContextVar[TimeLimit | None] = ContextVar("time_limit", default=None)


def current_limit() -> TimeLimit | None:
    """The limit that the running block stands under, if any."""
    return _CURRENT.get()
