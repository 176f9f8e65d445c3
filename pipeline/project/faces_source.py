"""The user's own photos as a source of a new project."""

import os
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from pipeline.core.errors import SourceError
from pipeline.core.params import IngestParams
from pipeline.sources.archives.unpacking import is_archive
from pipeline.sources.labels import NO_MASK
from pipeline.sources.recognition.block import settings_lines, source_name, untold
from pipeline.sources.recognition.mentions import telling_name
from pipeline.sources.recognition.recognise import Look, Reading, look_into, several_of
from pipeline.storage.signatures import is_photo

_WORD = "bare"
"""The label of every photo where nothing is recognised."""


@dataclass(frozen=True, slots=True)
class FacesSource:
    """A source of the user's own photos, and how it is taken in.

    Attributes:
        photos: How many there are.
        lines: Its settings, a line a key.
        recognised: What its layout is and what told it; empty for plain photos, which all count as bare.
        several: The kinds of annotations that lie side by side, of which the first is taken; empty where there is one.
        untold: Its own words whose meaning a person must say before it can be taken in.
    """

    name: str
    photos: int
    lines: tuple[str, ...]
    recognised: str = ""
    several: str = ""
    untold: tuple[str, ...] = ()

    @classmethod
    def of(cls, faces: Path, project: Path) -> "FacesSource":
        """The photos below a folder, as a project in the folder `project` takes them in.

        What `maskwright sources check` recognises is taken as it proposes.

        Raises:
            SourceError: it is no folder, holds no photo, its annotations can't be taken in, or something that isn't
                understood may tell of masks.
        """
        if faces.is_file() and is_archive(faces):
            raise SourceError(
                f"{faces}: is an archive, no folder of photos\nUnpack it, or take it in as it is: "
                f"maskwright init without --faces, then maskwright sources add {shlex.quote(str(faces))}"
            )
        if not faces.is_dir():
            raise SourceError(f"{faces}: is no folder of photos")
        path, shown = faces.resolve(), _seen_from(project, faces)
        with TemporaryDirectory(prefix="maskwright-") as store:
            look = look_into(path, IngestParams(), Path(store))
            count = sum(is_photo(image.path) for image in look.tree.images)
        if not count:
            raise SourceError(f"{faces}: holds no photo")
        if look.readings:
            reading = _readable(faces, look)
            if "default_label" in reading.layout.settings:
                _require_nothing_told(faces, path, look)
            source = cls.of_reading(path, shown, _with_default(reading))
            return replace(source, several=_one_line(several_of(look.readings)))
        _require_nothing_told(faces, path, look)
        return cls(source_name(path), count, tuple(_plain_lines(shown)))

    @classmethod
    def of_reading(cls, path: Path, shown: Path, reading: Reading, name: str | None = None) -> "FacesSource":
        """What one layout of a folder, an archive or a list says, as a source called `name`, or as the path tells.

        `shown` is the path as params.yaml should have it.
        """
        layout, counts, told = reading.layout, reading.counts, reading.told
        return cls(
            name=name or layout.known or source_name(path),
            photos=counts.offered,
            lines=tuple(settings_lines(layout, shown, counts.words, told)),
            recognised=_one_line(f"{layout.why} (adapter {layout.adapter})"),
            untold=() if layout.known else tuple(map(_one_line, untold(counts.words, told))),
        )


def _require_nothing_told(faces: Path, path: Path, look: Look) -> None:
    """Stop where photos would count as bare though something tells of masks: a name, or a document that isn't read.

    Raises:
        SourceError: says what it is, and how the photos are taken in all the same.
    """
    told = [f"{kind.first}: {kind.what}" for kind in look.kinds if kind.speaks and kind.adapter is None]
    if name := telling_name(path.name, look.tree):
        told.append(f"{name}: a name that tells of masks")
    if told:
        listed = "".join(f"\n  {one}" for one in told)
        raise SourceError(
            f"{faces}: photos are not all taken for bare where something may tell of masks that isn't understood:"
            f"{listed}\nmaskwright init without --faces, then maskwright sources add {shlex.quote(str(faces))}: "
            '--label "no mask" says that all are bare, --columns what stands where in a table.'
        )


def _with_default(reading: Reading) -> Reading:
    """Photos about whose masks nothing is said count as bare."""
    default = reading.layout.settings.get("default_label")
    return reading if default is None else replace(reading, told={**reading.told, default: NO_MASK})


def _readable(faces: Path, look: Look) -> Reading:
    """The first layout that can be taken in.

    Raises:
        SourceError: there is none; the message is the first's.
    """
    sound = [reading for reading in look.readings if not reading.problem]
    if not sound:
        first = look.readings[0]
        raise SourceError(f"{faces}: {first.layout.why} (adapter {first.layout.adapter}): {first.problem}")
    return sound[0]


def _plain_lines(shown: Path) -> Iterator[str]:
    yield "adapter: folder"
    yield f"path: {_scalar(shown.as_posix())}"
    yield "licence: unknown            # whose photos these are, and on what terms"
    yield f"default_label: {_WORD}         # nothing tells of masks here, so every photo counts as bare"
    yield f"labels: {{{_WORD}: {{mask_type: none}}}}"


def _seen_from(project: Path, folder: Path) -> Path:
    """Relative where the folder lies in the project's own parent, so that both can be moved together."""
    project, folder = project.resolve(), folder.resolve()
    return Path(os.path.relpath(folder, project)) if folder.is_relative_to(project.parent) else folder


def _scalar(value: str) -> str:
    """A text as YAML spells it on one line."""
    plain = yaml.safe_dump(value, allow_unicode=value.isprintable(), width=10**6)
    return plain.removesuffix("\n").removesuffix("\n...")


def _one_line(text: str) -> str:
    """A text with names of files in it, as a README can hold it."""
    return " ".join(text.encode(errors="replace").decode().split())
