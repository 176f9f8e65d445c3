"""The licence and author of each FFHQ photo, from `ffhq-dataset-v2.json`."""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from pipeline.core.errors import SourceError

_CHUNK_CHARACTERS = 1 << 20
_MAX_ENTRY_CHARACTERS = 1 << 24

_SPDX = {
    "creativecommons.org/licenses/by/2.0": "CC-BY-2.0",
    "creativecommons.org/licenses/by-nc/2.0": "CC-BY-NC-2.0",
    "creativecommons.org/publicdomain/zero/1.0": "CC0-1.0",
    "creativecommons.org/publicdomain/mark/1.0": "CC-PDM-1.0",
    "www.usa.gov/copyright.shtml": "LicenseRef-US-Government-Work",
}


@dataclass(frozen=True, slots=True)
class PhotoPapers:
    """What is known about one photo's rights."""

    licence: str | None = None
    author: str | None = None
    url: str | None = None


def read_papers(path: Path) -> dict[int, PhotoPapers]:
    """Each photo's papers by its FFHQ number.

    The file is 255 MB of mostly landmarks; it is read entry by entry, so that it never stands in memory.

    Raises:
        SourceError: the file can't be read or isn't laid out as FFHQ's.
    """
    try:
        with path.open(encoding="utf-8", errors="replace") as file:  # a name in it that isn't costs that name
            return {int(key): _papers(entry["metadata"]) for key, entry in object_entries(file)}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SourceError(f"{path}: cannot be read as ffhq-dataset-v2.json: {error}") from error


def _papers(metadata: dict[str, str]) -> PhotoPapers:
    return PhotoPapers(
        licence=sys.intern(spdx_of(metadata.get("license_url", ""), metadata.get("license", ""))),
        author=metadata.get("author") or None,
        url=metadata.get("photo_url") or None,
    )


def spdx_of(url: str, name: str) -> str:
    """The SPDX identifier of a licence's address, else its name, else `unknown`.

    >>> spdx_of("http://creativecommons.org/licenses/by-nc/2.0/", "")
    'CC-BY-NC-2.0'
    """
    key = url.partition("://")[2].rstrip("/")
    return _SPDX.get(key) or name or "unknown"


def object_entries(file: IO[str]) -> Iterator[tuple[str, Any]]:
    """The members of one large JSON object, one at a time.

    Raises:
        ValueError: the text is no JSON object, or one member has over 16 million characters.
    """
    decoder, buffer, at = json.JSONDecoder(), file.read(_CHUNK_CHARACTERS).lstrip(), 1
    if not buffer.startswith("{"):
        raise ValueError("does not begin with an object")
    while True:
        at = _skip(buffer, at, ",")
        if buffer.startswith("}", at):
            return
        try:
            key, end = decoder.raw_decode(buffer, at)
            value, end = decoder.raw_decode(buffer, _skip(buffer, end, ":"))
        except ValueError:
            end = len(buffer)
        if end < len(buffer):  # at the very end, a number could go on in the next chunk
            yield key, value
            at = end
            continue
        more = file.read(_CHUNK_CHARACTERS)
        if not more or len(buffer) - at > _MAX_ENTRY_CHARACTERS:
            raise ValueError("ends inside an entry")
        buffer, at = buffer[at:] + more, 0


def _skip(text: str, position: int, sign: str) -> int:
    """The next position that holds neither blank nor `sign`."""
    while position < len(text) and (text[position] == sign or text[position].isspace()):
        position += 1
    return position
