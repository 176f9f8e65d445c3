"""Where a file's bytes are: a path of this machine, an address in an object store, or a stretch of a shard.

What a manifest names is a *locator*: a path below the storage root, an address (`s3://bucket/photo.jpg`), or either of
a tar file with a stretch of it (`data/masked/images/000003.tar#1536+40211`, from byte 1536 on 40,211 bytes).
"""

import os
import re
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import BeforeValidator

from pipeline.core.errors import ConfigError

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
    # manifests are UTF-8, and so are the names they mean, whatever the locale
    return (
        Address(locator) if _SCHEME.match(locator) else root / os.fsdecode(locator.encode("utf-8", "surrogateescape"))
    )
