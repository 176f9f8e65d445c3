"""Which image a task of Label Studio speaks of: uploads get a mark before their name, paths become addresses."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from urllib.parse import parse_qs, unquote, urlsplit

from pipeline.sources.image_index import as_path

_MARK = re.compile(r"[0-9a-f]{8}-(?=.)", re.IGNORECASE)
"""What an upload's name begins with on the server: `abcd1234-name.jpg` was `name.jpg`."""
_SIGNS = re.compile(r"[^-\w.]")


class ImageNames:
    """The names of a source's images, to tell which one an address is of."""

    def __init__(self, origins: Iterable[str]) -> None:
        self._names: defaultdict[str, list[str]] = defaultdict(list)
        tidied: defaultdict[str, set[str]] = defaultdict(set)
        for origin in origins:
            name = as_path(origin).name
            self._names[name.casefold()].append(origin)
            tidied[_tidy(name)].add(name)
        self._tidied = {tidy: names.pop() for tidy, names in tidied.items() if len(names) == 1}

    def named(self, address: str) -> str:
        """The path or name that is meant: the first reading of the address that is an image's, else the plainest.

        A bare name that one image alone has is that image's wherever it lies: uploads lie in no folder of the user's.
        """
        readings = list(dict.fromkeys(_readings(address)))
        for reading in readings:
            found = self._names.get(as_path(reading).name.casefold(), [])
            if found:
                return found[0] if len(found) == 1 and "/" not in reading else reading
        for reading in readings:  # the server makes names that no file system minds
            if (name := self._tidied.get(_tidy(as_path(reading).name))) is not None:
                return name
        return readings[-1]


def _readings(address: str) -> Iterator[str]:
    """What an address may name, as it stands first.

    >>> list(_readings("/data/upload/1/abcd1234-a%20b.jpg"))
    ['abcd1234-a%20b.jpg', 'abcd1234-a b.jpg', 'a%20b.jpg', 'a b.jpg']
    >>> list(_readings("/data/local-files/?d=set/a.jpg"))
    ['set/a.jpg', 'set/a.jpg']
    """
    path = _path_of(address)
    uploaded = "upload/" in path
    for one in (path, unquote(path)):
        yield as_path(one).name if uploaded else one
    for one in (path, unquote(path)):
        name = as_path(one).name
        if _MARK.match(name):
            yield _MARK.sub("", name, count=1)


def _path_of(address: str) -> str:
    """The path within an address, a bucket or a folder that is served."""
    try:
        parts = urlsplit(address)
        served = parse_qs(parts.query).get("d", [""])[0]
    except ValueError:
        return address
    if served:
        return served
    return parts.path.lstrip("/") if parts.scheme and "/" in address else parts.path


def _tidy(name: str) -> str:
    """A name as Label Studio's server keeps it: blanks are underscores, odd signs are gone."""
    return _SIGNS.sub("", name.strip().replace(" ", "_")).casefold()
