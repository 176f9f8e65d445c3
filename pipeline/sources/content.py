"""What a file really is, by its bytes: names and declared types are not believed."""

import io
import re
import struct
import zipfile
from collections.abc import Iterator

from pipeline.core.errors import SampleRejected
from pipeline.storage.containers import parts
from pipeline.storage.signatures import HEAD_BYTES, extension_by_content

_WINDOW_BYTES = 4096
_MARKUP = re.compile(rb"<\?php|<script[\s>]|<html[\s>]|<!doctype html|<svg[\s>/]", re.IGNORECASE)
"""`<svg` alone stands in every 16,000,000 bytes of compressed noise, with the character behind it in 700,000,000."""
_PACKED = frozenset({b"scan", b"IDAT", b"fdAT", b"iCCP", b"VP8 ", b"VP8L", b"ALPH", b"ANMF"})
"""Parts of a file that hold compressed bytes, where anything may stand by chance and nobody reads it as text."""


def image_extension(data: bytes) -> str:
    """The file name ending, such as `.jpg`, of the raster format that the bytes begin with.

    Only these formats reach the decoder. Pillow alone would also start Ghostscript for an EPS.

    >>> image_extension(b"GIF89a" + bytes(20))
    '.gif'

    Raises:
        SampleRejected: `empty_file`, `svg_file` or `not_an_image`.
    """
    if not data:
        raise SampleRejected("empty_file", "0 bytes")
    extension = extension_by_content(data)
    if extension is not None:
        return extension
    head = data[:HEAD_BYTES].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith(b"<") and b"<svg" in head:
        raise SampleRejected("svg_file", "a vector drawing, which can carry scripts, is not a photograph")
    raise SampleRejected("not_an_image", "no accepted image format begins like it")


def refuse_polyglot(data: bytes) -> None:
    """Refuse an image file that is at the same time another kind of file.

    Looked for: a zip directory at the end (jar, docx), a PDF header in the first kilobyte, and markup or PHP in
    metadata and behind the picture, where a server or a browser would find it. Compressed pixels aren't searched: they
    hold any few letters by chance. Other trailing bytes are common in phone photos and harmless to a decoder.

    Raises:
        SampleRejected: `polyglot_file`.
    """
    if b"%PDF-" in data[:1024]:
        raise SampleRejected("polyglot_file", "also a PDF")
    for text in _readable(data):
        if found := _MARKUP.search(text):
            raise SampleRejected("polyglot_file", f"holds {found[0].decode('ascii', 'replace')!r}")
    if b"PK\x05\x06" in data[-65_557:] and _opens_as_zip(data):
        raise SampleRejected("polyglot_file", "also a zip archive")


def _readable(data: bytes) -> Iterator[bytes]:
    """What isn't compressed pixels: metadata whole, and the first and last bytes behind the picture.

    Of formats whose parts aren't known, and of files that break off, the first and last bytes of the file.
    """
    found = parts(data)
    if not found:
        yield from _ends(data)
        return
    yield from (part.payload for part in found if part.kind not in _PACKED)
    yield from _ends(data[found[-1].end :])


def _ends(data: bytes) -> Iterator[bytes]:
    yield data[:_WINDOW_BYTES]
    yield data[-_WINDOW_BYTES:]


def _opens_as_zip(data: bytes) -> bool:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return bool(archive.infolist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, struct.error, EOFError, OverflowError):
        return False
