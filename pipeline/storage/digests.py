"""What tells one state of files, records or code from another."""

import hashlib
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import cast

from pipeline.core.libraries import PIXEL_LIBRARIES, installed_versions
from pipeline.core.locations import Address, Place, Stretch

_CODE = frozenset({".py", ".c", ".h"})
_COMPILED = frozenset({".pyc", ".so"})
"""Of files that are in the digest themselves: a machine without a compiler makes the same bytes."""


def digest_of_folders(folders: Sequence[Path], suffixes: frozenset[str] | None = None) -> str:
    """A digest over names and bytes of all files under the folders, empty for none; what is compiled is left out.

    `suffixes` are the endings of the files that count, where not all do.
    """
    if not folders:
        return ""
    digest = hashlib.sha256()
    for folder in folders:
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            if file.suffix in _COMPILED or (suffixes and file.suffix not in suffixes):
                continue
            content = hashlib.sha256(file.read_bytes()).hexdigest()
            digest.update(f"{file.relative_to(folder).as_posix()}\0{content}\n".encode())
    return digest.hexdigest()


def digest_of_texts(texts: Iterable[str]) -> str:
    """A digest over texts in their order, none of which holds a NUL."""
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()


def digest_of_modules(package: str) -> str:
    """A digest over the code of a package in Python and C, such as that of `pipeline.training`."""
    return digest_of_folders([cast(Path, files(package))], _CODE)


@cache
def code_digest() -> str:
    """A digest over this package, the shipped templates and the versions of the libraries that decide pixels.

    Coarse on purpose: it decides what of an unfinished run can be used, and making that again costs less than a mix.
    """
    package = cast(Path, files("pipeline"))
    libraries = repr(sorted(installed_versions(PIXEL_LIBRARIES).items()))
    content = digest_of_folders([package, package.parent / "masks_templates"])
    return hashlib.sha256(f"{libraries}\0{content}".encode()).hexdigest()


def item_key(item: object, place: Place) -> str:
    """A key for a record about a file: of another record, size or time of change it is another.

    Of an object in a store its version stands for both where it was listed; where it wasn't, the record itself must
    name the content.
    """
    return hashlib.sha256(repr((item, _stamp(place))).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _stamp(place: Place) -> object:
    file = place.file if isinstance(place, Stretch) else place
    return file.version if isinstance(file, Address) else file_stamp(file)


def file_stamp(file: Path) -> tuple[int, int]:
    """A file's size in bytes and the time of its last change in ns: of another content it is another.

    A file that can't be looked at has a stamp that no file has, since reading it will say what is wrong.
    """
    try:
        status = file.stat()
    except OSError:
        return (-1, -1)
    return (status.st_size, status.st_mtime_ns)
