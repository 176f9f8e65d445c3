"""`maskwright audit-leaks TRAIN TEST`: does any test photo have a copy or a masked twin in train?"""

import csv
import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from stages.running.commands import address_option, engine_of, with_messages
from stages.running.screen import say
from stages.running.utf8 import Utf8Command

_FOLDER = click.Path(path_type=Path)


@click.command("audit-leaks", cls=Utf8Command)
@click.argument("train", type=_FOLDER)
@click.argument("test", type=_FOLDER)
@click.option("--show", default=20, show_default=True, type=click.IntRange(0), help="How many leaks are spelled out.")
@click.option("--report", type=_FOLDER, help="Write all leaks as pictures to this HTML file.")
@click.option("--csv", "table", type=_FOLDER, help="Write every leaking pair, and what couldn't be read, to this file.")
@click.option("--jobs", default=1, show_default=True, type=click.IntRange(0), help="Workers; 0 means one a core.")
@address_option
@click.option("--cache/--no-cache", default=True, help="Keep fingerprints under .cache/ for the next run.")
def command(**options: Any) -> None:
    """Compare every image under TEST with every image under TRAIN.

    Finds copies byte by byte, re-encoded, resized, cropped, turned and mirrored, and the same photo with and without a
    mask. Exit code 1 where anything leaks.
    """
    leaks: list[int] = []
    with_messages(lambda: leaks.append(_audit(**options)))
    if sum(leaks):
        raise SystemExit(1)


def _audit(
    *, train: Path, test: Path, show: int, report: Path | None, table: Path | None, cache: bool, **engine: Any
) -> int:
    from pipeline.core.params import DedupParams
    from pipeline.core.paths import FINGERPRINTS
    from pipeline.review.leak_audit import audit_folders, leak_lines, leak_rows

    audit = audit_folders(
        train, test, DedupParams(), engine=engine_of(**engine), cache_folder=FINGERPRINTS if cache else None
    )
    for line in leak_lines(audit, show):
        say(line)
    if table is not None:
        from pipeline.storage.whole_files import write_text

        rows = list(leak_rows(audit))
        write_text(table, _as_csv(rows))
        say(f"table: {table}, {len(rows)} rows")
    if report is not None:
        from pipeline.review.leak_page import leak_page
        from pipeline.storage.whole_files import write_text

        write_text(report, leak_page(audit))
        say(f"report: {report}")
    return len(audit.leaks)


def _as_csv(rows: "Iterable[dict[str, str]]") -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, ["test", "train", "kind", "detail"], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


if __name__ == "__main__":
    command()
