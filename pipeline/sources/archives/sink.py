"""Where members of an archive are written, whole or not at all."""

import errno
from collections.abc import Callable
from pathlib import Path
from typing import IO, Protocol, cast

from pipeline.core.errors import MaskwrightError
from pipeline.sources.archives.gate import ArchiveLimits, Gate, shown_name
from pipeline.sources.offers import Refusal
from pipeline.storage.whole_files import size_of

_CHUNK = 1 << 20

_OF_THE_DISK = frozenset({
    errno.EIO, errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EMFILE, errno.ENFILE,
    errno.ENOMEM, errno.ESTALE, errno.ENODEV, errno.EFBIG, errno.ENOENT,
})  # fmt: skip
"""Error numbers that speak of the machine; others, such as EINVAL for a seek to nowhere, come from what is read."""


class Content(Protocol):
    """What a member's bytes are read from."""

    def read(self, count: int, /) -> bytes:
        """At most `count` bytes, none at the end."""


class DamagedMemberError(MaskwrightError):
    """The content of a member can't be read."""


def is_of_the_disk(error: Exception) -> bool:
    """Whether an error speaks of the machine and not of the archive."""
    return isinstance(error, OSError) and error.errno in _OF_THE_DISK


class Sink:
    """The folder that an archive is unpacked into, which nobody reads before it is complete.

    So a member is written under its own name at once: what a kill leaves of it is shorter than it should be, and is
    written again. A second name for each would double the time that small members take.
    """

    def __init__(self, files: Path, limits: ArchiveLimits) -> None:
        self.gate = Gate(limits)
        self._files = files
        self._resumed = any(files.iterdir())

    def take(self, name: str, size: int, packed: int | None, open_member: Callable[[], Content]) -> Refusal | None:
        """Write a member whole, unless the gate refuses it or a run before this one wrote it.

        `packed` is its size in the archive where that is known.
        """
        refusal = self.gate.refuse(name, size, packed)
        target = self._files / name
        if refusal is not None or (self._resumed and target.is_file() and size_of(target) == size):
            return refusal
        try:
            file = self._created(target)
        except FileExistsError:  # the gate has seen no equal name, but this file system has, or a folder has it
            return member_refusal(name, "repeated_member", "the file system has a file or folder of that name")
        except (NotADirectoryError, IsADirectoryError) as error:
            return member_refusal(name, "repeated_member", f"a file and a folder of one name: {error.strerror}")
        try:
            with file:
                _copy(open_member(), file.write, size)
        except DamagedMemberError as error:
            target.unlink()
            return member_refusal(name, "damaged_member", str(error))
        return None

    def _created(self, target: Path) -> IO[bytes]:
        mode = "wb" if self._resumed else "xb"
        try:
            return cast(IO[bytes], target.open(mode))
        except FileNotFoundError:
            target.parent.mkdir(parents=True)
            return cast(IO[bytes], target.open(mode))


def _copy(source: Content, write: Callable[[bytes], object], size: int) -> None:
    """Write `size` bytes.

    Raises:
        DamagedMemberError: the decoder refuses, or there are fewer.
    """
    left = size
    while left:
        data = _read(source, min(left, _CHUNK))
        if not data:
            raise DamagedMemberError(f"{left} of {size} bytes are missing")
        write(data)
        left -= len(data)


def _read(source: Content, count: int) -> bytes:
    try:
        return source.read(count)
    except Exception as error:  # every decoder of a zip or tar has errors of its own
        if is_of_the_disk(error):
            raise
        raise DamagedMemberError(f"{type(error).__name__}: {error}") from error


def member_refusal(name: str, reason: str, detail: str) -> Refusal:
    """A member that isn't taken."""
    return Refusal(origin=shown_name(name), reason=reason, detail=detail)


def too_many(archive: Path, limits: ArchiveLimits) -> Refusal:
    """The archive has more members than it may."""
    detail = f"more than {limits.max_members} members (ingest.archive.max_members)"
    return Refusal(origin=archive.name, reason="too_many_members", detail=detail)


def too_large(archive: Path, limits: ArchiveLimits) -> Refusal:
    """The archive unpacks to more than it may."""
    detail = f"stopped at {limits.max_total_bytes} bytes unpacked (ingest.archive.max_total_gb)"
    return Refusal(origin=archive.name, reason="archive_too_large", detail=detail)
