"""Sound image files of every format that can be written here."""

import io
import struct
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image as PillowImage
from PIL import ImageCms
from PIL.PngImagePlugin import PngInfo

PORTRAIT = Path(__file__).parents[2] / "samples" / "faces" / "person-000-a.jpg"
SIZE = (160, 192)


def portrait() -> PillowImage.Image:
    """A small sound photo with one face."""
    with PillowImage.open(PORTRAIT) as image:
        return image.convert("RGB").resize(SIZE)


def originals(rgb: PillowImage.Image) -> dict[str, bytes]:
    """Sound files by a name that says what they are, one or more for each format."""
    exif = PillowImage.Exif()
    exif[0x0112], exif[0x010F], exif[0x011A] = 6, "Maker", 72.0
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    text = PngInfo()
    text.add_text("Comment", "a comment " * 20)
    text.add_text("Packed", "packed " * 50, zip=True)
    frames = {"save_all": True, "append_images": [rgb.rotate(3)]}
    ways: dict[str, Callable[[], bytes]] = {
        "jpeg": partial(stored, rgb, "JPEG", exif=exif, icc_profile=profile),
        "jpeg-progressive": partial(stored, rgb, "JPEG", progressive=True, comment=b"comment"),
        "jpeg-cmyk": partial(stored, rgb.convert("CMYK"), "JPEG"),
        "mpo": partial(stored, rgb, "MPO", **frames),
        "png": partial(stored, rgb, "PNG", exif=exif, icc_profile=profile, pnginfo=text),
        "png-palette": partial(stored, rgb.convert("P"), "PNG", transparency=3),
        "png-animated": partial(stored, rgb, "PNG", **frames),
        "webp": partial(stored, rgb, "WEBP", exif=exif, icc_profile=profile),
        "webp-lossless": partial(stored, rgb, "WEBP", lossless=True),
        "avif": partial(stored, rgb, "AVIF", exif=exif, icc_profile=profile, speed=9),
        "gif": partial(stored, rgb, "GIF", comment=b"comment", **frames),
        "tiff": partial(stored, rgb, "TIFF", exif=exif, icc_profile=profile),
        "tiff-lzw": partial(stored, rgb, "TIFF", compression="tiff_lzw"),
        "tiff-jpeg": partial(stored, rgb, "TIFF", compression="jpeg"),
        "tiff-packbits": partial(stored, rgb, "TIFF", compression="packbits"),
        "tga": partial(stored, rgb, "TGA", compression="tga_rle"),
        "bmp-palette": partial(stored, rgb.convert("P"), "BMP"),
        "blp": partial(stored, rgb.convert("P"), "BLP"),
        "dds-bc1": partial(stored, rgb.convert("RGBA"), "DDS", pixel_format="DXT1"),
        "dds-bc5": partial(stored, rgb, "DDS", pixel_format="BC5"),
        "msp": partial(stored, rgb.convert("1"), "MSP"),
        "xbm": partial(stored, rgb.convert("1"), "XBM"),
        "spider": partial(stored, rgb.convert("F"), "SPIDER"),
        "icns": partial(stored, rgb.resize((128, 128)), "ICNS"),
        "heif": partial(_heif, rgb),
        "cur": partial(_cursor, rgb),
        "dcx": lambda: struct.pack("<3I", 987654321, 12, 0) + stored(rgb, "PCX"),
        "sun": lambda: struct.pack(">8I", 0x59A66A95, *SIZE, 24, 0, 1, 0, 0) + rgb.tobytes(),
        "psd": lambda: b"8BPS" + struct.pack(">H6xHIIHH4x4x4xH", 1, 3, *SIZE[::-1], 8, 3, 0) + planes(rgb),
        "fits": partial(_fits, rgb),
        "pixar": partial(_pixar, rgb),
        **{
            kind.lower(): partial(stored, rgb, kind)
            for kind in ("BMP", "DIB", "JPEG2000", "PPM", "ICO", "DDS", "PCX", "SGI", "QOI", "IM", "AVIF", "TGA")
        },
    }
    return {name: data for name, way in ways.items() if (data := way())}


def stored(image: PillowImage.Image, kind: str, **options: object) -> bytes:
    """The image as a file."""
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of writing old formats; they are read for years yet
        image.save(buffer, kind, **options)
    return buffer.getvalue()


def planes(rgb: PillowImage.Image) -> bytes:
    """One colour after another."""
    return np.asarray(rgb).transpose(2, 0, 1).tobytes()


def _heif(rgb: PillowImage.Image) -> bytes:
    """Nothing where the extra isn't installed."""
    try:
        from pillow_heif import register_heif_opener
    except ImportError:
        return b""
    register_heif_opener()
    return stored(rgb, "HEIF")


def _cursor(rgb: PillowImage.Image) -> bytes:
    icon = bytearray(stored(rgb, "ICO", bitmap_format="bmp", sizes=[(128, 128)]))
    icon[2] = 2
    return bytes(icon)


def _fits(rgb: PillowImage.Image) -> bytes:
    cards = {"SIMPLE": "T", "BITPIX": "8", "NAXIS": "2", "NAXIS1": str(SIZE[0]), "NAXIS2": str(SIZE[1])}
    header = "".join(f"{key:8}= {value:>20}".ljust(80) for key, value in cards.items()) + "END".ljust(80)
    return header.ljust(2880).encode() + rgb.convert("L").tobytes()


def _pixar(rgb: PillowImage.Image) -> bytes:
    header = b"\x80\xe8\0\0".ljust(416, b"\0") + struct.pack("<6H", SIZE[1], SIZE[0], 0, 0, 14, 2)
    return header.ljust(1024, b"\0") + rgb.tobytes()
