"""What YOLO's class numbers stand for: `data.yaml`, `classes.txt`, `obj.names`, and what else such a file says."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from pipeline.core.errors import SourceError
from pipeline.core.yaml_files import parse_yaml
from pipeline.sources.adapters.layout import NOT_TEXT, annotation_bytes, damaged
from pipeline.sources.adapters.tree import TreeFile
from pipeline.sources.image_index import as_path
from pipeline.sources.offers import Refusal
from pipeline.sources.papers import decode_lines, is_text

Names = Mapping[int, str]

_YAMLS = (".yaml", ".yml")
_LIST_NAMES = ("classes.txt", "_darknet.labels")
_LIST_ENDING = ".names"
_SIDES = ("train", "val", "valid", "test")
_MAX_CLASSES = 100_000


@dataclass(frozen=True, slots=True)
class ClassFile:
    """One file that names classes.

    Attributes:
        names: By number; those that the file leaves out have none.
        point_numbers: How many numbers a box's key points take behind it, where there are any.
        folders: Where it says that images are, by side.
        refusals: What of it can't be used.
    """

    origin: str
    names: Names
    point_numbers: int = 0
    folders: tuple[tuple[str, str], ...] = ()
    refusals: tuple[Refusal, ...] = ()

    @property
    def folder(self) -> PurePosixPath:
        """The folder for which, and below which, it speaks."""
        return as_path(self.origin).parent


@dataclass(frozen=True)
class Classes:
    """The classes of a whole source.

    Attributes:
        told: The names that the settings give; they hold for all of it.
        refusals: Files that should name classes and can't be read.
    """

    source: str
    files: tuple[ClassFile, ...]
    told: tuple[str, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    _found: dict[PurePosixPath, ClassFile | None] = field(default_factory=dict)

    def of(self, folder: PurePosixPath) -> ClassFile | None:
        """What names the classes of the label files in a folder; None where nothing does.

        Raises:
            SourceError: files that speak for it differ, or the only ones there are can't be read.
        """
        if folder not in self._found:
            self._found[folder] = self._look_up(folder)
        return self._found[folder]

    def _look_up(self, folder: PurePosixPath) -> ClassFile | None:
        above = [file for file in self.files if folder.is_relative_to(file.folder)] or list(self.files)
        if self.told:
            points = max((file.point_numbers for file in above), default=0)
            return ClassFile(f"ingest.settings.{self.source}.class_names", dict(enumerate(self.told)), points)
        if not above and self.refusals:
            first = self.refusals[0]
            raise SourceError(f"{self.source}: {first.origin}: {first.detail}.\n{self._remedy()}")
        odd = next((file for file in above if file.names != above[0].names), None)
        if odd is not None:
            both = f"{above[0].origin} and {odd.origin}"
            raise SourceError(f"{self.source}: {both} name the classes of {folder} differently.\n{self._remedy()}")
        return max(above, key=lambda file: file.point_numbers) if above else None

    def _remedy(self) -> str:
        return f"Name them in ingest.settings.{self.source}.class_names, in the order of their numbers."


def is_class_file(file: TreeFile) -> bool:
    """Whether a file may name classes, by its own name."""
    name = file.name.lower()
    return name.endswith((*_YAMLS, _LIST_ENDING)) or name in _LIST_NAMES


def read_class_file(file: TreeFile) -> ClassFile | Refusal | None:
    """The classes that a file names, why it can't be read, or None where it is about something else."""
    try:
        data = annotation_bytes(file)
        return _of_yaml(file, data) if file.name.lower().endswith(_YAMLS) else _of_lines(file, decode_lines(data))
    except (ValueError, SourceError) as error:
        return damaged(file.origin, error)


def _of_lines(file: TreeFile, text: str) -> ClassFile | Refusal:
    lines = [line.strip() for line in text.splitlines()]
    if not all(map(is_text, lines)):
        return damaged(file.origin, f"a list of classes that {NOT_TEXT}")
    comment = next((number for number, line in enumerate(lines, start=1) if line.startswith("#")), None)
    if comment is not None:
        return damaged(file.origin, f"line {comment} begins with #: as a comment it shifts the numbers of the classes")
    return ClassFile(file.origin, {number: line for number, line in enumerate(lines) if line})


def _of_yaml(file: TreeFile, data: bytes) -> ClassFile | None:
    """The classes of a YAML file; one that neither names nor counts classes is a document like any other.

    Raises:
        SourceError: it is no YAML.
        ValueError: it should name classes, and doesn't.
    """
    about_classes = file.name.lower().startswith("data") or b"names" in data
    document = parse_yaml(data, file.name, SourceError) if about_classes else None
    if not isinstance(document, dict) or not {"names", "nc"} & document.keys():
        return None
    names, told = _names(document), document.get("nc")
    refusals: tuple[Refusal, ...] = ()
    if "names" in document and isinstance(told, int) and told != len(names):
        refusals = (damaged(f"{file.origin}#nc", f"nc is {told}, but {len(names)} classes are named"),)
    return ClassFile(file.origin, names, _point_numbers(document), tuple(_folders(document)), refusals)


def _names(document: Mapping[str, Any]) -> dict[int, str]:
    """The names by number, of a list or a mapping; without any, as many numbers as `nc` counts.

    Raises:
        ValueError: they are neither.
    """
    names = document.get("names")
    if names is None:
        count = document.get("nc")
        if not isinstance(count, int) or not 0 <= count <= _MAX_CLASSES:
            raise ValueError(f"names no classes, and nc is {str(count)[:60]!r}")
        return {number: str(number) for number in range(count)}
    pairs = names.items() if isinstance(names, dict) else enumerate(names) if isinstance(names, list) else None
    if pairs is None:
        raise ValueError(f"names is {str(names)[:60]!r}, neither a list nor a mapping of numbers")
    found: dict[int, str] = {}
    for number, name in pairs:
        if not str(number).isdecimal() or isinstance(name, dict | list):
            raise ValueError(f"names holds {str(number)[:60]!r}: {str(name)[:60]!r}, no number with a name")
        if str(name if name is not None else "").strip():
            found[int(number)] = str(name).strip()
    return found


def _point_numbers(document: Mapping[str, Any]) -> int:
    shape = document.get("kpt_shape")
    sound = isinstance(shape, list) and len(shape) == 2 and all(type(one) is int and 0 < one < 1000 for one in shape)
    return shape[0] * shape[1] if sound and isinstance(shape, list) else 0


def _folders(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Where the images of each side are, as written; `path` goes before those that are relative."""
    base = document.get("path")
    for side in _SIDES:
        said = document.get(side)
        for one in said if isinstance(said, list) else [said]:
            if isinstance(one, str) and one.strip():
                yield side, str(as_path(f"{base}/{one}" if isinstance(base, str) and one[0] not in "/." else one))


def empty_sides(file: ClassFile, origins: Iterable[str]) -> Iterator[Refusal]:
    """A row for each side whose place, as the file gives it or by the end of its path, holds nothing of the source."""
    known: set[tuple[str, ...]] = set()
    for origin in origins:
        path = as_path(origin)
        known.update(parent.parts for parent in (path, *path.parents))
    for side, place in file.folders:
        parts = tuple(part for part in PurePosixPath(place).parts if part not in {"/", "..", "."})
        ends = [parts[start:] for start in range(len(parts))]
        above = [file.folder, *file.folder.parents]
        if parts and not any((*folder.parts, *end) in known for end in ends for folder in above):
            detail = f"{side} is {place!r}, but no file of the source lies there"
            yield Refusal(origin=f"{file.origin}#{side}", reason="image_missing", detail=detail)
