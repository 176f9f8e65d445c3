"""How `augment-masks` tells how far it is: a bar on a terminal, plain lines off it, a table at the end."""

import time
from pathlib import Path
from types import TracebackType

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from rich.table import Table

from pipeline.dataset.augment import Summary

_LINE_EVERY_S = 5.0


class Progress:
    """Shows a summary as it grows, on stderr, so that stdout holds the result alone."""

    def __init__(self, photos: int) -> None:
        console = Console(stderr=True)
        self._photos = photos
        self._started = self._last_line = time.monotonic()
        self.seconds = 0.0
        columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"), TimeRemainingColumn())
        self._bar = Bar(*columns, console=console) if console.is_terminal else None
        self._task = self._bar.add_task("photos", total=photos) if self._bar else None

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

    def update(self, summary: Summary) -> None:
        """Show one photo more."""
        done = summary.done_before + summary.processed
        words = f"photos, {summary.faces} faces, {summary.written} written"
        if self._bar and self._task is not None:
            self._bar.update(self._task, completed=done, description=words)
        elif (now := time.monotonic()) - self._last_line >= _LINE_EVERY_S:
            self._last_line = now
            rate = summary.processed / (now - self._started)
            click.echo(f"{done}/{self._photos} {words}, {rate:.1f} photos/s", err=True)


def print_summary(summary: Summary, seconds: float, out: Path | None) -> None:
    """Print the closing table on stdout."""
    table = Table(show_header=False)
    table.add_column(justify="left")
    table.add_column(justify="right")
    rate = summary.processed / seconds if seconds > 0 else 0.0
    rows = [
        ("images", summary.photos),
        ("faces", summary.faces),
        ("written" if out else "would be written", summary.written),
    ]
    for name, value in rows:
        table.add_row(name, str(value))
    table.add_row("rejected", str(summary.rejected.total()))
    for reason, count in sorted(summary.rejected.items()):
        table.add_row(f"  {reason}", str(count))
    if summary.done_before:
        table.add_row("done by an earlier run", str(summary.done_before))
    if summary.skipped_folders:
        table.add_row("folders left out", str(summary.skipped_folders))
    if summary.other_files:
        table.add_row("other files left out", str(summary.other_files))
    table.add_row("images/s", f"{rate:.1f}")
    Console().print(table)
