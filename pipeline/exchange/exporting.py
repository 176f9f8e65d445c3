"""From pictures to an export: each is named, its objects are taken, and the format's writer gets it."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

from pipeline.core import paths
from pipeline.core.errors import OutputError, SampleRejected
from pipeline.core.file_names import printable
from pipeline.core.locations import Location
from pipeline.core.params import load_params
from pipeline.core.version import VERSION
from pipeline.exchange.classes import Classes, ClassList
from pipeline.exchange.folder import METADATA, pictures_of_folder
from pipeline.exchange.formats import WRITERS
from pipeline.exchange.formats.base import Entry, FormatWriter, as_json
from pipeline.exchange.names import FileNames
from pipeline.exchange.output import new_export
from pipeline.exchange.pixels import Files, Pixels, named_pixels, pixels_of
from pipeline.exchange.records import Of, Picture, Unusable
from pipeline.exchange.targets import Targets, targets_of

PICTURES, REJECTED = "pictures.jsonl", "rejected.jsonl"
"""Where each file comes from, and what isn't there, in every format."""

Incomplete = Literal["mark", "skip"]


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """What decides an export beside the data.

    Attributes:
        format: One of `WRITERS`.
        of: What is boxed: faces, or the masks on them.
        classes: Which labels make a class.
        files: Whether image files are copied, linked (the same file under another name) or left where they are.
        outlines: Masks as outlines where a format has one shape an object.
        incomplete: What becomes of pictures in which there are objects without a box.
        reencode: Write photos anew as masked pictures were, so that compression and metadata tell neither.
    """

    format: str
    of: Of = "faces"
    classes: Classes = "type"
    files: Files = "copy"
    outlines: bool = False
    incomplete: Incomplete = "mark"
    reencode: bool = False


@dataclass(slots=True)
class Exported:
    """What an export holds, counted."""

    pictures: int = 0
    objects: int = 0
    incomplete: int = 0
    sides: Counter[str] = field(default_factory=Counter)
    classes: Counter[str] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)


def pictures_in(data: Path, pixels: Location | None = None) -> Iterator[Picture | Unusable]:
    """The pictures of a project's folder `data`, of the project, or of an output of `augment-masks`.

    The paths in manifests begin at `pixels`, by default where the project's `params.yaml` says, else at the project.

    Raises:
        OutputError: it is none of them.
        ConfigError: the project's parameters are wrong.
    """
    if (data / METADATA).is_file():
        yield from pictures_of_folder(data)
        return
    for folder in (data, data / paths.DATA):
        if (folder / paths.KEPT.relative_to(paths.DATA)).is_file():
            from pipeline.exchange.manifests import pictures_of_project  # noqa: PLC0415 - an extra brings what it needs

            yield from pictures_of_project(folder, _root_of(folder.resolve().parent) if pixels is None else pixels)
            return
    raise OutputError(f"{data}: neither an output of augment-masks ({METADATA}) nor a project's data ({paths.KEPT})")


def _root_of(project: Path) -> Location:
    """What the paths in a project's manifests begin at."""
    settings = project / "params.yaml"
    root = load_params(settings).storage.root if settings.is_file() else None
    return project if root is None else project / root if isinstance(root, Path) else root


def export(pictures: Iterable[Picture | Unusable], out: Path, request: ExportRequest, *, overwrite: bool) -> Exported:
    """Write the pictures to the folder `out`, whole or not at all; `rejected.jsonl` says what isn't exported and why.

    Raises:
        OutputError: `out` can't be used or written, nothing is left to export, or the request makes no sense.
    """
    _check(request)
    settings = asdict(request) | {"version": VERSION}
    with new_export(out, settings, overwrite=overwrite) as folder:
        run = _Export(folder, request)
        with closing(run):
            for one in pictures:
                run.add(one)
            run.finish()
        if not run.done.pictures:
            raise OutputError(f"no picture to export{_because(run.done.rejected)}")
    return run.done


def _because(rejected: Counter[str]) -> str:
    return ": " + ", ".join(f"{reason} {count}" for reason, count in sorted(rejected.items())) if rejected else ""


def _check(request: ExportRequest) -> None:
    if request.outlines and (request.of, request.format) not in {("masks", "yolo")}:
        raise OutputError("--outlines is for --of masks --format yolo: other formats hold box and outline")
    if request.files == "none" and WRITERS[request.format].needs_pixels:
        raise OutputError(f"--files none: {request.format} holds the pixels themselves")


class _Export:
    """One export while it is written."""

    def __init__(self, folder: Path, request: ExportRequest) -> None:
        self.done = Exported()
        self._folder, self._request = folder, request
        self._classes = ClassList(request.classes, request.of)
        self._writer: FormatWriter = WRITERS[request.format](folder, self._classes, outlines=request.outlines)
        self._names = FileNames()
        self._highest = -1

    def add(self, one: Picture | Unusable) -> None:
        """Write a picture, or say why not."""
        if isinstance(one, Unusable):
            self._reject(one)
            return
        found = targets_of(one, self._classes)
        for unusable in found.unusable:
            self._reject(unusable)
        if self._request.incomplete == "skip" and not found.complete:
            self._reject(Unusable(one.id, "incomplete_picture", f"it shows {self._request.of} that have no box"))
            return
        try:
            self._write(one, found)
        except SampleRejected as verdict:
            self._reject(Unusable(one.id, verdict.reason, verdict.detail))

    def _write(self, picture: Picture, found: Targets) -> None:
        names = tuple(self._classes.names[target.number] for target in found.objects)
        pixels = self._pixels(picture)
        entry = Entry(picture, self._names.stem(picture.id), found.objects, names, found.complete)
        files = self._request.files
        file = self._writer.add(entry, pixels, put=files != "none", link=files == "link")
        self._writer.text_file(PICTURES).write(as_json(_provenance(entry, file)) + "\n")
        self._highest = max(self._highest, *(target.number for target in found.objects), -1)
        done = self.done
        done.pictures += 1
        done.objects += len(names)
        done.incomplete += not found.complete
        done.sides[entry.side] += 1
        done.classes.update(names)

    def _pixels(self, picture: Picture) -> Pixels:
        taken = self._writer.suffixes
        if self._request.files == "none":
            return named_pixels(picture, taken)
        return pixels_of(picture, taken, reencode=self._request.reencode)

    def _reject(self, unusable: Unusable) -> None:
        self.done.rejected[unusable.reason] += 1
        self._writer.text_file(REJECTED).write(as_json(asdict(unusable)) + "\n")

    def finish(self) -> None:
        """Write what is said of all pictures."""
        self._writer.finish(self._classes.listed(self._highest))

    def close(self) -> None:
        """Close all files."""
        self._writer.close()


def _provenance(entry: Entry, file: str) -> dict[str, str | bool | None]:
    """A line of `pictures.jsonl`: `file` in the export, `original` where it was."""
    picture = entry.picture
    return {
        "file": file,
        "id": picture.id,
        "side": picture.side,
        "group": picture.group,
        "source": picture.source,
        "licence": picture.licence,
        "author": picture.author,
        "url": picture.url,
        "citation": picture.citation,
        "parent_sha256": picture.parent_sha256,
        "synthetic": picture.synthetic,
        "complete": entry.complete,
        "original": printable(str(picture.file)),
    }
