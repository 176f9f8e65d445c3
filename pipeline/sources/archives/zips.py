"""Unpack a zip."""

import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from pipeline.sources.archives.gate import ArchiveLimits
from pipeline.sources.archives.names import NameDecoder, with_slashes
from pipeline.sources.archives.packed import open_member
from pipeline.sources.archives.sink import (
    Content,
    DamagedMemberError,
    Sink,
    is_of_the_disk,
    member_refusal,
    too_large,
    too_many,
)
from pipeline.sources.archives.zip_directory import find_directory, readable_zip
from pipeline.sources.offers import Refusal

_UTF8, _ENCRYPTED = 0x800, 0x1
_LOCAL_BYTES = 30
"""What stands before a member's name and content, at least."""
_UNICODE_PATH = 0x7075
"""Id of the extra field in which Info-ZIP's programs store a name in UTF-8 (APPNOTE 4.6.9)."""


def unpack_zip(archive: Path, files: Path, limits: ArchiveLimits, decoder: NameDecoder) -> Iterator[Refusal]:
    """Write the good members to `files`; a refusal for each of the others."""
    if find_directory(archive).entries_at_most > limits.max_members * 8:  # it would not even be read into memory
        yield too_many(archive, limits)
        return
    sink = Sink(files, limits)
    with readable_zip(archive) as file, zipfile.ZipFile(file) as opened:
        members = [member for member in opened.infolist() if not member.orig_filename.endswith(("/", "\\"))]
        if len(members) > limits.max_members:
            yield too_many(archive, limits)
            return
        decoder.learn(map(_raw_name, members))
        shared = _sharing_bytes(opened.infolist())
        for member in members:
            refusal = _member(opened, member, decoder, sink, overlaps=member.header_offset in shared)
            if refusal is not None:
                yield refusal
            if sink.gate.full():
                yield too_large(archive, limits)
                return


def _sharing_bytes(members: list[zipfile.ZipInfo]) -> frozenset[int]:
    """Where members begin whose bytes are another's as well.

    So a small archive unpacks to a huge one although no member is packed tightly (Fifield, 2019, "A better zip bomb").
    """
    ordered = sorted(members, key=lambda member: member.header_offset)
    return frozenset(
        member.header_offset
        for member, following in pairwise(ordered)
        if member.header_offset + _LOCAL_BYTES + member.compress_size > following.header_offset
    )


def _raw_name(member: zipfile.ZipInfo) -> bytes:
    """The bytes of the name, from the field that is sure to be UTF-8 where there is one."""
    return _unicode_path(member) or member.orig_filename.encode("utf-8" if member.flag_bits & _UTF8 else "cp437")


def _unicode_path(member: zipfile.ZipInfo) -> bytes:
    """What the extra field says, where it was made for this name; else nothing."""
    extra = member.extra
    while len(extra) >= 4:
        kind, length = struct.unpack_from("<HH", extra)
        if kind == _UNICODE_PATH and length > 5 and not member.flag_bits & _UTF8:
            (checksum,) = struct.unpack_from("<I", extra, 5)
            if checksum == zlib.crc32(member.orig_filename.encode("cp437")):
                return extra[9 : 4 + length]
        extra = extra[4 + length :]
    return b""


def _member(
    opened: zipfile.ZipFile, member: zipfile.ZipInfo, decoder: NameDecoder, sink: Sink, *, overlaps: bool
) -> Refusal | None:
    name = with_slashes(decoder.decode(_raw_name(member)))
    if overlaps:
        return member_refusal(name, "compression_bomb", "its bytes are another member's too")
    if stat.S_IFMT(member.external_attr >> 16) not in {0, stat.S_IFREG}:
        return member_refusal(name, "not_a_regular_file", "a link, device or pipe")
    if member.flag_bits & _ENCRYPTED:
        return member_refusal(name, "encrypted_member", "unpack it yourself, then give the folder")
    return sink.take(name, member.file_size, member.compress_size, lambda: _open(opened, member))


def _open(opened: zipfile.ZipFile, member: zipfile.ZipInfo) -> Content:
    try:
        return open_member(opened, member)
    except Exception as error:  # a header from a stranger: BadZipFile, NotImplementedError, UnicodeDecodeError and more
        if is_of_the_disk(error):
            raise
        raise DamagedMemberError(f"{type(error).__name__}: {error}") from error
