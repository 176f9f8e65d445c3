"""Which image format a file has, by its first bytes and by its name."""

import re

from pipeline.core.locations import Address, Location

# fmt: off
EXTENSIONS = frozenset({
    ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".apng", ".webp", ".avif", ".avifs", ".gif", ".bmp", ".dib", ".tif",
    ".tiff", ".jp2", ".j2k", ".jpc", ".jpf", ".jpx", ".j2c", ".ppm", ".pgm", ".pbm", ".pnm", ".pfm", ".tga", ".icb",
    ".vda", ".vst", ".ico", ".icns", ".cur", ".psd", ".qoi", ".pcx", ".dcx", ".dds", ".sgi", ".rgb", ".rgba", ".bw",
    ".ras", ".msp", ".xbm", ".xpm", ".im", ".blp", ".fit", ".fits", ".fli", ".flc", ".ftc", ".ftu", ".gbr", ".iim",
    ".pcd", ".pxr", ".heic", ".heics", ".heif", ".heifs", ".hif",
})
# fmt: on
"""File name endings that are offered to the decoder when a folder is listed; the content decides what they are."""

HEAD_BYTES = 4096
"""So much of a file tells what it is."""

_CAMERA_RAW = frozenset(
    {".dng", ".nef", ".nrw", ".cr2", ".arw", ".sr2", ".srf", ".pef", ".erf", ".3fr", ".iiq", ".kdc"}
)
"""TIFF by their first bytes, but what a decoder finds in them is a thumbnail of the photo."""

_SIGNATURES = (
    (b"\xff\xd8\xff", ".jpg"),
    (b"\x89PNG\r\n\x1a\n", ".png"),
    (b"GIF87a", ".gif"),
    (b"GIF89a", ".gif"),
    (b"II*\x00", ".tif"),
    (b"MM\x00*", ".tif"),
    (b"II+\x00\x08\x00\x00\x00", ".tif"),
    (b"MM\x00+\x00\x08\x00\x00", ".tif"),
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", ".jp2"),
    (b"\xff\x4f\xff\x51", ".jp2"),
)
_RARE_SIGNATURES = (
    b"8BPS\0\x01",
    b"qoif",
    b"DDS |\0\0\0",
    b"icns",
    b"BLP1",
    b"BLP2",
    b"SIMPLE  =",
    b"/* XPM */",
    b"\x59\xa6\x6a\x95",
)
"""Of what isn't a photo's format but can be read as one, where the user gives it."""
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"hevm", b"hevs"})
_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_ANY_BRANDS = frozenset({b"mif1", b"msf1", b"mif2", b"miaf"})
_BMP_HEADERS = frozenset({12, 16, 40, 52, 56, 64, 108, 124})
_PNM = re.compile(rb"P(?:[1-6]\s|[fF]\s)(?:\s*#[^\n]*\n)*\s*\d+\s+(?:#[^\n]*\n)*\d+\s")


def extension_by_content(data: bytes) -> str | None:
    """The file name ending, such as `.jpg`, of the photo format that the bytes begin with; None for any other.

    >>> extension_by_content(b"GIF89a" + bytes(20))
    '.gif'
    """
    for signature, extension in _SIGNATURES:
        if data.startswith(signature):
            return extension
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return ".webp"
    if data[4:8] == b"ftyp":
        return _of_brands(data)
    if data[:2] == b"BM" and int.from_bytes(data[14:18], "little") in _BMP_HEADERS:
        return ".bmp"
    if _PNM.match(data[:HEAD_BYTES]):
        return ".ppm"
    return ".tga" if data[-18:-2] == b"TRUEVISION-XFILE" else None


def _of_brands(data: bytes) -> str | None:
    """AVIF or HEIC, by the major brand, else by the compatible ones that follow it."""
    size = min(int.from_bytes(data[:4]), HEAD_BYTES)
    brands = [data[place : place + 4] for place in (8, *range(16, size, 4))]
    if brands[0] in _ANY_BRANDS:
        return ".avif" if _HEIC_BRANDS.isdisjoint(brands) else ".heic"
    if brands[0] in _AVIF_BRANDS:
        return ".avif"
    return ".heic" if brands[0] in _HEIC_BRANDS else None  # else a film


def is_photo(path: Location) -> bool:
    """As `begins_as_photo`; a file that can't be opened is none."""
    try:
        return begins_as_photo(path)
    except OSError:
        return False


def begins_as_photo(path: Location) -> bool:
    """Whether a file is offered to the decoder: by the ending of its name, and where that says nothing by its bytes.

    Objects of a store are known by their names alone: a look into each would be a request.

    Raises:
        OSError: the bytes are asked, and the file can't be opened.
    """
    ending = path.suffix.lower()
    if ending in EXTENSIONS:
        return True
    if ending in _CAMERA_RAW or isinstance(path, Address):
        return False
    if not path.is_file():  # opening a pipe would wait for ever
        return False
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    return extension_by_content(head) is not None or head.startswith(_RARE_SIGNATURES)
