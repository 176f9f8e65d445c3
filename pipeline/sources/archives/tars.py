"""Unpack a tar, packed or not."""

import bz2
import gzip
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

from pipeline.sources.archives.gate import ArchiveLimits
from pipeline.sources.archives.names import NameDecoder, with_slashes
from pipeline.sources.archives.packed import XzStream
from pipeline.sources.archives.sink import Sink, is_of_the_disk, member_refusal, too_large, too_many
from pipeline.sources.archives.tar_reader import BLOCK, DamagedTarError, HugeTarError, TarMember, TarReader
from pipeline.sources.offers import Refusal

_PACKED: tuple[tuple[bytes, Callable[[IO[bytes]], Any]], ...] = (
    (b"\x1f\x8b", gzip.open),
    (b"BZh", bz2.open),
    (b"\xfd7zXZ\x00", XzStream),
    (b"\x5d\x00\x00", XzStream),
)
_COUNTED_FIRST_BYTES = 16 << 20
"""A hundred thousand members fit in a megabyte, and writing them takes minutes on a slow disk."""
_BLOCKS_A_MEMBER = 4
"""What a member's headers and padding may take beside its content, on average: a name as long as a path is in three."""


def unpack_tar(archive: Path, files: Path, limits: ArchiveLimits, decoder: NameDecoder) -> Iterator[Refusal]:
    """Write the good members to `files`; a refusal for each of the others, and for what is damaged between them."""
    if _has_too_many(archive, limits):
        yield too_many(archive, limits)
        return
    sink = Sink(files, limits)
    with _opened(archive, limits) as stream:
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


def _has_too_many(archive: Path, limits: ArchiveLimits) -> bool:
    """Whether that is known before anything is written; a large packed archive would have to be unpacked twice."""
    with _opened(archive, limits) as stream:
        if not stream.seekable() and archive.stat().st_size > _COUNTED_FIRST_BYTES:
            return False
        reader = TarReader(stream, limits.max_member_bytes)
        try:
            return any(count > limits.max_members for count, _ in enumerate(reader, start=1))
        except Exception:  # noqa: BLE001 - whatever is wrong with it is told when it is unpacked
            return False


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
def _opened(archive: Path, limits: ArchiveLimits) -> Iterator[IO[bytes]]:
    """The archive's stream, unpacked; only a plain one can seek, since others would unpack all before a place."""
    at_most = limits.max_total_bytes + limits.max_members * _BLOCKS_A_MEMBER * BLOCK
    with archive.open("rb") as file:
        begin = file.read(8)
        file.seek(0)
        opener = next((opener for magic, opener in _PACKED if begin.startswith(magic)), None)
        if opener is None:
            yield file
            return
        with opener(file) as stream:
            yield cast(IO[bytes], _ForwardOnly(stream, at_most))


class _ForwardOnly:
    """A stream that is read from its beginning to its end, and no further than `at_most` bytes."""

    def __init__(self, stream: IO[bytes], at_most: int) -> None:
        self._stream = stream
        self._left = at_most

    def read(self, count: int, /) -> bytes:
        """`count` bytes or, at the end, those that are left.

        Raises:
            HugeTarError: more is unpacked than may be, be it written or stepped over.
        """
        data = self._stream.read(count)
        while 0 < len(data) < count and (more := self._stream.read(count - len(data))):
            data += more
        self._left -= len(data)
        if self._left < 0:
            raise HugeTarError("more is unpacked than may be")
        return data

    def seekable(self) -> bool:
        """Never."""
        return False
