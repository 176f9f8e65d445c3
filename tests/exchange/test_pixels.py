import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PillowImage

from pipeline.core.errors import SampleRejected
from pipeline.core.locations import Stretch
from pipeline.exchange.pixels import named_pixels, pixels_of
from pipeline.exchange.records import Picture


def stored(path: Path, kind: str, orientation: int = 1) -> Picture:
    pixels = np.zeros((40, 60, 3), dtype=np.uint8)
    pixels[:, :30] = 250
    exif = PillowImage.Exif()
    exif[0x0112] = orientation
    PillowImage.fromarray(pixels).save(path, kind, **({"exif": exif} if orientation > 1 else {}))
    return Picture(id="p", file=path, width_px=60, height_px=40, faces=())


@pytest.mark.parametrize(("kind", "suffix"), [("JPEG", ".jpg"), ("PNG", ".png")])
def test_what_every_reader_knows_is_taken_as_it_is(tmp_path: Path, kind: str, suffix: str) -> None:
    found = pixels_of(stored(tmp_path / "photo.bin", kind))
    assert (found.suffix, found.data) == (suffix, None)
    assert found.read() == (tmp_path / "photo.bin").read_bytes()


@pytest.mark.parametrize("kind", ["BMP", "TIFF", "GIF", "WEBP"])
def test_other_formats_become_a_jpeg(tmp_path: Path, kind: str) -> None:
    found = pixels_of(stored(tmp_path / "photo.JPG", kind))
    with PillowImage.open(io.BytesIO(found.read())) as image:
        assert (found.suffix, image.format, image.size) == (".jpg", "JPEG", (60, 40))


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_turned_photo_is_written_upright(tmp_path: Path, kind: str) -> None:
    """Its boxes count the upright pixels, and not every reader turns it."""
    found = pixels_of(stored(tmp_path / "photo.jpg", kind, orientation=6))
    with PillowImage.open(io.BytesIO(found.read())) as image:
        assert image.size == (40, 60)
        assert not image.getexif()
        assert (np.asarray(image)[5].mean() > 200, np.asarray(image)[-5].mean() < 50) == (True, True)


def test_a_png_becomes_a_jpeg_where_the_format_wants_it(tmp_path: Path) -> None:
    assert pixels_of(stored(tmp_path / "a.png", "PNG"), frozenset({".jpg"})).read().startswith(b"\xff\xd8")


def test_photos_are_written_anew_where_asked(tmp_path: Path) -> None:
    picture = stored(tmp_path / "a.jpg", "JPEG")
    assert pixels_of(picture, reencode=True).data is not None


@pytest.mark.parametrize("content", [None, b"", b"no image", b"\xff\xd8\xff\xe0 cut off"])
def test_a_file_that_cannot_be_read_is_a_verdict(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "a.jpg"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SampleRejected):
        pixels_of(Picture(id="p", file=path, width_px=1, height_px=1, faces=()), reencode=True)


def test_copies_and_links(tmp_path: Path) -> None:
    found = pixels_of(stored(tmp_path / "a.jpg", "JPEG"))
    found.put(tmp_path / "copy.jpg", link=False)
    found.put(tmp_path / "link.jpg", link=True)
    assert (tmp_path / "copy.jpg").read_bytes() == (tmp_path / "link.jpg").read_bytes() == found.read()
    assert (tmp_path / "link.jpg").samefile(tmp_path / "a.jpg")
    assert not (tmp_path / "copy.jpg").samefile(tmp_path / "a.jpg")


def test_a_link_is_of_the_file_not_of_a_link_to_it(tmp_path: Path) -> None:
    stored(tmp_path / "a.jpg", "JPEG")
    (tmp_path / "cached.jpg").symlink_to(tmp_path / "a.jpg")
    pixels_of(Picture(id="p", file=tmp_path / "cached.jpg", width_px=1, height_px=1, faces=())).put(
        tmp_path / "link.jpg", link=True
    )
    assert not (tmp_path / "link.jpg").is_symlink()
    assert (tmp_path / "link.jpg").samefile(tmp_path / "a.jpg")


def test_where_the_disk_cannot_link_the_file_is_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    found = pixels_of(stored(tmp_path / "a.jpg", "JPEG"))
    monkeypatch.setattr(Path, "hardlink_to", refuse)
    found.put(tmp_path / "link.jpg", link=True)
    assert (tmp_path / "link.jpg").read_bytes() == found.read()


@pytest.mark.parametrize("link", [True, False])
def test_a_picture_that_is_gone_is_a_verdict(tmp_path: Path, link: bool) -> None:
    picture = Picture(id="p", file=tmp_path / "gone.jpg", width_px=1, height_px=1, faces=(), as_written=True)
    with pytest.raises(SampleRejected, match="unreadable_file"):
        pixels_of(picture).put(tmp_path / "out.jpg", link=link)


def test_a_stretch_of_a_shard_is_a_file_of_its_own(tmp_path: Path) -> None:
    stored(tmp_path / "a.jpg", "JPEG")
    data = (tmp_path / "a.jpg").read_bytes()
    (tmp_path / "0.tar").write_bytes(bytes(512) + data + bytes(99))
    place = Stretch(tmp_path / "0.tar", 512, len(data))
    pixels_of(Picture(id="p", file=place, width_px=1, height_px=1, faces=())).put(tmp_path / "out.jpg", link=True)
    assert (tmp_path / "out.jpg").read_bytes() == data
    assert named_pixels(Picture(id="p", file=place, width_px=1, height_px=1, faces=())).suffix == ".jpg"


@pytest.mark.parametrize(("name", "suffix"), [("a.PNG", ".png"), ("a.jpeg", ".jpg"), ("a", ".jpg"), ("a.webp", ".jpg")])
def test_without_files_the_name_tells_the_ending(tmp_path: Path, name: str, suffix: str) -> None:
    assert named_pixels(Picture(id="p", file=tmp_path / name, width_px=1, height_px=1, faces=())).suffix == suffix
