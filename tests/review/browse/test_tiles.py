import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PillowImage

from pipeline.core.arrays import Rgb
from pipeline.core.errors import SampleRejected
from pipeline.core.locations import Place
from pipeline.core.params import EngineParams
from pipeline.review.browse import tiles
from pipeline.review.browse.tiles import ACROSS, TILE_PX, TILES_A_SHEET, make_sheet, make_sheets, tile_of
from pipeline.storage.images import encode_image, write_image


def colours(folder: Path, count: int) -> list[Place | None]:
    """Files of one grey each, the brighter the later."""
    files: list[Place | None] = []
    for number in range(count):
        file = folder / f"{number}.png"
        write_image(file, np.full((40, 40, 3), 4 * number, dtype=np.uint8))
        files.append(file)
    return files


def decoded(data: bytes) -> Rgb:
    with PillowImage.open(io.BytesIO(data)) as image:
        assert image.format == "WEBP"
        return np.asarray(image.convert("RGB"))


def tile(sheet: Rgb, place: int) -> Rgb:
    row, column = divmod(place, ACROSS)
    return sheet[row * TILE_PX :][:TILE_PX, column * TILE_PX :][:, :TILE_PX]


def test_tiles_lie_in_order_and_the_last_sheet_is_as_short_as_it_can_be(tmp_path: Path) -> None:
    sheets = list(make_sheets(colours(tmp_path, TILES_A_SHEET + ACROSS + 1), EngineParams()))
    first, last = (decoded(sheet.data) for sheet in sheets)
    assert first.shape == (TILES_A_SHEET // ACROSS * TILE_PX, ACROSS * TILE_PX, 3)
    assert last.shape == (2 * TILE_PX, ACROSS * TILE_PX, 3)
    for place in (0, 1, ACROSS, TILES_A_SHEET - 1):
        assert tile(first, place).mean() == pytest.approx(4 * place, abs=2)
    assert tile(last, ACROSS).mean() == pytest.approx(4 * (TILES_A_SHEET + ACROSS), abs=2)


def test_what_cannot_be_read_is_grey_and_says_why(tmp_path: Path) -> None:
    (tmp_path / "text.jpg").write_text("no picture")
    sheet = make_sheet((tmp_path / "gone.jpg", tmp_path / "text.jpg", None, *colours(tmp_path, 1)))
    assert sheet.problems == ("unreadable_file", "not_an_image", "no_file", "")
    assert tile(decoded(sheet.data), 1).mean() == pytest.approx(127, abs=2)


def test_a_picture_is_whole_and_keeps_its_shape() -> None:
    tall = tile_of(np.zeros((400, 100, 3), dtype=np.uint8))
    assert (tall == 0).all(axis=2).sum() == 128 * 32
    assert tall[0, 0].tolist() == [127, 127, 127]
    assert (tile_of(np.zeros((1, 5000, 3), dtype=np.uint8)) == 0).all(axis=2).sum() == 128


def test_the_smallest_pictures_are_seen_too(tmp_path: Path) -> None:
    write_image(tmp_path / "dot.png", np.full((2, 3, 3), 200, dtype=np.uint8))
    assert make_sheet((tmp_path / "dot.png",)).problems == ("",)


def test_sheets_tell_nothing_of_what_the_photos_hold_beside_pixels(tmp_path: Path) -> None:
    exif = PillowImage.Exif()
    exif[0x010F], exif[0x0112] = "SECRETCAM", 6
    PillowImage.fromarray(np.zeros((40, 80, 3), dtype=np.uint8)).save(tmp_path / "a.jpg", exif=exif)
    data = make_sheet((tmp_path / "a.jpg",)).data
    assert b"SECRETCAM" in (tmp_path / "a.jpg").read_bytes()
    assert b"SECRETCAM" not in data
    assert b"EXIF" not in data
    upright = tile(decoded(data), 0)
    assert upright[0, 64].mean() < 40 < upright[64, 0].mean()  # turned as its camera was


def test_jobs_change_no_byte(tmp_path: Path) -> None:
    files = colours(tmp_path, 50)
    one, two = (list(make_sheets(files, EngineParams(jobs=jobs))) for jobs in (1, 2))
    assert one == two


def test_a_sheet_whose_worker_died_is_grey(tmp_path: Path) -> None:
    sheet = tiles._grey_sheet((tmp_path / "a.jpg", None), SampleRejected("worker_crash", "it died"))
    assert sheet.problems == ("worker_crash", "worker_crash")
    assert decoded(sheet.data).mean() == pytest.approx(127, abs=2)


def test_a_jpeg_of_any_size_is_brought_down(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(encode_image(np.full((900, 1500, 3), 90, dtype=np.uint8)))
    assert tile(decoded(make_sheet((tmp_path / "a.jpg",)).data), 0)[64, 64].tolist() == pytest.approx([90] * 3, abs=3)
