"""The table that `augment-masks` ends with."""

from pathlib import Path

from rich.console import Console
from rich.table import Table

from pipeline.augment.folder_run import Summary
from stages.running.left_out import by_ending


def print_summary(summary: Summary, seconds: float, out: Path | None) -> None:
    """Print the closing table on stdout."""
    table = Table(show_header=False)
    table.add_column(justify="left")
    table.add_column(justify="right")
    rate = summary.processed / seconds if seconds > 0 else 0.0
    rows = [
        ("images", summary.photos),
        ("faces", summary.faces),
        ("written with a mask" if out else "would be written with a mask", summary.written),
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
        table.add_row("other files left out", str(summary.other_files.total()))
    for ending, count in by_ending(summary.other_files):
        table.add_row(f"  {ending}", str(count))
    table.add_row("images/s", f"{rate:.1f}")
    Console().print(table)
