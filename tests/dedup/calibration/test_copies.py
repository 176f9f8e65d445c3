from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from pipeline.core.params import DedupParams
from pipeline.dedup.calibration.copies import RADII, TRANSFORMATIONS, CurvePoint, Rate, calibrate
from pipeline.dedup.calibration.known_pairs import generated_copies, paired_by_name
from pipeline.storage.images import write_image
from stages.cli import main
from tests.dedup.examples import picture, with_mask

PARAMS = DedupParams(align_faces=False)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    for i in range(8):
        write_image(tmp_path / "photos" / f"{i}.png", picture(i))
        write_image(tmp_path / "masked" / f"{i}.png", with_mask(picture(i)))
    return tmp_path / "photos"


def at_default(points: list[CurvePoint]) -> CurvePoint:
    return next(p for p in points if p.radius == PARAMS.max_distance_bits)


@pytest.mark.parametrize("name", ["JPEG quality 20", "half size", "darker by 40 %", "mirrored", "grey"])
def test_changes_that_keep_the_frame_are_all_found(photos: Path, name: str) -> None:
    point = at_default(calibrate(*generated_copies(photos, TRANSFORMATIONS[name], 8, faces=False, unread={}), PARAMS))
    assert point.recall.value == 1
    assert point.precision.value == 1


def test_phash_alone_misses_mirrored_copies(photos: Path) -> None:
    points = calibrate(*generated_copies(photos, TRANSFORMATIONS["mirrored"], 8, faces=False, unread={}), PARAMS)
    assert [p.radius for p in points] == list(RADII)
    assert at_default(points).phash_recall.value == 0


def test_photos_that_are_alike_count_against_precision(photos: Path) -> None:
    write_image(photos / "twin.png", (picture(0) * 0.9).astype(np.uint8))
    point = at_default(calibrate(*generated_copies(photos, TRANSFORMATIONS["grey"], 9, faces=False, unread={}), PARAMS))
    assert point.recall.hits >= 8
    assert point.precision.trials == point.precision.hits + 1


def test_a_rate_is_printed_with_its_interval() -> None:
    assert str(Rate(9, 10)) == " 90.0% [59.6%, 98.2%]"
    assert str(Rate(0, 0)) == "100.0% [0.0%, 100.0%]"


def test_the_command_prints_a_curve(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text("dedup: {align_faces: false}\n", encoding="utf-8")
    arguments = ["calibrate-dedup", "--params", str(tmp_path / "params.yaml"), "--pairs", str(photos)]
    result = CliRunner().invoke(main, [*arguments, str(tmp_path / "masked")])
    assert result.exit_code == 0, result.output
    assert "masked twins (8 pairs)" in result.output
    assert result.output.count("%") >= 12 * len(RADII)


def test_pairs_are_told_by_what_augment_masks_calls_them(tmp_path: Path) -> None:
    for number in range(2):
        write_image(tmp_path / f"none/a-{number}-none0.png", picture(number))
        write_image(tmp_path / f"ffp2/a-{number}-ffp20.png", with_mask(picture(number)))
    write_image(tmp_path / "ffp2/b-0-ffp20.png", picture(3))
    pairs = paired_by_name(tmp_path / "none", tmp_path / "ffp2", 9, faces=False, unread={})
    assert list(map(len, pairs)) == [2, 2]


def test_the_command_asks_for_what_it_needs(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text("", encoding="utf-8")
    result = CliRunner().invoke(main, ["calibrate-dedup", "--params", str(tmp_path / "params.yaml")])
    assert result.exit_code == 2
    assert "--photos, --pairs or --people" in result.output


def test_photos_are_known_by_content_and_what_cannot_be_read_is_named(photos: Path, tmp_path: Path) -> None:
    (photos / "7.png").rename(photos / "7.dat")
    (photos / "8.jpg").write_bytes(b"no picture")
    (photos / "gone.png").symlink_to("nowhere.png")
    write_image(tmp_path / "masked/8.png", picture(8))
    (tmp_path / "params.yaml").write_text("dedup: {align_faces: false}\n", encoding="utf-8")
    arguments = ["calibrate-dedup", "--params", str(tmp_path / "params.yaml"), "--photos", str(photos), "--pairs"]
    result = CliRunner().invoke(main, [*arguments, str(photos), str(tmp_path / "masked")])
    assert result.exit_code == 0, result.output
    assert "masked twins (8 pairs)" in result.output
    assert "half size (8 photos)" in result.output
    *_, told, first, second = result.output.splitlines()
    assert told == "2 files could not be read and were left out:"
    assert sorted((first, second)) == [
        f"  {photos}/8.jpg: not_an_image: no image format begins like it",
        f"  {photos}/gone.png: link_to_no_file: points to nowhere.png, where no file is",
    ]
