"""File names as text that can be stored and shown."""

import os


def printable(name: str) -> str:
    r"""`name` as text that can be stored: bytes that aren't UTF-8 come out as `\xNN`.

    >>> printable("caf\udce9.jpg")
    'caf\\xe9.jpg'
    """
    return os.fsencode(name).decode("utf-8", "backslashreplace")
