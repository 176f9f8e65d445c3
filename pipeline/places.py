"""Where a file's bytes are: a path of this machine, an address in an object store, or a stretch of a shard.

What a manifest names is a *locator*: a path below the storage root, an address (`s3://bucket/photo.jpg`), or either of
a tar file with a stretch of it (`data/masked/images/000003.tar#1536+40211`, from byte 1536 on 40,211 bytes). fsspec is
imported when the first address is used.
"""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import BeforeValidator

from pipeline.errors import ConfigError, StorageError

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://")
_STRETCH = re.compile(r"(?P<file>.+\.tar)#(?P<offset>\d+)\+(?P<size>\d+)")


@dataclass(frozen=True, slots=True)
class Address:
    """A file or folder in an object store, such as `s3://bucket/photos`.

    `version` tells one content of an object from another, where the store was asked: another after each change.
    """

    url: str
    version: str | None = field(default=None, compare=False, repr=False)

    def __truediv__(self, below: str | Path) -> "Address":
        """What lies below it."""
        return Address(f"{self.url.rstrip('/')}/{PurePosixPath(below).as_posix()}")

    def __str__(self) -> str:
        """The address as it is written."""
        return self.url

    @property
    def name(self) -> str:
        """Its last part."""
        return self.url.rstrip("/").rpartition("/")[2]

    @property
    def suffix(self) -> str:
        """The ending of its name, such as `.jpg`."""
        return PurePosixPath(self.name).suffix


Location = Path | Address


@dataclass(frozen=True, slots=True)
class Stretch:
    """`size` bytes of a file, from `offset` on."""

    file: Location
    offset: int
    size: int

    def __str__(self) -> str:
        """The locator of it."""
        return f"{self.file}#{self.offset}+{self.size}"


Place = Location | Stretch


def parse_location(value: Any) -> Location:
    """A path or an address from text; `file://` is a path.

    Raises:
        ValueError: it is neither.
        ConfigError: it is an address with a user or password in it, which manifests and messages would repeat.
    """
    if isinstance(value, Path | Address):
        return value
    if not isinstance(value, str):
        raise ValueError("expected a path or an address such as s3://bucket/folder")
    if not _SCHEME.match(value):
        return Path(value)
    parts = urlsplit(value)
    if parts.username or parts.password:
        raise ConfigError(
            f"{parts.scheme}://…@{parts.hostname}: an address may not hold credentials; the store's client finds them"
            " in the environment or its own files"
        )
    return Path(parts.path) if parts.scheme == "file" else Address(value)


LocationSetting = Annotated[Location, BeforeValidator(parse_location)]
"""A path or an address in params.yaml."""


def located(root: Location, locator: str) -> Place:
    """Where the file is that a manifest names; a path that isn't absolute lies below `root`."""
    if found := _STRETCH.fullmatch(locator):
        return Stretch(_file(root, found["file"]), int(found["offset"]), int(found["size"]))
    return _file(root, locator)


def _file(root: Location, locator: str) -> Location:
    return Address(locator) if _SCHEME.match(locator) else root / locator


def read_bytes(place: Place, limit: int | None = None) -> bytes:
    """The bytes of a place, the first `limit` of them at most.

    Raises:
        OSError: there is no such file, or this machine can't read it.
        StorageError: the store can't be used at all.
    """
    file, start, size = (place.file, place.offset, place.size) if isinstance(place, Stretch) else (place, 0, limit)
    if isinstance(file, Address):
        return _fetch(file, start, None if size is None else start + size)
    with file.open("rb") as opened:
        opened.seek(start)
        return opened.read(-1 if size is None else size)


def _fetch(address: Address, start: int, end: int | None) -> bytes:
    with _store(address) as store:
        try:
            return bytes(store.cat_file(address.url, start=start, end=end))
        except OSError:
            if store.info(address.url)["size"]:  # S3 refuses any range of an empty object
                raise
            return b""


def send_bytes(address: Address, data: bytes) -> None:
    """Write an object. A store shows it when it is complete, and never a part of it.

    Raises:
        StorageError: the store refuses.
    """
    with _store(address) as store:
        store.pipe_file(address.url, data)


def send_file(address: Address, file: Path) -> None:
    """As `send_bytes`, with the content of a file.

    Raises:
        StorageError: the store refuses.
    """
    with _store(address) as store:
        store.put_file(str(file), address.url)


@dataclass(frozen=True, slots=True)
class Listed:
    """An object as a store lists it: its path below the folder, its size in bytes and its version."""

    name: str
    size: int
    version: str


def list_objects(folder: Address) -> list[Listed]:
    """All objects below `folder`, sorted by name. S3 lists a thousand a request.

    Raises:
        StorageError: the store can't be used.
    """
    with _store(folder) as store:
        top = store._strip_protocol(folder.url).rstrip("/") + "/"
        store.invalidate_cache()  # what other processes wrote since is to be seen
        found = store.find(top, detail=True)
        paths = sorted(path for path in found if path.startswith(top))
        return [Listed(path.removeprefix(top), found[path]["size"], _version(found[path])) for path in paths]


def _version(facts: dict[str, Any]) -> str:
    """A digest of all that the store tells: its entity tag and time of change are named differently by each."""
    return hashlib.sha256(repr(sorted(facts.items())).encode()).hexdigest()[:32]


def list_files(folder: Address) -> list[str]:
    """The paths below `folder` of all objects in it, sorted.

    Raises:
        StorageError: the store can't be used.
    """
    return [found.name for found in list_objects(folder)]


@contextmanager
def _store(address: Address) -> Iterator[Any]:
    """The client of the address's store; what goes wrong with the store itself, not with one file, stops the run."""
    try:
        import fsspec  # noqa: PLC0415 - an extra that plain paths don't need

        yield fsspec.url_to_fs(address.url)[0]
    except FileNotFoundError:
        raise
    except ImportError as error:
        raise StorageError(f"{address}: {error}: pip install 'maskwright[cloud]'") from error
    except Exception as error:  # each store's client has exceptions of its own
        raise StorageError(f"{address}: {type(error).__name__}: {error}") from error
