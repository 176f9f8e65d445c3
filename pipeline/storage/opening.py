"""The one place where a stranger's file meets a decoder: whatever goes wrong there is that file's, never the run's."""

import io
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

from PIL import Image as PillowImage
from PIL import UnidentifiedImageError

from pipeline.core.errors import SampleRejected
from pipeline.storage.containers import lean
from pipeline.storage.orientation import Turn, turn_in_file, turn_of
from pipeline.storage.signatures import extension_by_content

Taken = TypeVar("Taken")
Begin = Callable[[PillowImage.Image], None]
Take = Callable[[PillowImage.Image, Turn | None], Taken]

_REFUSED_FORMATS = frozenset({"EPS", "WMF", "BUFR", "GRIB", "HDF5", "MPEG"})
"""What Pillow names but doesn't decode itself: EPS would start Ghostscript on a stranger's program."""
_DETAIL_CHARACTERS = 200
_QUOTED = re.compile(r"""b?'(?:[^'\\]|\\.)*'?|b?"(?:[^"\\]|\\.)*"?""", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _File:
    """Bytes to decode; `lean` where the metadata was taken out of them, `data` has it."""

    data: bytes
    lean: bytes | None = None


def take_picture(data: bytes, begin: Begin, take: Take[Taken]) -> Taken:
    """What `take` makes of the file's loaded image and of the turn that it needs.

    `begin` sees the opened image before its pixels are decoded, and may refuse it. Where metadata keeps a file from
    being decoded it is decoded without: large text, a wrong checksum over a comment or an impossible EXIF value says
    nothing against the pixels.

    Raises:
        SampleRejected: `empty_file`, `not_an_image`, `unsupported_format`, `too_many_pixels`, `damaged_image`, or what
            `begin` raises.
    """
    if not data:
        raise SampleRejected("empty_file", "0 bytes")
    if extension_by_content(data) == ".heic" and not _heic_is_read():
        raise SampleRejected("unsupported_format", "HEIC is read where the extra `heif` is installed")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of odd metadata; what matters here is whether pixels come out
        return _first_or_second(data, begin, take)


def _first_or_second(data: bytes, begin: Begin, take: Take[Taken]) -> Taken:
    try:
        return _taken(_File(data), begin, take)
    except SampleRejected:
        raise
    except Exception as error:  # noqa: BLE001 - decoders raise what they like on damaged data, MemoryError included
        failure = error
    spare = lean(data)
    if spare != data and not isinstance(failure, PillowImage.DecompressionBombError):
        try:
            return _taken(_File(data, spare), begin, take)
        except SampleRejected:
            raise
        except Exception as error:  # noqa: BLE001 - as above
            failure = error
    raise _verdict(failure) from failure


def _taken(file: _File, begin: Begin, take: Take[Taken]) -> Taken:
    with PillowImage.open(io.BytesIO(file.data if file.lean is None else file.lean)) as image:
        if image.format in _REFUSED_FORMATS:
            raise SampleRejected("not_an_image", f"{image.format} files are not read")
        begin(image)
        image.load()
        turn = turn_of(image)
        if turn is None and file.lean is not None:
            turn = turn_in_file(file.data)
        return take(image, turn)


def _verdict(error: Exception) -> SampleRejected:
    if isinstance(error, UnidentifiedImageError):
        return SampleRejected("not_an_image", "no image format begins like it")
    if isinstance(error, PillowImage.DecompressionBombError):
        return SampleRejected("too_many_pixels", str(error))
    return SampleRejected("damaged_image", unquoted(f"{type(error).__name__}: {error}")[:_DETAIL_CHARACTERS])


def unquoted(message: str) -> str:
    """A decoder's message without what it quotes: a link may have led it to a file that is nobody's business.

    >>> unquoted("ValueError: invalid literal for int() with base 10: b'root:x'")
    'ValueError: invalid literal for int() with base 10: (not quoted)'
    """
    return _QUOTED.sub("(not quoted)", message)


@cache
def _heic_is_read() -> bool:
    """Whether HEIC can be read, having made it so where the extra is installed."""
    try:
        from pillow_heif import register_heif_opener  # noqa: PLC0415 - an extra brings it
    except ImportError:
        return False
    register_heif_opener()
    return True
