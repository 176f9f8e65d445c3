"""How fast one host is asked: never faster than it wants, whatever the number of threads."""

import time
from collections.abc import Callable
from threading import Lock


class Pace:
    """Gives each request to a host its moment.

    Attributes:
        delay_s: The least pause between the starts of two requests to one host.
    """

    def __init__(
        self,
        delay_s: float,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.delay_s = delay_s
        self._sleep = sleep
        self._now = now
        self._lock = Lock()
        self._next: dict[str, float] = {}
        self._delays: dict[str, float] = {}

    def wait(self, host: str) -> None:
        """Return when this host may be asked."""
        with self._lock:
            moment = max(self._now(), self._next.get(host, 0.0))
            self._next[host] = moment + max(self.delay_s, self._delays.get(host, 0.0))
            pause = moment - self._now()
        if pause > 0:
            self._sleep(pause)

    def slow_down(self, host: str, delay_s: float) -> None:
        """Keep a longer pause for a host that asks for it."""
        self._delays[host] = max(delay_s, self._delays.get(host, 0.0))

    def pause(self, host: str, seconds: float) -> None:
        """Leave a host alone for a while."""
        with self._lock:
            self._next[host] = max(self._next.get(host, 0.0), self._now() + seconds)
