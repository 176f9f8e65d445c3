"""Where pictures are put: a file each, or many in a tar shard as WebDataset reads them, and what an index says of them.

WebDataset: https://github.com/webdataset/webdataset. Members of one sample share a key and stand in a row.
"""

import hashlib
import io
import math
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from pipeline.core.locations import Location
from pipeline.storage.whole_files import atomic_path, write_bytes

INDEX = "index.parquet"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """One row of an index: where a sample's member is, so that it is found without a scan, and what it must be.

    `shard` is the tar file, or the picture's own file with the offset 0, below the storage root. `member` is what
    follows the key in the member's name, such as `jpg` or `alpha.png`.
    """

    key: str
    member: str
    shard: str
    offset: int
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """One whole file that a result names: where it is below the storage root, its size in bytes and its sha256."""

    locator: str
    size: int
    sha256: str


def whole_files(files: Iterable[StoredFile]) -> list[WrittenFile]:
    """The files behind rows of an index that have a file each."""
    return [WrittenFile(file.shard, file.size, file.sha256) for file in files]


def put_picture(root: Location, locator: str, key: str, data: bytes) -> StoredFile:
    """Write one picture to a file of its own, whole or not at all; it is for the caller to sync."""
    write_bytes(root / locator, data, synced=False)
    return _row(key, locator.rpartition(".")[2], locator, 0, data)


def _row(key: str, member: str, shard: str, offset: int, data: bytes) -> StoredFile:
    digest = hashlib.sha256(data).hexdigest()
    return StoredFile(key=key, member=member, shard=shard, offset=offset, size=len(data), sha256=digest)


@dataclass(slots=True)
class Shard:
    """A tar file that is being written: the same bytes for the same samples, whenever and by whomever.

    Attributes:
        name: Its locator.
        files: What stands in it.
        written: The tar as a whole, once it is complete.
    """

    name: str
    tar: tarfile.TarFile
    files: list[StoredFile] = field(default_factory=list)
    written: WrittenFile | None = None

    def add(self, key: str, members: Mapping[str, bytes]) -> dict[str, str]:
        """Append one sample and return the locator of each member."""
        return {member: self._append(key, member, data) for member, data in members.items()}

    def _append(self, key: str, member: str, data: bytes) -> str:
        info = tarfile.TarInfo(f"{key}.{member}")  # time 0, user 0, mode 644
        info.size = len(data)
        self.tar.addfile(info, io.BytesIO(data))
        offset = self.tar.offset - math.ceil(len(data) / tarfile.BLOCKSIZE) * tarfile.BLOCKSIZE
        self.files.append(_row(key, member, self.name, offset, data))
        return f"{self.name}#{offset}+{len(data)}"


@contextmanager
def new_shard(root: Location, name: str) -> Iterator[Shard]:
    """A shard that appears under its name when the block ends well; it is for the caller to sync."""
    with atomic_path(root / name, synced=False) as part:
        with tarfile.open(part, "w", format=tarfile.USTAR_FORMAT) as tar:
            shard = Shard(name, tar)
            yield shard
        with part.open("rb") as whole:
            digest = hashlib.file_digest(whole, "sha256").hexdigest()
        shard.written = WrittenFile(name, part.stat().st_size, digest)
