"""Where the folder that stands beside an image's name in a table tells images of one name apart."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from pathlib import PurePosixPath

from pipeline.sources.adapters.csv_tables import Table
from pipeline.sources.image_index import as_path, side_of

_Parts = frozenset[str]


def told_apart(table: Table, images: Iterable[str]) -> set[PurePosixPath]:
    """The names in a table that need the folder beside them to be one image's, among the origins of images.

    Several images have such a name, or one has it and lies in one of the folders, so that the rows of the other folders
    are of an image that isn't there. Elsewhere rows are of the one image, whatever a tool says of each face.
    """
    folders = _folders(table)
    if not folders:
        return set()
    lying: defaultdict[str, list[PurePosixPath]] = defaultdict(list)
    for origin in images:
        path = as_path(origin)
        for name in {path.name.casefold(), path.stem.casefold()}:
            lying[name].append(path)
    return {
        named
        for named, beside in folders.items()
        if len(alike := [path for path in lying[named.name.casefold()] if _ends_in(path.parent, named.parent)]) > 1
        or (len(alike) == 1 and _is_of_some(alike[0], beside))
    }


def folder_of(table: Table, cells: list[str]) -> str:
    """The folder that a row names; empty where it names none."""
    place = table.places.folder
    return "" if place is None or len(cells) <= place or not cells[place] else str(as_path(cells[place]))


def _folders(table: Table) -> dict[PurePosixPath, set[str]]:
    """By the image's name the folders of its rows, where there are several."""
    found: defaultdict[PurePosixPath, set[str]] = defaultdict(set)
    for named, folder in _named(table):
        found[named].add(folder)
    return {named: folders for named, folders in found.items() if len(folders) > 1}


def _named(table: Table) -> Iterator[tuple[PurePosixPath, str]]:
    if table.places.folder is None:
        return
    for line in table.lines:
        cells = [cell.strip() for cell in line.cells]
        if not line.damage and len(cells) > table.places.image and cells[table.places.image]:
            yield as_path(cells[table.places.image]), folder_of(table, cells)


def _is_of_some(image: PurePosixPath, folders: Collection[str]) -> bool:
    """Whether an image lies in some of the folders and not in others, by the parts that they don't have in common."""
    parts = [_parts(PurePosixPath(folder)) for folder in folders if folder]
    common = frozenset.intersection(*parts) if len(parts) > 1 else frozenset()
    within = [not (own - common).isdisjoint(_parts(image.parent)) for own in parts]
    return any(within) and not all(within)


def _ends_in(folder: PurePosixPath, end: PurePosixPath) -> bool:
    parts = [part.casefold() for part in end.parts]
    return not parts or [part.casefold() for part in folder.parts[-len(parts) :]] == parts


def _parts(path: PurePosixPath) -> _Parts:
    return frozenset(side_of(part) for part in path.parts)
