"""What a file really is, by its bytes: names and declared types are not believed."""

import io
import zipfile

from pipeline.core.errors import SampleRejected

_SNIFF_BYTES = 4096
_MARKUP = (b"<?php", b"<script", b"<html", b"<!doctype html", b"<svg")


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
    extension = _by_signature(data)
    if extension is not None:
        return extension
    head = data[:_SNIFF_BYTES].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith(b"<") and b"<svg" in head:
        raise SampleRejected("svg_file", "a vector drawing, which can carry scripts, is not a photograph")
    raise SampleRejected("not_an_image", f"no accepted image format begins with {data[:12]!r}")


def _by_signature(data: bytes) -> str | None:
    for signature, extension in _SIGNATURES:
        if data.startswith(signature):
            return extension
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return ".webp"
    if data[4:8] == b"ftyp" and data[8:12] in {b"avif", b"avis", b"mif1"}:
        return ".avif"
    if data[:1] == b"P" and data[1:2] in b"123456" and data[2:3].isspace():
        return ".ppm"
    return ".tga" if data[-18:-2] == b"TRUEVISION-XFILE" else None


_SIGNATURES = (
    (b"\xff\xd8\xff", ".jpg"),
    (b"\x89PNG\r\n\x1a\n", ".png"),
    (b"GIF87a", ".gif"),
    (b"GIF89a", ".gif"),
    (b"BM", ".bmp"),
    (b"II*\x00", ".tif"),
    (b"MM\x00*", ".tif"),
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", ".jp2"),
    (b"\xff\x4f\xff\x51", ".jp2"),
)


def refuse_polyglot(data: bytes) -> None:
    """Refuse an image file that is at the same time another kind of file.

    Looked for: a zip directory at the end (jar, docx), a PDF header in the first kilobyte, markup or PHP at either
    end. Other trailing bytes are common in phone photos and harmless to a decoder.

    Raises:
        SampleRejected: `polyglot_file`.
    """
    if b"%PDF-" in data[:1024]:
        raise SampleRejected("polyglot_file", "also a PDF")
    ends = (data[:_SNIFF_BYTES] + b"\0" + data[-_SNIFF_BYTES:]).lower()
    for markup in _MARKUP:
        if markup in ends:
            raise SampleRejected("polyglot_file", f"holds {markup.decode()!r}")
    if b"PK\x05\x06" in data[-65_557:] and _opens_as_zip(data):
        raise SampleRejected("polyglot_file", "also a zip archive")


def _opens_as_zip(data: bytes) -> bool:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return bool(archive.infolist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return False
