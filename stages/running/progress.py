"""How a run tells how far it is: a bar on a terminal, plain lines off it, JSON where that is asked for."""

import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from stages.running.logs import Log

_LINE_EVERY_S = 5.0


class Progress:
    """Shows how many of `total` (None: nobody knows) are done, on stderr, so that stdout holds the result alone."""

    def __init__(self, total: int | None, unit: str, log: Log) -> None:
        console = Console(stderr=True)
        self._total, self._unit, self._log = total, unit, log
        self._started = self._last_line = time.monotonic()
        self.seconds = 0.0
        columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"), TimeRemainingColumn())
        shows_bar = console.is_terminal and log.format == "text"
        self._bar = Bar(*columns, console=console) if shows_bar else None
        self._task = self._bar.add_task(unit, total=total) if self._bar else None

    def __enter__(self) -> "Progress":
        if self._bar:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.seconds = time.monotonic() - self._started
        if self._bar:
            self._bar.stop()

    def update(self, done: int, before: int = 0, **counts: int) -> None:
        """Show that `done` are done, `before` of them by an earlier run; `counts` say more."""
        words = ", ".join([self._unit, *(f"{count} {name}" for name, count in counts.items())])
        if self._bar and self._task is not None:
            self._bar.update(self._task, completed=done, description=words)
        elif (now := time.monotonic()) - self._last_line >= _LINE_EVERY_S:
            self._last_line = now
            rate = (done - before) / (now - self._started)
            of = "" if self._total is None else f"/{self._total}"
            text = f"{done}{of} {words}, {rate:.1f} {self._unit}/s"
            facts = {"done": done, "total": self._total, "unit": self._unit, "per_s": round(rate, 2), **counts}
            self._log.event("progress", text, **facts)
