"""Whole files or none: writing that never leaves half a file where a reader could take it for whole."""

import ctypes
import errno
import hashlib
import os
import secrets
import shutil
import stat
import zlib
from collections.abc import Container, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile

from pipeline.core.errors import OutputError
from pipeline.core.locations import Address, Location
from pipeline.core.step_times import timed
from pipeline.storage.stores import send_bytes, send_file

_OPENED = frozenset({Path("/dev"), Path("/dev/fd"), Path("/proc/self/fd")})
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@contextmanager
def atomic_path(place: Location, *, synced: bool = True) -> Iterator[Path]:
    """A temporary path that takes the place of `place` when the block ends well, and vanishes otherwise.

    It lies beside a path. For an address it is a file of this machine, sent when it is complete, and so it is for a
    device or a pipe, such as `/dev/null` or a shell's `>(command)`: to take their place would break them.

    A `synced` file is on the disk before it has its name, and has its name before this returns, so that a power cut
    leaves the former one or this one. That takes some milliseconds: who writes many files calls `sync_file_system` when
    all are written.
    """
    if isinstance(place, Path) and not _is_stream(place):
        with _beside(place, synced) as part:
            yield part
        return
    with TemporaryDirectory() as folder:
        part = Path(folder) / place.name
        yield part
        if isinstance(place, Path):
            _pour(part, place)
        else:
            send_file(place, part)


def _is_stream(path: Path) -> bool:
    """Whether it takes bytes and is no file, or leads to what this process has open: a shell's `> file` may be both."""
    if path.parent in _OPENED:
        return path.exists()
    try:
        mode = path.stat().st_mode
    except OSError:  # there is nothing yet
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def _pour(part: Path, stream: Path) -> None:
    with part.open("rb") as file, stream.open("ab") as opened:  # what stands in a shell's `> file` already stays
        shutil.copyfileobj(file, opened)


@contextmanager
def _beside(path: Path, synced: bool) -> Iterator[Path]:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.parent / f".{secrets.token_hex(8)}.part"  # named here, made in the block: Ctrl-C finds nothing to leave
    try:
        yield part
        part.chmod(0o644)
        if synced:
            sync_file(part)
        part.replace(path)
    except OSError as error:
        if error.errno and error.filename in {None, str(part)}:  # the message is to name the file that was meant
            error.filename = str(path)
        raise
    finally:
        part.unlink(missing_ok=True)
    if synced:
        sync_folder(path.parent)


@timed("write")
def write_bytes(place: Location, data: bytes, *, synced: bool = True) -> None:
    """Write `data` to `place`, whole or not at all; `synced` as in `atomic_path`."""
    if isinstance(place, Address):
        send_bytes(place, data)
        return
    with atomic_path(place, synced=synced) as part:
        part.write_bytes(data)


def write_text(path: Path, text: str) -> None:
    """Write `text` to `path` as UTF-8, whole or not at all."""
    write_bytes(path, text.encode())


def require_writable(*files: Path) -> None:
    """Stop at the first file that couldn't be written later, asked before the work that makes its content.

    Raises:
        OutputError: it is a folder, or the nearest folder above it that is there takes no file.
    """
    for file in files:
        try:
            if file.is_dir():
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
            if not _is_stream(file):
                TemporaryFile(dir=next(above for above in file.absolute().parents if above.exists())).close()
        except OSError as error:
            raise unwritable(file, error) from error


def unwritable(place: object, error: OSError) -> OutputError:
    """What is told of a disk that is full or refuses."""
    return OutputError(f"{place}: cannot be written: {error.strerror or error}")


def remove_unnamed(folder: Path, named: Container[str]) -> None:
    """Remove every file below `folder` whose path isn't named: what a killed worker left, half or of a lost row."""
    for file in folder.rglob("*"):
        if file.is_file() and str(file) not in named:
            file.unlink()


def remove_parts(folder: Path) -> None:
    """Remove what killed workers were writing below `folder`, where there may be files that are not ours."""
    for part in folder.rglob(".*.part"):
        part.unlink()


def sha256_of(path: Path) -> str:
    """The digest of a file's content, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def crc32_of(path: Path) -> int:
    """The CRC-32 of a file's content, which tells bytes that were never written from those that were."""
    return zlib.crc32(path.read_bytes())


def boot_id() -> str:
    """Names the time since the machine was started: what a process wrote in it, it reads, whatever the disk holds.

    Where the system doesn't tell, each call gives another name, so that nothing is trusted unread.
    """
    try:
        return _BOOT_ID.read_text(encoding="utf-8").strip()
    except OSError:
        return secrets.token_hex(16)


def note_boot(note: Path) -> None:
    """Say in the file `note` that what follows is written since the machine was started this time."""
    write_text(note, boot_id())


def is_of_this_boot(note: Path) -> bool:
    """Whether the machine has not been started since `note` was written; false where there is none."""
    return note.is_file() and note.read_text(encoding="utf-8") == boot_id()


def sync_file_system(path: Path) -> None:
    """Return when all that was written to the file system of `path` is on its disk.

    One call for any number of files; on systems without `syncfs` all file systems are written.

    Raises:
        OSError: the disk failed.
    """
    syncfs = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
    if syncfs is None:
        os.sync()
        return
    with _opened(path) as descriptor:
        if syncfs(descriptor):
            raise OSError(number := ctypes.get_errno(), os.strerror(number), str(path))


def sync_folder(folder: Path) -> None:
    """Return when the names in a folder are on its disk."""
    try:
        _sync(folder)
    except OSError as error:
        if error.errno != errno.EINVAL:  # a file system that has no such thing
            raise


def sync_file(path: Path) -> None:
    """Return when the content of a file is on its disk."""
    _sync(path)


def _sync(path: Path) -> None:
    with _opened(path) as descriptor:
        os.fsync(descriptor)


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def size_of(path: Path) -> int:
    """The size of a file in bytes, 0 where there is none."""
    return path.stat().st_size if path.is_file() else 0
