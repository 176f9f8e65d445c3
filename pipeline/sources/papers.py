"""The text of annotation files, in whatever encoding they declare."""

import bz2
import codecs
import lzma
import re
import zlib
from pathlib import PurePosixPath
from xml.etree import ElementTree

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_XML_DECLARATION = re.compile(rb"""<\?xml[^>]*?encoding\s*=\s*["']([\w.:-]{1,40})["']""")
_DECLARATION_BYTES = 200
_WINDOW_BYTES = 2**26
"""What a packed document may ask for to be unpacked."""
_GZIP = 31  # zlib's number for it


def decode_text(data: bytes, errors: str = "strict") -> str:
    """Text in the encoding of its byte order mark, else in UTF-8.

    Raises:
        ValueError: it is in no such encoding.
    """
    marked = next((name for mark, name in _BYTE_ORDER_MARKS if data.startswith(mark)), "utf-8")
    return data.decode(marked, errors)


def decode_lines(data: bytes) -> str:
    """As `decode_text`, but bytes that aren't UTF-8 stay visible in the lines that hold them, as `is_text` tells.

    Raises:
        ValueError: its byte order mark is of another encoding than the rest.
    """
    return decode_text(data, "strict" if _is_marked(data) else "surrogateescape")


def unpacked(name: str, data: bytes, most: int) -> tuple[str, bytes]:
    """The name and the first bytes of what stands in a document that is packed by itself, as `labels.csv.gz`.

    Any other is given back as it is, and so is one that can't be unpacked.

    >>> unpacked("y.csv.bz2", bz2.compress(b"label"), 3), unpacked("y.csv", b"label", 3)
    (('y.csv', b'lab'), ('y.csv', b'label'))
    """
    inner, ending = str(PurePosixPath(name).with_suffix("")), PurePosixPath(name.lower()).suffix
    try:
        if ending == ".gz":
            return inner, zlib.decompressobj(_GZIP).decompress(data, most)
        if ending == ".bz2":
            return inner, bz2.BZ2Decompressor().decompress(data, most)
        if ending in {".xz", ".lzma"}:
            return inner, lzma.LZMADecompressor(memlimit=_WINDOW_BYTES).decompress(data, most)
    except (zlib.error, lzma.LZMAError, OSError):
        return name, data
    return name, data


def is_text(value: object) -> bool:
    r"""Whether a value of a table that `decode_lines` gave is text in the encoding of its file.

    >>> is_text("caf\udce9"), is_text("ma\0sk"), is_text("mask")
    (False, False, True)
    """
    return not any("\udc80" <= sign <= "\udcff" or sign == "\0" for sign in str(value))


def decode_xml(data: bytes) -> str:
    """Text in the encoding of its byte order mark, else in that which the XML declares, else in UTF-8.

    Raises:
        ValueError: it isn't, or there is no such encoding.
    """
    declared = _XML_DECLARATION.search(data[:_DECLARATION_BYTES])
    name = declared[1].decode() if declared and not _is_marked(data) else "utf-8"
    if name.lower().startswith(("utf-16", "utf-32", "utf16", "utf32")):
        name = "utf-8"  # the declaration could be read byte by byte: the tool wrote what it held in memory
    try:
        return decode_text(data) if name == "utf-8" else data.decode(name)
    except LookupError as error:
        raise ValueError(f"declares the encoding {name!r}, which is none of a text") from error


class UnsafeXmlError(ValueError):
    """The XML declares a document type: entities are how a small XML becomes a huge one."""


def parse_xml(data: bytes) -> ElementTree.Element:
    """The root of a stranger's XML.

    Raises:
        UnsafeXmlError: it declares a document type.
        ValueError: it is no XML, or in no encoding that it names.
    """
    text = decode_xml(data)
    if is_unsafe_xml(text):
        raise UnsafeXmlError("declares a document type")
    try:
        return ElementTree.fromstring(text)  # noqa: S314 - without a document type there are no entities
    except ElementTree.ParseError as error:
        raise ValueError(str(error)) from error


def is_unsafe_xml(text: str) -> bool:
    """Whether the text declares a document type."""
    return "<!DOCTYPE" in text or "<!ENTITY" in text


def _is_marked(data: bytes) -> bool:
    return any(data.startswith(mark) for mark, _ in _BYTE_ORDER_MARKS)
