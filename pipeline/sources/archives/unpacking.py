"""Unpack archives from strangers: nothing outside the folder, nothing without a limit, a refusal for what is left."""

import hashlib
import json
import lzma
import shutil
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path, PurePath
from typing import IO

from pipeline.core.errors import SourceError
from pipeline.sources.archives.gate import ArchiveLimits, Gate, shown_name
from pipeline.sources.offers import Refusal
from pipeline.storage.whole_files import is_of_this_boot, note_boot, size_of, sync_file_system, write_text

SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
"""File name endings of the archives that are unpacked."""

_CHUNK = 1 << 20


def is_archive(path: PurePath) -> bool:
    """Whether the name is that of an archive that `unpack` takes."""
    return path.name.lower().endswith(SUFFIXES)


def unpack(archive: Path, store: Path, limits: ArchiveLimits) -> tuple[Path, tuple[Refusal, ...]]:
    """The folder under `store` that holds the archive's good members, and a refusal for each of the others.

    An archive is unpacked once: a second call finds the folder, and a call after an interruption goes on where it
    stopped, as every member is written whole or not at all. Member names stay as they are. After a power cut that is
    not so, and an archive that was being unpacked is unpacked anew.

    Raises:
        SourceError: the file is missing or is no archive of a known kind.
    """
    folder = store / "unpacked" / _key(archive, limits)
    done = folder / "refusals.json"
    if done.is_file():
        refusals = tuple(Refusal(**row) for row in json.loads(done.read_text(encoding="utf-8")))
        return folder / "files", refusals
    files = folder / "files"
    _begin(files)
    refusals = tuple(_unpack(archive, files, limits))
    sync_file_system(files)
    write_text(done, json.dumps([asdict(refusal) for refusal in refusals], indent=0))
    return files, refusals


def _begin(files: Path) -> None:
    """Make the folder, or keep it where this machine hasn't been started since it was begun."""
    boot = files.parent / "boot"
    if files.exists() and not is_of_this_boot(boot):
        shutil.rmtree(files)
    files.mkdir(parents=True, exist_ok=True)
    note_boot(boot)


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


def _unpack_zip(archive: Path, files: Path, limits: ArchiveLimits) -> Iterator[Refusal]:
    count = _zip_entries_at_most(archive)
    if count > limits.max_members * 8:  # the directory of so many would not even be read into memory
        yield _too_many(archive, limits)
        return
    sink = _Sink(files, limits)
    with zipfile.ZipFile(archive) as opened:
        members = [member for member in opened.infolist() if not member.is_dir()]
        if len(members) > limits.max_members:
            yield _too_many(archive, limits)
            return
        for member in members:
            refusal = _zip_member(opened, member, sink)
            if refusal is not None:
                yield refusal
            if sink.gate.full():
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


def _zip_member(opened: zipfile.ZipFile, member: zipfile.ZipInfo, sink: "_Sink") -> Refusal | None:
    if stat.S_IFMT(member.external_attr >> 16) not in {0, stat.S_IFREG}:
        return _refusal(member.filename, "not_a_regular_file", "a link, device or pipe")
    if member.flag_bits & 0x1:
        return _refusal(member.filename, "encrypted_member", "unpack it yourself, then give the folder")
    try:
        return sink.take(member.filename, member.file_size, member.compress_size, lambda: opened.open(member))
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, struct.error) as error:
        return _refusal(member.filename, "damaged_member", f"{type(error).__name__}: {error}")


def _unpack_tar(archive: Path, files: Path, limits: ArchiveLimits) -> Iterator[Refusal]:
    sink = _Sink(files, limits)
    with tarfile.open(archive, "r|*") as opened:
        for count, member in enumerate(opened, start=1):
            if count > limits.max_members:
                yield _too_many(archive, limits)
                return
            opened.members = []  # type: ignore[attr-defined]  # a stream keeps every header it has seen otherwise
            if member.isdir():
                continue
            refusal = _tar_member(opened, member, sink)
            if refusal is not None:
                yield refusal
            if sink.gate.full() or (refusal is not None and refusal.reason == "member_too_large"):
                yield _too_large(archive, limits)  # going on would mean to unpack it just to skip it
                return


def _tar_member(opened: tarfile.TarFile, member: tarfile.TarInfo, sink: "_Sink") -> Refusal | None:
    if not member.isreg() or member.issparse():
        return _refusal(member.name, "not_a_regular_file", "a link, device or pipe")
    return sink.take(member.name, member.size, None, lambda: opened.extractfile(member))


class _Sink:
    """The folder that an archive is unpacked into.

    One part file serves the whole archive: a fresh temporary name for each member costs more than a small member
    itself.
    """

    def __init__(self, files: Path, limits: ArchiveLimits) -> None:
        self.gate = Gate(limits)
        self._files = files
        self._part = files.parent / "member.part"
        self._resumed = any(files.iterdir())

    def take(
        self, name: str, size: int, packed: int | None, open_member: Callable[[], IO[bytes] | None]
    ) -> Refusal | None:
        """Write a member whole, unless the gate refuses it or a run before this one wrote it."""
        refusal = self.gate.refuse(name, size, packed)
        target = self._files / name
        if refusal is not None or (self._resumed and target.is_file() and size_of(target) == size):
            return refusal
        source = open_member()
        if source is None:
            return _refusal(name, "damaged_member", "has no content")
        with source, self._part.open("wb") as out:
            _copy(source, out, size)
        try:
            self._publish(target)
        except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
            return _refusal(name, "repeated_member", f"a file and a folder of one name: {error.strerror}")
        return None

    def _publish(self, target: Path) -> None:
        try:
            self._part.replace(target)
        except FileNotFoundError:
            target.parent.mkdir(parents=True)
            self._part.replace(target)


def _refusal(name: str, reason: str, detail: str) -> Refusal:
    return Refusal(origin=shown_name(name), reason=reason, detail=detail)


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
