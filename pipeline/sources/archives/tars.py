"""Unpack a tar, packed or not."""

import bz2
import gzip
import lzma
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from pipeline.sources.archives.gate import ArchiveLimits
from pipeline.sources.archives.names import NameDecoder, with_slashes
from pipeline.sources.archives.sink import Sink, is_of_the_disk, member_refusal, too_large, too_many
from pipeline.sources.archives.tar_reader import BLOCK, DamagedTarError, HugeTarError, TarMember, TarReader
from pipeline.sources.offers import Refusal

_PACKED = ((b"\x1f\x8b", gzip.open), (b"BZh", bz2.open), (b"\xfd7zXZ\x00", lzma.open), (b"\x5d\x00\x00", lzma.open))


def unpack_tar(archive: Path, files: Path, limits: ArchiveLimits, decoder: NameDecoder) -> Iterator[Refusal]:
    """Write the good members to `files`; a refusal for each of the others, and for what is damaged between them."""
    sink = Sink(files, limits)
    with _opened(archive) as stream:
        reader = TarReader(stream, limits.max_member_bytes)
        found = False
        try:
            for count, member in enumerate(reader, start=1):
                found = True
                if count > limits.max_members:
                    yield too_many(archive, limits)
                    return
                refusal = _member(reader, member, decoder, sink)
                if refusal is not None:
                    yield refusal
                if sink.gate.full():
                    yield too_large(archive, limits)
                    return
        except HugeTarError:  # going on would mean to unpack it just to skip it
            yield too_large(archive, limits)
            return
        except DamagedTarError as error:
            yield _damaged(archive, str(error))
            return
        except Exception as error:  # gzip, bz2 and lzma have errors of their own
            if is_of_the_disk(error):
                raise
            yield _damaged(archive, f"{type(error).__name__}: {error}")
            return
    yield from _what_is_missing(archive, reader, found=found)


def _what_is_missing(archive: Path, reader: TarReader, *, found: bool) -> Iterator[Refusal]:
    if not found and (reader.stray_blocks or not reader.ended):
        yield _damaged(archive, "is no tar")
    elif reader.stray_blocks:
        yield _damaged(archive, f"{reader.stray_blocks} blocks of {BLOCK} bytes can't be told; members may be missing")
    elif not reader.ended:
        yield _damaged(archive, "ends without the mark of an end; members may be missing")


def _damaged(archive: Path, detail: str) -> Refusal:
    return Refusal(origin=archive.name, reason="damaged_archive", detail=detail)


def _member(reader: TarReader, member: TarMember, decoder: NameDecoder, sink: Sink) -> Refusal | None:
    if member.is_folder:
        return None
    name = with_slashes(decoder.decode(member.name))
    if member.problem:
        return member_refusal(name, "damaged_member", member.problem)
    if not member.is_file:
        return member_refusal(name, "not_a_regular_file", "a link, device, pipe or sparse file")
    return sink.take(name, member.size, None, lambda: reader)


@contextmanager
def _opened(archive: Path) -> Iterator[IO[bytes]]:
    """The archive's stream, unpacked; only a plain one can seek, since others would unpack all before a place."""
    with archive.open("rb") as file:
        begin = file.read(8)
        file.seek(0)
        opener = next((opener for magic, opener in _PACKED if begin.startswith(magic)), None)
        if opener is None:
            yield file
            return
        with cast(IO[bytes], opener(file)) as stream:
            yield cast(IO[bytes], _ForwardOnly(stream))


class _ForwardOnly:
    """A stream that is read from its beginning to its end."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    def read(self, count: int, /) -> bytes:
        """At most `count` bytes, none at the end."""
        return self._stream.read(count)

    def seekable(self) -> bool:
        """Never."""
        return False
