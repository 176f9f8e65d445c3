"""The safety table of single files."""

import io
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PillowImage
from PIL.PngImagePlugin import PngInfo

from generators.docs.made_up import picture, write_tree
from pipeline.core.errors import SampleRejected
from pipeline.sources.content import image_extension, refuse_polyglot
from pipeline.sources.ingest import ingest_source
from tests.sources.kit import Ingest, by_origin, ingest_params, reasons


def with_zip(data: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("payload.txt", "hello")
    return data + buffer.getvalue()


def flat_png(side: int) -> bytes:
    buffer = io.BytesIO()
    PillowImage.new("1", (side, side)).save(buffer, "PNG")
    return buffer.getvalue()


FILES = {
    "bomb.png": (flat_png(9000), "too_many_pixels"),
    "empty.jpg": (b"", "empty_file"),
    "eps.jpg": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not_an_image"),
    "page.jpg": (b"<!doctype html><p>404", "not_an_image"),
    "pdf.jpg": (picture()[:20] + b"%PDF-1.7" + picture()[20:], "polyglot_file"),
    "php.gif": (picture(kind="GIF") + b"<?php system('id'); ?>", "polyglot_file"),
    "random.jpg": (bytes(range(256)), "not_an_image"),
    "svg.png": (b"<?xml version='1.0'?>\n<svg xmlns='http://www.w3.org/2000/svg'/>", "svg_file"),
    "tiny.png": (flat_png(8), "too_small"),
    "truncated.jpg": (picture()[:500], "damaged_image"),
    "zip.jpg": (with_zip(picture()), "polyglot_file"),
}


def test_each_bad_file_is_a_row(ingest: Ingest, tmp_path: Path) -> None:
    files = {name: data for name, (data, _) in FILES.items()}
    write_tree(tmp_path / "photos", {**files, "good.jpg": picture(5)})
    taken = ingest(adapter="folder", path="photos", labels={".": {}})
    assert by_origin(taken).keys() == {"good.jpg"}
    assert reasons(taken.rejections) == {name: reason for name, (_, reason) in FILES.items()}


def test_large_file_is_not_read(tmp_path: Path) -> None:
    write_tree(tmp_path / "photos", {"good.jpg": picture(), "large.jpg": b""})
    os.truncate(tmp_path / "photos/large.jpg", 65 << 20)
    taken = ingest_source("mine", ingest_params(adapter="folder", path="photos", labels={".": {}}), tmp_path)
    assert reasons(taken.rejections) == {"large.jpg": "file_too_large"}


def test_wrong_ending_is_mended_in_the_copy(ingest: Ingest, tmp_path: Path) -> None:
    write_tree(tmp_path / "photos", {"really_png.jpg": picture(kind="PNG")})
    (image,) = ingest(adapter="folder", path="photos", labels={".": {}}, copy_files=True).images
    assert image.path.endswith(".png")
    assert image.origin == "really_png.jpg"


def test_links_and_devices_in_a_folder(ingest: Ingest, tmp_path: Path) -> None:
    photos = write_tree(tmp_path / "photos", {"a.jpg": picture(), ".DS_Store": b"x"})
    write_tree(tmp_path / "private", {"secret.jpg": picture(2)})
    (photos / "out.jpg").symlink_to(tmp_path / "private/secret.jpg")
    (photos / "folder").symlink_to(tmp_path / "private")
    (photos / "inside.jpg").symlink_to(photos / "a.jpg")
    (photos / "loop").symlink_to(photos)
    os.mkfifo(photos / "pipe.jpg")
    taken = ingest(adapter="folder", path="photos", labels={".": {}})
    assert by_origin(taken).keys() == {"a.jpg", "inside.jpg"}
    assert reasons(taken.rejections) == {
        ".DS_Store": "system_file",
        "folder": "link_leaves_source",
        "loop": "link_to_no_file",
        "out.jpg": "link_leaves_source",
        "pipe.jpg": "not_a_regular_file",
    }


def test_a_name_may_say_nothing_of_what_a_file_is(ingest: Ingest, tmp_path: Path) -> None:
    names = ("photo", "photo.txt", "x" * 251 + ".jpg", "y" * 255)
    write_tree(tmp_path / "photos", {name: picture(seed) for seed, name in enumerate(names)} | {"a.txt": b"paper"})
    taken = ingest(adapter="folder", path="photos", labels={".": {}}, copy_files=True)
    assert by_origin(taken).keys() == set(names)
    assert {Path(image.path).suffix for image in taken.images} == {".jpg"}
    assert reasons(taken.rejections) == {"a.txt": "not_an_image"}


def test_links_of_a_snapshot_are_followed_within_the_folder_that_the_user_names(ingest: Ingest, tmp_path: Path) -> None:
    cache = tmp_path / "hub" / "datasets--team--faces"
    write_tree(cache, {"blobs/0a": picture(1), "blobs/0b": picture(2)})
    snapshot = write_tree(cache / "snapshots" / "main", {"README.txt": b"x"})
    (snapshot / "1.jpg").symlink_to("../../blobs/0a")
    (snapshot / "out.jpg").symlink_to(write_tree(tmp_path / "private", {"secret.jpg": picture(3)}) / "secret.jpg")
    told = ingest(adapter="folder", path=str(snapshot), links_within=str(cache), labels={".": {}})
    assert by_origin(told).keys() == {"1.jpg"}
    assert reasons(told.rejections)["out.jpg"] == "link_leaves_source"


def test_name_that_is_not_utf8_is_copied_under_a_plain_one(ingest: Ingest, tmp_path: Path) -> None:
    photos = write_tree(tmp_path / "photos", {"a.jpg": picture()})
    (photos / "a.jpg").rename(os.fsdecode(os.fsencode(photos) + b"/caf\xe9.jpg"))
    (image,) = ingest(adapter="folder", path="photos", labels={".": {}}).images
    assert image.origin == r"caf\xe9.jpg"
    assert (tmp_path / image.path).read_bytes() == picture()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "JPEG2000", "AVIF", "PPM", "TGA"])
def test_photo_formats_are_known(kind: str) -> None:
    data = picture(kind=kind)
    assert image_extension(data)
    refuse_polyglot(data)


def noise_jpeg(rng: np.random.Generator, piece: bytes) -> bytes:
    """A JPEG that ends in random compressed bytes with a piece in them, as a decoder and a parser see them."""
    head = picture()[: picture().index(b"\xff\xda") + 14]
    noise = rng.bytes(2000).replace(b"\xff", b"\xff\0")
    return head + noise[:900] + piece + noise[900:] + b"\xff\xd9"


@pytest.mark.parametrize("piece", [b"<svg", b"<SVG ", b"<?php", b"<script>", b"<html>", b"<!doctype html"])
def test_compressed_pixels_may_hold_any_letters(piece: bytes) -> None:
    rng = np.random.default_rng(0)
    refuse_polyglot(noise_jpeg(rng, piece))
    data = picture(kind="PNG")
    place = data.index(b"IDAT") + 20
    refuse_polyglot(data[:place] + piece + data[place + len(piece) :])


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF"])
def test_noise_is_no_polyglot(kind: str) -> None:
    """2,000 files a format with 6 MB of compressed noise; `<svg` in any case stands in one of 70,000."""
    rng = np.random.default_rng(1)
    data = picture(kind=kind)
    for _ in range(2000):
        refuse_polyglot(noise_jpeg(rng, b"") if kind == "JPEG" else data + rng.bytes(3000))


PHP, PAGE, DRAWING = b"<?php system($_GET['c']);?>", b"<html><body>", b"<svg onload=alert(1)>"


@pytest.mark.parametrize("text", [PHP, PAGE, DRAWING, b"<SCRIPT src=x>", b"<!DOCTYPE HTML>"])
@pytest.mark.parametrize("place", ["JPEG comment", "JPEG EXIF", "PNG text", "PNG palette", "GIF comment", "WEBP EXIF"])
def test_text_in_metadata_is_looked_at(place: str, text: bytes) -> None:
    """Where a server or a browser would find it, however far from the front."""
    kind, _, where = place.partition(" ")
    image, buffer, filler = PillowImage.new("RGB", (64, 48)), io.BytesIO(), b"x" * 9000
    if where == "comment":
        image.save(buffer, kind, comment=(b"x" * 200 if kind == "GIF" else filler) + text)
    elif where == "EXIF":
        image.save(buffer, kind, exif=b"Exif\0\0II*\0\x08\0\0\0" + filler + text)
    elif where == "text":
        words = PngInfo()
        words.add_text("Comment", filler + text)
        image.save(buffer, kind, pnginfo=words)
    else:
        palette = image.convert("P")
        palette.putpalette(text.ljust(768, b"\0"))
        palette.save(buffer, kind)
    with pytest.raises(SampleRejected, match="polyglot_file: holds"):
        refuse_polyglot(buffer.getvalue())


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "TGA"])
@pytest.mark.parametrize("text", [PHP, PAGE, DRAWING])
def test_text_behind_the_picture_is_looked_at(kind: str, text: bytes) -> None:
    with pytest.raises(SampleRejected, match="polyglot_file: holds"):
        refuse_polyglot(picture(kind=kind) + text)
    with pytest.raises(SampleRejected, match="polyglot_file: holds"):
        refuse_polyglot(picture(kind=kind) + text + (b"" if kind in {"BMP", "TIFF", "TGA"} else bytes(9000)))


def test_a_second_picture_behind_the_first_is_common() -> None:
    refuse_polyglot(picture() + picture(3) + bytes(500))


def test_trailing_bytes_alone_are_no_polyglot() -> None:
    refuse_polyglot(picture() + bytes(1000) + b"PK\x05\x06" + bytes(18))


def test_polyglot_names_what_else_it_is() -> None:
    with pytest.raises(SampleRejected, match="also a zip archive"):
        refuse_polyglot(with_zip(picture()))
