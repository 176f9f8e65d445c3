"""Look at a folder or archive that nobody has set up: what it is, what it says, and how it is taken in."""

from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import replace
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
from pipeline.sources.recognition.layouts import Kind, Layout, kinds_of, layouts_of
from pipeline.sources.recognition.words import told_by
from pipeline.sources.settings import Workspace

_SHOWN = 12


def described(path: Path, shown: Path, params: IngestParams, store: Path) -> Iterator[str]:
    """What a folder, an archive or a list of addresses is, line by line; archives are unpacked into `store`.

    `shown` is the path as params.yaml should have it.

    Raises:
        SourceError: it has no layout that is known, and the message says what was found; or it can't be taken in as it
            is, which the lines told already.
    """
    workspace = replace(Workspace.of(source_name(path), path.parent, params), store=store, provenance=store)
    if path.is_file() and not is_archive(path):
        yield from _of_list(path, shown)
        return
    tree = ParsedTree(_lister(path, workspace).files())
    kinds = kinds_of(tree, path.name if path.is_file() else "")
    layouts = layouts_of(tree, kinds)
    if not layouts:
        raise SourceError(unknown(path, tree, kinds))
    taken = []
    for layout in layouts:
        yield f"{path}: {layout.why} (adapter {layout.adapter})"
        taken.append((yield from _read(path, shown, layout, workspace)))
    if len(layouts) > 1:
        names = " and ".join(layout.adapter for layout in layouts)
        yield f"Annotations of several kinds lie here, {names}: take one of them, or each with a path of its own."
    if not any(taken):
        raise SourceError(f"not ready: {path}")


def _lister(path: Path, workspace: Workspace) -> FolderAdapter:
    return FolderAdapter(TreeSettings(adapter="folder", path=path), workspace)


def _read(path: Path, shown: Path, layout: Layout, workspace: Workspace) -> Generator[str, None, bool]:
    """The counts of a layout and its lines, or why it can't be read as a whole; returns whether it can."""
    told: dict[str, Label] = {}
    ready = True
    entry = catalogue()[layout.known] if layout.known else {"adapter": layout.adapter}
    kind = ADAPTERS[layout.adapter]
    try:
        while True:  # which folder is the class depends on the words that are mapped
            mapped = entry.get("labels") or {word: label.model_dump() for word, label in told.items()}
            section = {**entry, **layout.settings, "path": path, "labels": mapped}
            settings = parse_section(kind.settings_model, section, str(path))
            adapter = kind(settings, workspace)
            counts = Counts.of(adapter.offers())
            found = {word: label for word in counts.words if (label := told_by(word)) is not None}
            if layout.known or found.keys() <= told.keys():
                break
            told |= found
    except SourceError as error:
        yield from (f"  {line}" for line in f"can't be taken in as it is: {error}".splitlines())
        counts, ready = Counts(), False
    else:
        yield from (f"  {line}" for line in counts.lines())
        if isinstance(adapter, AttributedAdapter) and adapter.attributes_seen:
            yield f"  attributes, which label a box where the setting names them: {_listed(adapter.attributes_seen)}"
    yield "For params.yaml:"
    yield from (f"  {line}" for line in params_lines(layout, shown, source_name(path), counts.words, told))
    return ready


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)[:_SHOWN])


def _of_list(path: Path, shown: Path) -> Iterator[str]:
    """What a list of addresses says.

    Raises:
        SourceError: it is none.
    """
    listed = read_list(path) if path.suffix.lower() in SUFFIXES else []
    addresses = [one for one in listed if not one.problem]
    if not addresses:
        raise SourceError(f"{path}: neither a folder, an archive (zip, tar) nor a list of addresses")
    layout = Layout("urls", "a list of addresses")
    yield f"{path}: {layout.why} (adapter {layout.adapter})"
    offers = (
        Offer(origin=one.url or one.name, file=path, labels=(one.label,) if one.label else ()) for one in addresses
    )
    counts = Counts.of(offers)
    yield from (f"  {line}" for line in counts.lines())
    yield "For params.yaml:"
    told = {word: label for word in counts.words if (label := told_by(word)) is not None}
    yield from (f"  {line}" for line in params_lines(layout, shown, source_name(path), counts.words, told))


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
