"""Where pictures are put: a file each, or many in a tar shard as WebDataset reads them, and what an index says of them.

WebDataset: https://github.com/webdataset/webdataset. Members of one sample share a key and stand in a row.
"""

import hashlib
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import BinaryIO

from pipeline.core.locations import Location
from pipeline.storage.whole_files import atomic_path, write_bytes

INDEX = "index.parquet"
_BUFFER_BYTES = 1 << 20


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
        tar: The file.
        indexed: Whether `files` and `written` are wanted, which takes a digest of each member and of the whole.
        files: What stands in it.
        written: The tar as a whole, once it is complete.
    """

    name: str
    tar: BinaryIO
    indexed: bool = True
    files: list[StoredFile] = field(default_factory=list)
    written: WrittenFile | None = None
    _end: int = 0

    def add(self, key: str, members: Mapping[str, bytes]) -> dict[str, str]:
        """Append one sample and return the locator of each member."""
        return {member: self._append(key, member, data) for member, data in members.items()}

    def _append(self, key: str, member: str, data: bytes) -> str:
        size, header = len(data), _header(f"{key}.{member}", len(data))
        offset, padding = self._end + len(header), -size % tarfile.BLOCKSIZE
        self.tar.write(b"".join((header, data, bytes(padding))))
        self._end = offset + size + padding
        if self.indexed:
            self.files.append(_row(key, member, self.name, offset, data))
        return f"{self.name}#{offset}+{size}"

    def close(self) -> None:
        """Write what ends a tar: two empty blocks, and zeros up to a whole record."""
        end = 2 * tarfile.BLOCKSIZE
        self.tar.write(bytes(end + -(self._end + end) % tarfile.RECORDSIZE))


def _tar_header(name: str, size: int) -> bytes:
    info = tarfile.TarInfo(name)  # time 0, user 0, mode 644
    info.size = size
    return info.tobuf(tarfile.USTAR_FORMAT, tarfile.ENCODING, "surrogateescape")


_EMPTY = _tar_header("", 0)
_NAME_BYTES, _SIZE, _SUM = 100, slice(124, 135), slice(148, 154)
_EMPTY_SUM = int(_EMPTY[_SUM], 8) - sum(_EMPTY[_SIZE])


def _header(name: str, size: int) -> bytes:
    """As `tarfile` writes it, put together from its parts: for a small file that takes as long as all the rest."""
    digits = b"%011o" % size
    if not name.isascii() or len(name) > _NAME_BYTES or len(digits) > 11:
        return _tar_header(name, size)
    raw = name.encode("ascii")
    total = b"%06o" % (_EMPTY_SUM + sum(raw) + sum(digits))
    start, middle = _EMPTY[_NAME_BYTES : _SIZE.start], _EMPTY[_SIZE.stop : _SUM.start]
    return b"".join((raw.ljust(_NAME_BYTES, b"\0"), start, digits, middle, total, _EMPTY[_SUM.stop :]))


@contextmanager
def new_shard(root: Location, name: str, *, indexed: bool = True) -> Iterator[Shard]:
    """A shard that appears under its name when the block ends well; it is for the caller to sync."""
    with atomic_path(root / name, synced=False) as part:
        with part.open("wb", buffering=_BUFFER_BYTES) as tar:
            shard = Shard(name, tar, indexed)
            yield shard
            shard.close()
        if indexed:
            with part.open("rb") as whole:
                digest = hashlib.file_digest(whole, "sha256").hexdigest()
            shard.written = WrittenFile(name, part.stat().st_size, digest)
