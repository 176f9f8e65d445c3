"""Unpack archives from strangers: nothing outside the folder, nothing without a limit, a refusal for what is left."""

import hashlib
import json
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict
from pathlib import Path, PurePath

from pipeline.core.errors import SourceError
from pipeline.engine.sandbox import Sandbox, SandboxBrokenError, SandboxLimits
from pipeline.sources.archives.gate import ArchiveLimits
from pipeline.sources.archives.names import AUTO, NameDecoder
from pipeline.sources.archives.sink import is_of_the_disk
from pipeline.sources.archives.tars import unpack_tar
from pipeline.sources.archives.zips import unpack_zip
from pipeline.sources.offers import Refusal
from pipeline.storage.whole_files import is_of_this_boot, note_boot, sync_file_system, write_text

SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
"""File name endings of the archives that are unpacked."""


def is_archive(path: PurePath) -> bool:
    """Whether the name is that of an archive that `unpack` takes."""
    return path.name.lower().endswith(SUFFIXES)


def unpack(
    archive: Path, store: Path, limits: ArchiveLimits, encoding: str = AUTO, sandbox: SandboxLimits | None = None
) -> tuple[Path, tuple[Refusal, ...]]:
    """The folder under `store` that holds the archive's good members, and a refusal for each of the others.

    An archive is unpacked once: a second call finds the folder, and a call after an interruption goes on where it
    stopped, as every member is written whole or not at all. After a power cut that is not so, and an archive that was
    being unpacked is unpacked anew. Backslashes in names become slashes; `encoding` is that of names which aren't
    UTF-8, told by likelihood where it is `auto`. With a `sandbox` a child process unpacks; nothing is taken of an
    archive that breaks it, and the next call tries again.

    Raises:
        SourceError: the file is missing or is no archive of a known kind.
    """
    folder = store / "unpacked" / _key(archive, limits, encoding)
    done = folder / "refusals.json"
    if done.is_file():
        refusals = tuple(Refusal(**row) for row in json.loads(done.read_text(encoding="utf-8")))
        return folder / "files", refusals
    files = folder / "files"
    _begin(files)
    try:
        refusals = _members(archive, files, limits, encoding, sandbox)
    except SandboxBrokenError as broken:
        shutil.rmtree(files)  # how far it came is a matter of chance
        files.mkdir()
        return files, (Refusal(origin=archive.name, reason="damaged_archive", detail=str(broken)),)
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


def _key(archive: Path, limits: ArchiveLimits, encoding: str) -> str:
    """Names an unpacked state; hashing 19 GB of content to learn that nothing changed would cost a minute."""
    try:
        status = archive.stat()
    except OSError as error:
        raise SourceError(f"{archive}: {error.strerror}") from error
    text = f"{archive.resolve()}|{status.st_size}|{status.st_mtime_ns}|{limits}|{encoding}"
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:16]


def _members(
    archive: Path, files: Path, limits: ArchiveLimits, encoding: str, sandbox: SandboxLimits | None
) -> tuple[Refusal, ...]:
    if sandbox is None:
        return unpack_here(archive, files, limits, encoding)
    with closing(Sandbox(unpack_here, tuple[Refusal, ...], sandbox)) as child:
        return child.run(archive, files, limits, encoding)


def unpack_here(archive: Path, files: Path, limits: ArchiveLimits, encoding: str) -> tuple[Refusal, ...]:
    """Write the good members to the folder `files`, in this process; a refusal for each of the others.

    Raises:
        SourceError: the disk is full or refuses.
    """
    return tuple(_unpack(archive, files, limits, NameDecoder(encoding)))


def _unpack(archive: Path, files: Path, limits: ArchiveLimits, decoder: NameDecoder) -> Iterator[Refusal]:
    try:
        unpack_kind = unpack_zip if zipfile.is_zipfile(archive) else unpack_tar  # of several disks, the question raises
        yield from unpack_kind(archive, files, limits, decoder)
    except Exception as error:  # whatever a stranger's archive makes its library raise
        if is_of_the_disk(error):
            raise SourceError(f"{archive}: unpacking stopped: {error}") from error
        yield Refusal(origin=archive.name, reason="damaged_archive", detail=f"{type(error).__name__}: {error}")
