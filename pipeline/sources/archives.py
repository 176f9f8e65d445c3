"""Unpack archives from strangers: nothing outside the folder, nothing without a limit, a refusal for what is left."""

import hashlib
import json
import lzma
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from pipeline.config import ArchiveParams
from pipeline.errors import SourceError
from pipeline.files import atomic_path, write_text
from pipeline.sources.offers import Refusal

SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
"""File name endings of the archives that are unpacked."""

_CHUNK = 1 << 20
_SMALL_BYTES = 1 << 20
"""Below this an unpacked member is harmless whatever its ratio: a flat picture packs 1000:1 too."""


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """How far an archive is unpacked; see `ArchiveParams`. A member over `max_member_bytes` is left out."""

    max_members: int
    max_total_bytes: int
    max_member_bytes: int
    max_ratio: float

    @classmethod
    def of(cls, params: ArchiveParams, max_member_bytes: int) -> "ArchiveLimits":
        """The limits of params.yaml in bytes."""
        return cls(params.max_members, int(params.max_total_gb * 2**30), max_member_bytes, params.max_ratio)


def is_archive(path: Path) -> bool:
    """Whether the name is that of an archive that `unpack` takes."""
    return path.name.lower().endswith(SUFFIXES)


def unpack(archive: Path, store: Path, limits: ArchiveLimits) -> tuple[Path, tuple[Refusal, ...]]:
    """The folder under `store` that holds the archive's good members, and a refusal for each of the others.

    An archive is unpacked once: a second call finds the folder, and a call after an interruption goes on where it
    stopped, as every member is written whole or not at all. Member names stay as they are.

    Raises:
        SourceError: the file is missing or is no archive of a known kind.
    """
    folder = store / "unpacked" / _key(archive, limits)
    done = folder / "refusals.json"
    if done.is_file():
        refusals = tuple(Refusal(**row) for row in json.loads(done.read_text(encoding="utf-8")))
        return folder / "files", refusals
    files = folder / "files"
    files.mkdir(parents=True, exist_ok=True)
    refusals = tuple(_unpack(archive, files, limits))
    write_text(done, json.dumps([asdict(refusal) for refusal in refusals], indent=0))
    return files, refusals


def _key(archive: Path, limits: ArchiveLimits) -> str:
    """Names an unpacked state; hashing 19 GB of content to learn that nothing changed would cost a minute."""
    try:
        status = archive.stat()
    except OSError as error:
        raise SourceError(f"{archive}: {error.strerror}") from error
    text = f"{archive.resolve()}|{status.st_size}|{status.st_mtime_ns}|{limits}"
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:16]


def _unpack(archive: Path, files: Path, limits: ArchiveLimits) -> Iterator[Refusal]:
    try:
        if zipfile.is_zipfile(archive):
            yield from _unpack_zip(archive, files, limits)
        else:
            yield from _unpack_tar(archive, files, limits)
    except (zipfile.BadZipFile, tarfile.TarError, EOFError, zlib.error, lzma.LZMAError, OSError, struct.error) as error:
        if isinstance(error, OSError) and error.errno is not None:  # the disk, not the archive
            raise SourceError(f"{archive}: unpacking stopped: {error}") from error
        yield Refusal(origin=archive.name, reason="damaged_archive", detail=f"{type(error).__name__}: {error}")


class _Gate:
    """Decides member by member, with what the whole archive has used up so far."""

    def __init__(self, limits: ArchiveLimits) -> None:
        self._limits = limits
        self._seen: set[str] = set()
        self._total = 0

    def refuse(self, name: str, size: int, packed: int | None) -> Refusal | None:
        """Why a member may not be written, or None; `packed` is its size in the archive where that is known."""
        unsafe = unsafe_name(name)
        if unsafe is not None:
            return Refusal(origin=_printable(name), reason="unsafe_path", detail=unsafe)
        if size > self._limits.max_member_bytes:
            detail = f"{size} bytes unpacked, at most {self._limits.max_member_bytes} are taken"
            return Refusal(origin=_printable(name), reason="member_too_large", detail=detail)
        if packed is not None and size > max(_SMALL_BYTES, packed * self._limits.max_ratio):
            detail = f"{packed} bytes would unpack to {size}: over {self._limits.max_ratio:g} to 1"
            return Refusal(origin=_printable(name), reason="compression_bomb", detail=detail)
        if name.casefold() in self._seen:
            return Refusal(origin=_printable(name), reason="repeated_member", detail="the name stands there twice")
        self._seen.add(name.casefold())
        self._total += size
        return None

    def full(self) -> bool:
        """Whether the archive has used up the space it may take."""
        return self._total > self._limits.max_total_bytes


def unsafe_name(name: str) -> str | None:
    """What is wrong with a member's name, or None.

    >>> unsafe_name("a/../../etc/passwd")
    'a .. component'
    >>> unsafe_name("images/1.jpg") is None
    True
    """
    path = PurePosixPath(name)
    if not name or not path.parts:
        return "an empty name"
    if path.is_absolute() or name[1:2] == ":":
        return "an absolute path"
    if ".." in path.parts:
        return "a .. component"
    if "\\" in name or any(ord(character) < 32 for character in name):
        return "a backslash or control character"
    if any(len(part.encode("utf-8", "surrogateescape")) > 250 for part in path.parts) or len(path.parts) > 32:
        return "a name too long or nested too deep"
    return None


def _printable(name: str) -> str:
    return name.encode("utf-8", "backslashreplace").decode()[:500].replace("\0", "\\0")


def _unpack_zip(archive: Path, files: Path, limits: ArchiveLimits) -> Iterator[Refusal]:
    count = _zip_entries_at_most(archive)
    if count > limits.max_members * 8:  # the directory of so many would not even be read into memory
        yield _too_many(archive, limits)
        return
    gate = _Gate(limits)
    with zipfile.ZipFile(archive) as opened:
        members = [member for member in opened.infolist() if not member.is_dir()]
        if len(members) > limits.max_members:
            yield _too_many(archive, limits)
            return
        for member in members:
            refusal = _zip_member(opened, member, files, gate)
            if refusal is not None:
                yield refusal
            if gate.full():
                yield _too_large(archive, limits)
                return


def _zip_entries_at_most(archive: Path) -> int:
    """An upper bound for the entries, from the size of the directory: the count that is written there can lie."""
    with archive.open("rb") as file:
        file.seek(max(0, archive.stat().st_size - 65_557))
        tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    size = int(struct.unpack_from("<I", tail, at + 12)[0])
    if size == 0xFFFFFFFF:  # zip64: the true size stands in its own record
        at = tail.rfind(b"PK\x06\x06")
        size = int(struct.unpack_from("<Q", tail, at + 40)[0]) if at >= 0 else 0
    return size // 46


def _zip_member(opened: zipfile.ZipFile, member: zipfile.ZipInfo, files: Path, gate: _Gate) -> Refusal | None:
    name, mode = member.filename, member.external_attr >> 16
    if stat.S_IFMT(mode) not in {0, stat.S_IFREG}:
        return Refusal(origin=_printable(name), reason="not_a_regular_file", detail="a link, device or pipe")
    if member.flag_bits & 0x1:
        detail = "unpack it yourself, then give the folder"
        return Refusal(origin=_printable(name), reason="encrypted_member", detail=detail)
    refusal = gate.refuse(name, member.file_size, member.compress_size)
    if refusal is not None:
        return refusal
    target = files / name
    if target.is_file() and target.stat().st_size == member.file_size:  # from a run that was interrupted
        return None
    try:
        with opened.open(member) as source:
            return _write(source, target, member.file_size, name)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, struct.error) as error:
        return Refusal(origin=_printable(name), reason="damaged_member", detail=f"{type(error).__name__}: {error}")


def _unpack_tar(archive: Path, files: Path, limits: ArchiveLimits) -> Iterator[Refusal]:
    gate = _Gate(limits)
    with tarfile.open(archive, "r|*") as opened:
        for count, member in enumerate(opened, start=1):
            if count > limits.max_members:
                yield _too_many(archive, limits)
                return
            opened.members = []  # type: ignore[attr-defined]  # a stream keeps every header it has seen otherwise
            if member.isdir():
                continue
            refusal = _tar_member(opened, member, files, gate)
            if refusal is not None:
                yield refusal
            if gate.full() or (refusal is not None and refusal.reason == "member_too_large"):
                yield _too_large(archive, limits)  # going on would mean to unpack it just to skip it
                return


def _tar_member(opened: tarfile.TarFile, member: tarfile.TarInfo, files: Path, gate: _Gate) -> Refusal | None:
    if not member.isreg() or member.issparse():
        return Refusal(origin=_printable(member.name), reason="not_a_regular_file", detail="a link, device or pipe")
    refusal = gate.refuse(member.name, member.size, None)
    if refusal is not None:
        return refusal
    source = opened.extractfile(member)
    if source is None:
        return Refusal(origin=_printable(member.name), reason="damaged_member", detail="has no content")
    return _write(source, files / member.name, member.size, member.name)


def _write(source: IO[bytes], target: Path, size: int, name: str) -> Refusal | None:
    """Copy the `size` bytes that the header declared to a new file; never through a link, never over a folder."""
    try:
        with atomic_path(target) as part, part.open("wb") as out:
            _copy(source, out, size)
    except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
        detail = f"a file and a folder of one name: {error.strerror}"
        return Refusal(origin=_printable(name), reason="repeated_member", detail=detail)
    return None


def _copy(source: IO[bytes], out: IO[bytes], size: int) -> None:
    left = size
    while left:
        data = source.read(min(left, _CHUNK))
        if not data:
            raise EOFError(f"{left} of {size} bytes are missing")
        out.write(data)
        left -= len(data)


def _too_many(archive: Path, limits: ArchiveLimits) -> Refusal:
    detail = f"more than {limits.max_members} members (ingest.archive.max_members)"
    return Refusal(origin=archive.name, reason="too_many_members", detail=detail)


def _too_large(archive: Path, limits: ArchiveLimits) -> Refusal:
    detail = f"stopped at {limits.max_total_bytes} bytes unpacked (ingest.archive.max_total_gb)"
    return Refusal(origin=archive.name, reason="archive_too_large", detail=detail)
