"""`maskwright sources`: what each source is, what it needs, and whether it is ready."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.core.paths import LABEL_CONFLICTS, RAW
from stages.running.commands import params_option, stage_command, with_messages
from stages.running.screen import say
from stages.running.utf8 import Utf8Command, Utf8Group
from stages.tools.sources_add import add, shown_from_here

if TYPE_CHECKING:
    from pipeline.core.params import Params
    from pipeline.sources.adapters.base import Adapter
    from pipeline.sources.settings import SourceSettings


@click.group("sources", cls=Utf8Group)
def command() -> None:
    """Look at the sources: list them, show one, check what they need, add your own."""


def list_sources(params: "Params") -> None:
    """List every source with its licence; a star marks those that params.yaml takes."""
    from pipeline.sources.catalogue import source_names, source_settings

    for name in source_names(params.ingest):
        settings = source_settings(name, params.ingest)
        star = "*" if name in params.ingest.sources else " "
        say(f"{star} {name:<26} {settings.licence:<24} {settings.title}")


def show_source(params: "Params", name: str) -> None:
    """Show all that is known about one source: its papers, what it needs, how its labels are read."""
    from pipeline.sources.catalogue import source_settings

    for line in _described(name, source_settings(name, params.ingest)):
        say(line)


def _described(name: str, settings: "SourceSettings") -> Iterator[str]:
    yield f"{name}: {settings.title}"
    for field in ("adapter", "address", "licence", "author", "citation", "synthetic", "needs", "note"):
        value = getattr(settings, field)
        if value:
            yield f"  {field + ':':<10} {value}"
    yield "  labels:"
    for word, label in settings.labels.items():
        said = [f"{key}: {value}" for key, value in label.model_dump().items() if value != "unknown"]
        yield f"    {word:<26} {', '.join(said) or 'says nothing about a mask'}"


@click.command("check", cls=Utf8Command)
@params_option
@click.argument("sources", nargs=-1, metavar="[NAME|PATH]...")
def check(params_path: Path, sources: tuple[str, ...]) -> None:
    """Check whether sources are ready and count what they label; by default each of ingest.sources.

    A PATH is a folder, an archive or a list of addresses that isn't set up: the layout is recognised, with counts by
    label and the lines for params.yaml; no params.yaml is needed. Listings and annotations are read, images aren't;
    archives are unpacked. Fails where a source is not ready or a layout not known.
    """
    with_messages(lambda: _check(params_path, sources))


def _check(params_path: Path, sources: tuple[str, ...]) -> None:
    from pipeline.core.errors import SourceError
    from pipeline.core.params import Params, load_params
    from pipeline.sources.catalogue import source_names

    needed = not sources or params_path.exists()
    params = load_params(params_path) if needed else Params()
    known = set(source_names(params.ingest)) if needed else set()
    paths = [Path(one) for one in sources if one not in known and Path(one).exists()]
    problems = [problem for path in paths if (problem := _describe(path, params))]
    names = tuple(one for one in sources if Path(one) not in paths)
    absent = [one for one in names if one not in known and (not needed or "/" in one)]
    if absent:
        raise SourceError(f"{absent[0]}: no such file or folder, and no source of that name")
    if names or not paths:
        check_sources(load_params(params_path), names)
    if problems:
        raise SourceError("\n".join(problems))


def _describe(path: Path, params: "Params") -> str:
    """Tell what a path is; where it isn't known, give what was found instead."""
    import tempfile

    from pipeline.core.errors import SourceError
    from pipeline.sources.recognition.recognise import described

    with tempfile.TemporaryDirectory(prefix="maskwright-") as store:
        try:
            for line in described(path.resolve(), shown_from_here(path), params.ingest, Path(store)):
                say(line)
        except SourceError as error:
            return str(error)
    return ""


def check_sources(params: "Params", names: tuple[str, ...]) -> None:
    """Check the sources that are set up."""
    from pipeline.core.errors import SourceError
    from pipeline.sources.catalogue import make_adapter

    waiting = []
    for name in names or params.ingest.sources:
        adapter = make_adapter(name, params.ingest, Path.cwd())
        missing = adapter.missing()
        lines, unmapped = ([], []) if missing else _foretold(name, adapter)
        missing += unmapped
        say(f"{name}: {'ready' if not missing else 'not ready'}")
        unread = [] if missing else _unread(adapter)
        for sentence in [*lines, *missing, *unread, *adapter.hints()]:
            say(f"  {sentence}")
        waiting += [name] if missing else []
    if waiting:
        raise SourceError(f"not ready: {', '.join(waiting)}")


def _foretold(name: str, adapter: "Adapter[Any]") -> tuple[list[str], list[str]]:
    """The counts of a source's labels, and why there can be none."""
    from pipeline.core.errors import SourceError
    from pipeline.sources.forecast import forecast

    try:
        found = forecast(name, adapter)
        return ["not fetched yet, so its labels can't be counted"] if found is None else list(found.lines()), []
    except SourceError as error:
        return [], [str(error)]


def _unread(adapter: "Adapter[Any]") -> list[str]:
    """What lies there and isn't read; nothing where the source isn't fetched yet."""
    from pipeline.sources.recognition.unread import unread_annotations

    sentence = "" if adapter.listed() is None else unread_annotations(adapter)
    return [sentence] if sentence else []


def list_conflicts(params: "Params", out: Path) -> None:  # noqa: ARG001 - every command reads the parameters
    """Write a CSV of the files about which ingested sources disagree, for a person to decide."""
    import csv
    import io
    from dataclasses import asdict, fields

    from pipeline.core.errors import ManifestError
    from pipeline.sources.conflicts import LabelConflict, find_conflicts
    from pipeline.storage.ingested import ingested_images, ingested_manifests
    from pipeline.storage.whole_files import write_text

    if not ingested_manifests(Path.cwd()):
        raise ManifestError(f"{RAW} holds no source that was taken in; run `maskwright ingest` first")
    rows = list(find_conflicts(ingested_images(Path.cwd())))
    text = io.StringIO()
    writer = csv.DictWriter(text, [field.name for field in fields(LabelConflict)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(map(asdict, rows))
    write_text(out, text.getvalue())
    say(f"{len({row.sha256 for row in rows})} files with conflicting labels, {len(rows)} rows: {out}")


_OUT = click.Path(dir_okay=False, path_type=Path)
command.add_command(stage_command(list_sources), "list")
command.add_command(stage_command(click.argument("name")(show_source)), "show")
command.add_command(check)
command.add_command(add)
command.add_command(
    stage_command(click.option("--out", default=LABEL_CONFLICTS, show_default=True, type=_OUT)(list_conflicts)),
    "conflicts",
)


if __name__ == "__main__":
    command()
