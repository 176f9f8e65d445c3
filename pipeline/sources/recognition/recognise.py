"""Look at a folder or archive that nobody has set up: what it is, what it says, and how it is taken in."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.core.errors import SourceError
from pipeline.core.params import IngestParams, parse_section
from pipeline.sources.adapters import ADAPTERS
from pipeline.sources.adapters.attributes import AttributedAdapter
from pipeline.sources.adapters.folder import FolderAdapter
from pipeline.sources.adapters.layout import ParsedTree
from pipeline.sources.adapters.tree import TreeSettings
from pipeline.sources.archives.unpacking import is_archive
from pipeline.sources.entries import catalogue
from pipeline.sources.fetching.web.lists import SUFFIXES, read_list
from pipeline.sources.labels import Label
from pipeline.sources.offers import Offer
from pipeline.sources.recognition.block import Counts, params_lines, source_name
from pipeline.sources.recognition.layouts import Kind, Layout, is_tar, kinds_of, layouts_of
from pipeline.sources.recognition.words import told_by
from pipeline.sources.settings import Workspace

_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Reading:
    """What one layout of a tree says.

    Attributes:
        counts: By the source's own words.
        told: What those of them mean whose names tell.
        attributes: Attributes of its boxes, which label nothing yet.
        problem: Why it can't be taken in as it is; empty where it can.
        unread: Documents that speak of the images and that no adapter reads, a line a kind.
    """

    layout: Layout
    counts: Counts
    told: Mapping[str, Label]
    attributes: tuple[str, ...] = ()
    problem: str = ""
    unread: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Look:
    """What a folder or an archive holds: its files, its kinds of annotations, and what each known layout says."""

    tree: ParsedTree
    kinds: Sequence[Kind]
    readings: Sequence[Reading]


def look_into(path: Path, params: IngestParams, store: Path) -> Look:
    """What lies in a folder or an archive, which is unpacked into `store`; no reading where no layout is known."""
    workspace = replace(Workspace.of(source_name(path), path.parent, params), store=store, provenance=store)
    tree = ParsedTree(_lister(path, workspace).files())
    kinds = kinds_of(tree, in_shards=path.is_file() and is_tar(path.name))
    unread = tuple(f"{kind.first}: {kind.what}" for kind in kinds if kind.speaks and kind.adapter is None)
    readings = [_read(path, layout, workspace) for layout in layouts_of(tree, kinds)]
    return Look(tree, kinds, [replace(reading, unread=unread) for reading in readings])


def readings_of(path: Path, params: IngestParams, store: Path) -> Sequence[Reading]:
    """What each known layout of a folder, an archive or a list of addresses says; there is at least one.

    Raises:
        SourceError: there is none, and the message says what was found.
    """
    if path.is_file() and not is_archive(path):
        return [list_reading(path)]
    look = look_into(path, params, store)
    if not look.readings:
        raise SourceError(unknown(path, look.tree, look.kinds))
    return look.readings


def read_as(path: Path, layout: Layout, params: IngestParams, store: Path) -> Reading:
    """What a layout that somebody names says of a folder or an archive, whose own signs count for nothing."""
    workspace = replace(Workspace.of(source_name(path), path.parent, params), store=store, provenance=store)
    return _read(path, layout, workspace)


def described(path: Path, shown: Path, params: IngestParams, store: Path) -> Iterator[str]:
    """What a folder, an archive or a list of addresses is, line by line; archives are unpacked into `store`.

    `shown` is the path as params.yaml should have it.

    Raises:
        SourceError: it has no layout that is known, and the message says what was found; or it can't be taken in as it
            is, which the lines told already.
    """
    readings = readings_of(path, params, store)
    if several := several_of(readings):
        yield f"{path}: {several}: take one of them, or each with a path of its own"
    for reading in readings:
        yield f"{path}: {reading.layout.why} (adapter {reading.layout.adapter})"
        yield from (f"  {line}" for line in said_of(reading))
        yield "For params.yaml:"
        lines = params_lines(reading.layout, shown, source_name(path), reading.counts.words, reading.told)
        yield from (f"  {line}" for line in lines)
    if all(reading.problem for reading in readings):
        raise SourceError(f"not ready: {path}")


def several_of(readings: Sequence[Reading]) -> str:
    """The kinds of annotations that lie side by side, in words; empty where there is one at most."""
    layouts = [reading.layout for reading in readings]
    named = " and ".join(f"{layout.why} (adapter {layout.adapter})" for layout in layouts)
    return f"several kinds of annotations lie here, {named}" if len(layouts) > 1 else ""


def said_of(reading: Reading) -> Iterator[str]:
    """The counts of a layout, or why it can't be read as a whole."""
    if reading.problem:
        yield from f"can't be taken in as it is: {reading.problem}".splitlines()
        return
    yield from reading.counts.lines()
    yield from (f"no adapter reads {one}" for one in reading.unread[:_SHOWN])
    if reading.attributes:
        yield f"attributes, which label a box where the setting names them: {_listed(reading.attributes)}"


def _lister(path: Path, workspace: Workspace) -> FolderAdapter:
    return FolderAdapter(TreeSettings(adapter="folder", path=path), workspace)


def _read(path: Path, layout: Layout, workspace: Workspace) -> Reading:
    told = dict(layout.told)
    entry = catalogue()[layout.known] if layout.known else {"adapter": layout.adapter}
    kind = ADAPTERS[layout.adapter]
    try:
        while True:  # which folder is the class depends on the words that are mapped
            mapped = entry.get("labels") or {word: label.model_dump() for word, label in told.items()}
            section = {**entry, **layout.settings, "path": path, "labels": mapped}
            settings = parse_section(kind.settings_model, section, str(path))
            adapter = kind(settings, workspace)
            counts = Counts.of(adapter.offers())
            found = {word: label for word in counts.words - told.keys() if (label := told_by(word)) is not None}
            if layout.known or not found:
                break
            told |= found
    except SourceError as error:
        return Reading(layout, Counts(), told, problem=str(error))
    attributes = adapter.attributes_seen if isinstance(adapter, AttributedAdapter) else ()
    return Reading(layout, counts, told, tuple(attributes))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)[:_SHOWN])


def list_reading(path: Path) -> Reading:
    """What a list of addresses says.

    Raises:
        SourceError: it is none.
    """
    listed = read_list(path) if path.suffix.lower() in SUFFIXES else []
    addresses = [one for one in listed if not one.problem]
    if not addresses:
        raise SourceError(f"{path}: neither a folder, an archive (zip, tar) nor a list of addresses")
    counts = Counts.of(
        Offer(origin=one.url or one.name, file=path, labels=(one.label,) if one.label else ()) for one in addresses
    )
    told = {word: label for word in counts.words if (label := told_by(word)) is not None}
    return Reading(Layout("urls", "a list of addresses"), counts, told)


def unknown(path: Path, tree: ParsedTree, kinds: Sequence[Kind]) -> str:
    """What was found where no layout is known."""
    lines = [f"{path}: the layout is not one that is known"]
    first = f", such as {tree.images[0].origin}" if tree.images else ""
    lines.append(f"  {len(tree.images)} images{first}")
    lines += [f"  {kind.count} annotation files, such as {kind.first}: {kind.what}" for kind in kinds[:_SHOWN]]
    if not kinds:
        endings = sorted({Path(file.name).suffix.lower() or file.name for file in tree.others})
        other = f"; other files: {', '.join(endings[:_SHOWN])}" if endings else ""
        lines.append(f"  no annotation file that is known{other}")
    lines += [f"  {one.origin}: {one.reason}: {one.detail}" for one in tree.refusals[:3]]
    lines.append(
        "docs/sources.md has what is read: any table with `columns`, photos of one kind with `adapter: folder`."
    )
    return "\n".join(lines)
