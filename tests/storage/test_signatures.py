import os
from pathlib import Path

import pytest

from generators.docs.made_up import picture
from pipeline.core.locations import Address
from pipeline.storage.signatures import extension_by_content, is_photo


@pytest.mark.parametrize(
    ("head", "extension"),
    [
        (b"\0\0\0\x1cftypheic\0\0\0\0mif1heic", ".heic"),
        (b"\0\0\0\x1cftypmif1\0\0\0\0mif1heicmiaf", ".heic"),
        (b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf", ".avif"),
        (b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf", ".avif"),
        (b"\0\0\0\x18ftypisom\0\0\0\0mp42heic", None),
        (b"BM and other makers of cars, a text", None),
        (b"P1 notes are no picture", None),
        (b"P5\n# made by hand\n640 480\n255\n", ".ppm"),
        (b"", None),
    ],
)
def test_formats_by_their_first_bytes(head: bytes, extension: str | None) -> None:
    assert extension_by_content(head) == extension


@pytest.mark.parametrize("name", ["photo", "photo.tmp", "photo.txt", "photo.JPEG~", "photo.jpg.1"])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF", "GIF", "BMP", "JPEG2000", "QOI", "ICNS"])
def test_an_image_is_known_by_its_bytes_where_its_name_says_nothing(tmp_path: Path, name: str, kind: str) -> None:
    (tmp_path / name).write_bytes(picture(kind=kind, size=(64, 64)))
    assert is_photo(tmp_path / name)


def test_what_is_no_image_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("BMW, P1 and GIF are letters")
    (tmp_path / "raw.nef").write_bytes(picture(kind="TIFF"))
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")
    assert not any(is_photo(tmp_path / name) for name in ("notes", "raw.nef", "pipe", "loop", "absent", "."))


def test_objects_of_a_store_are_known_by_name_alone() -> None:
    assert is_photo(Address("s3://bucket/a.jpg"))
    assert not is_photo(Address("s3://bucket/a"))
