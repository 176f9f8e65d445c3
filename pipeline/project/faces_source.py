"""The user's own photos as a source of a new project."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from pipeline.core.errors import SourceError
from pipeline.sources.entries import catalogue
from pipeline.storage.signatures import is_photo

_SIGNS = re.compile(r"[^a-z0-9]+")
_WORD = "bare"
"""The label of every photo, whatever folders they lie in."""


@dataclass(frozen=True, slots=True)
class FacesSource:
    """A source of photos without masks: its name, how many there are, and its settings, a line a key."""

    name: str
    photos: int
    lines: tuple[str, ...]

    @classmethod
    def of(cls, faces: Path, project: Path) -> "FacesSource":
        """The photos below a folder, as a project in the folder `project` names them.

        Raises:
            SourceError: it is no folder, or holds no photo.
        """
        if not faces.is_dir():
            raise SourceError(f"{faces}: is no folder of photos")
        count = sum(1 for _ in _photos(faces))
        if not count:
            raise SourceError(f"{faces}: holds no photo")
        lines = (
            "adapter: folder",
            f"path: {_scalar(_seen_from(project, faces))}",
            "licence: unknown            # whose photos these are, and on what terms",
            f"default_label: {_WORD}         # of every photo whose folders labels doesn't name",
            f"labels: {{{_WORD}: {{mask_type: none}}}}",
        )
        return cls(_name_of(faces), count, lines)


def _photos(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if is_photo(path) and path.is_file())


def _name_of(folder: Path) -> str:
    """After the folder, and none of the catalogue's."""
    name = _SIGNS.sub("-", folder.resolve().name.casefold()).strip("-")
    return f"my-{name or 'photos'}" if not name or name.isdecimal() or name in catalogue() else name


def _seen_from(project: Path, folder: Path) -> str:
    """Relative where the folder lies in the project's own parent, so that both can be moved together."""
    project, folder = project.resolve(), folder.resolve()
    near = folder.is_relative_to(project.parent)
    return Path(os.path.relpath(folder, project)).as_posix() if near else folder.as_posix()


def _scalar(value: str) -> str:
    """A text as YAML spells it on one line."""
    plain = yaml.safe_dump(value, allow_unicode=value.isprintable(), width=10**6)
    return plain.removesuffix("\n").removesuffix("\n...")
