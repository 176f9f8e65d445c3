"""A folder, an archive or a list as one more source of a project: what is proposed, and the file that takes it in."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pipeline.core.errors import ConfigError, SourceError
from pipeline.core.params import IngestParams, load_params
from pipeline.project.faces_source import FacesSource
from pipeline.project.params_text import with_source
from pipeline.sources.recognition.layouts import Layout
from pipeline.sources.recognition.recognise import Reading, look_into, read_as, readings_of, said_of
from pipeline.sources.recognition.words import told_by
from pipeline.storage.whole_files import write_bytes

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")
_EXAMPLES = "no mask, with mask, surgical, cloth, N95, surgical_nose_out"


@dataclass(frozen=True, slots=True)
class Wish:
    """What the user says of a source beside its path.

    Attributes:
        name: What it is called; None leaves it to the path.
        adapter: Which of several kinds of annotations counts; None is the first that can be read.
        label: What all its photos are, in words; None leaves it to their folders and annotations.
        columns: Which column of its tables holds what, for headers that no tool writes.
    """

    name: str | None = None
    adapter: str | None = None
    label: str | None = None
    columns: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """A source as it would be written, and what it offers, a line each."""

    source: FacesSource
    counted: tuple[str, ...]
    others: tuple[str, ...]
    """Adapters that read other annotations of the same photos."""


def named_columns(pairs: Iterable[str]) -> dict[str, Any]:
    """The columns that `image=Bild,label=Art` tells, a number counted from 1; a part said twice has both columns.

    >>> named_columns(["image=1,label=Art", "label=Sitz"])
    {'image': 1, 'label': ['Art', 'Sitz']}

    Raises:
        ConfigError: a part without `=`.
    """
    found: dict[str, Any] = {}
    for pair in (one for text in pairs for one in text.split(",")):
        part, sign, column = (word.strip() for word in pair.partition("="))
        if not (part and sign and column):
            raise ConfigError(f"--columns: {pair!r}: expected PART=COLUMN, such as image=file,label=kind")
        value: Any = int(column) if column.isdecimal() else column
        found[part] = [*_listed(found[part]), value] if part in found else value
    return found


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def propose(path: Path, shown: Path, ingest: IngestParams, wish: Wish) -> Proposal:
    """How the folder, archive or list `path` is taken in; `shown` is the path as params.yaml should have it.

    Raises:
        SourceError: no layout is known, none can be taken in, or it holds no image.
        ConfigError: what is wished for is impossible.
    """
    if wish.name is not None and not _NAME.fullmatch(wish.name):
        raise ConfigError(f"--name: {wish.name!r}: expected small letters, digits, '-', '_' and '.'")
    path = path.resolve()
    with TemporaryDirectory(prefix="maskwright-") as store:
        readings = _readings(path, ingest, wish, Path(store))
    sound = [one for one in readings if not one.problem and one.counts.offered]
    chosen = [one for one in sound if wish.adapter in {None, one.layout.adapter}]
    if not chosen:
        raise SourceError(_why_none(path, readings, wish))
    reading = chosen[0]
    if wish.name is not None and reading.layout.known:
        raise ConfigError(f"--name: this is {reading.layout.known} of the catalogue, and called so")
    source = FacesSource.of_reading(path, shown, reading, wish.name)
    others = tuple(one.layout.adapter for one in sound if one is not reading)
    return Proposal(source, tuple(said_of(reading)), others)


def _readings(path: Path, ingest: IngestParams, wish: Wish, store: Path) -> list[Reading]:
    if wish.columns is not None:
        layout = Layout("csv", "a table whose columns you name", settings={"columns": dict(wish.columns)})
        return [read_as(path, layout, ingest, store)]
    if wish.label is not None:
        return [_of_one_kind(path, ingest, wish.label, store)]
    try:
        return list(readings_of(path, ingest, store))
    except SourceError as error:
        told = "Here: --label WORDS says that all photos are of one kind, --columns what stands where in a table."
        raise SourceError(f"{error}\n{told}") from error


def _of_one_kind(path: Path, ingest: IngestParams, label: str, store: Path) -> Reading:
    """Photos that are all the same, in whatever folders."""
    meaning = told_by(label)
    if meaning is None:
        raise ConfigError(f"--label: {label!r}: tells nothing of a mask; expected words such as {_EXAMPLES}")
    settings = {**_people(path, ingest, store), "default_label": label}
    reading = read_as(path, Layout("folder", "photos of one kind", settings=settings), ingest, store)
    return replace(reading, told={**reading.told, label: meaning})


def _people(path: Path, ingest: IngestParams, store: Path) -> dict[str, Any]:
    """The settings of a folder for each person, where it is one."""
    found = look_into(path, ingest, store).readings
    return next((dict(one.layout.settings) for one in found if "person" in one.layout.settings), {})


def _why_none(path: Path, readings: Iterable[Reading], wish: Wish) -> str:
    lines = [f"{path}: can't be taken in" + (f" by the adapter {wish.adapter}" if wish.adapter else "")]
    for one in readings:
        lines.append(f"  {one.layout.why} (adapter {one.layout.adapter}): {one.problem or 'offers no image'}")
    return "\n".join(lines)


def refuse_twice(ingest: IngestParams, source: FacesSource, path: Path, root: Path) -> None:
    """Refuse a source that is set up already, by its name or by its path.

    Raises:
        ConfigError: says which, and what can be done.
    """
    for name, settings in ingest.settings.items():
        paths = [one for one in _listed(settings.get("path")) if isinstance(one, str)]
        if any((root / one).resolve() == path.resolve() for one in paths):
            raise ConfigError(f"{path}: is set up already, as ingest.settings.{name}")
    if source.name in {*ingest.settings, *ingest.sources}:
        raise ConfigError(f"{source.name}: a source of that name is set up already; give another with --name")


def add_source(params_path: Path, source: FacesSource) -> None:
    """Write a source into params.yaml, whose comments and order stay; the file is checked before it is replaced.

    Raises:
        ConfigError: it is written in a way that can't be added to, or wouldn't be sound afterwards.
        OSError: it can't be written.
    """
    place = params_path.resolve()  # a link stays one
    text = with_source(place.read_bytes().decode("utf-8"), source.name, source.lines, str(params_path))
    with TemporaryDirectory(prefix="maskwright-") as folder:
        trial = Path(folder) / params_path.name
        trial.write_bytes(text.encode())
        load_params(trial)
    write_bytes(place, text.encode())
