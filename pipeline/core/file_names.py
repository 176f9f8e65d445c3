"""File names as text that can be stored and shown."""

import os
from pathlib import Path, PurePosixPath


def printable(name: str) -> str:
    r"""`name` as text that can be stored: bytes that aren't UTF-8 come out as `\xNN`.

    >>> printable("caf\udce9.jpg")
    'caf\\xe9.jpg'
    """
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def leads_into(link: Path, folder: Path) -> bool:
    """Whether what a link leads to lies in a folder, which is given without links; a loop of links leads nowhere."""
    return Path(os.path.realpath(link)).is_relative_to(folder)


def leads_out(name: str) -> str | None:
    """Why a name in a row is none of a file below the folder, or None.

    >>> leads_out("a/../../b.jpg"), leads_out("a/b.jpg")
    ('leads out of the folder', None)
    """
    path = PurePosixPath(name)
    if "\0" in name or not path.parts:
        return "is no name of a file"
    return "leads out of the folder" if path.is_absolute() or ".." in path.parts else None
