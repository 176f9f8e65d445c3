from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from benchmarks.ready_model.__main__ import command
from benchmarks.ready_model.crops import Crops, four_types, type_lines, wear_lines
from benchmarks.ready_model.scenes import SceneCounts, count_scene, match, scene_lines
from benchmarks.ready_model.slices import slice_table
from benchmarks.ready_model.worst import CAPTION_PX, COLUMNS, TILE_PX, surest_wrong, worst_sheet
from pipeline.core.arrays import Rgb
from pipeline.core.records import MASK_TYPES, LabelledBox
from pipeline.faces.detectors import Box
from pipeline.prediction.answers import Answer, FacePrediction
from pipeline.storage.images import read_image, write_image


def label(left: float, top: float, right: float, bottom: float, name: str = "with_mask") -> LabelledBox:
    return LabelledBox(left=left, top=top, right=right, bottom=bottom, original_label=name)


def face(left: float, top: float, right: float, bottom: float, cloth: float = 1.0) -> FacePrediction:
    shares = {"none": 1 - cloth, "cloth": cloth, "surgical": 0.0, "ffp2": 0.0, "other": 0.0}
    return FacePrediction(Box(left, top, right, bottom, 0.9), {"mask_type": Answer("cloth", cloth, shares)})


def test_faces_and_boxes_are_matched_one_to_one_the_best_first() -> None:
    faces = [Box(0, 0, 10, 10, 0.9), Box(1, 0, 11, 10, 0.9), Box(50, 50, 60, 60, 0.9)]
    assert match(faces, [label(1, 0, 11, 10), label(56, 50, 66, 60)]) == {1: 0}


def test_other_is_no_mask() -> None:
    types = np.array([[0.1, 0.1, 0.1, 0.1, 0.6], [0.7, 0.1, 0.1, 0.1, 0], [0.1, 0.8, 0, 0, 0.1], [0, 0, 0.9, 0, 0.1],
                      [0, 0, 1, 0, 0]], dtype=np.float32)  # fmt: skip
    assert four_types(types)[:, 0] == pytest.approx([0.7, 0.7, 0.2, 0.1, 0])
    lines = list(type_lines("set", Crops(np.array([0, 0, 1, 2, 3]), {"mask_type": types})))
    assert lines[0].startswith("set: type 80.0%")
    assert "balanced 75.0%" in lines[0]
    assert any(line.startswith("  mask or none 100.0%") for line in lines)
    assert "  called other: 1 of 2 without a mask" in lines


def test_wear_counts_any_way_of_wearing_wrongly() -> None:
    wear = np.array([[0.0, 0.4, 0.3, 0.2, 0.1], [0.0, 0.8, 0.1, 0.1, 0.0]], dtype=np.float32)
    both = Crops(np.zeros(2, dtype=np.int64), {"wear": wear})
    (line,) = wear_lines(both, both)
    assert "wrong 50.0%" in line
    assert line.endswith("balanced 50.0%")


def test_f1_of_scenes() -> None:
    assert SceneCounts(labelled=10, found=6, matched=6, told=4).f1(6) == pytest.approx(0.75)


def test_small_labels_and_what_is_on_them_do_not_count() -> None:
    boxes = [label(0, 0, 40, 40), label(100, 0, 120, 20), label(200, 0, 240, 40, "without_mask")]
    faces = [face(0, 0, 40, 40), face(101, 0, 121, 20), face(300, 0, 320, 20)]
    assert count_scene(faces, boxes) == SceneCounts(labelled=2, found=1, matched=1, told=1)
    assert count_scene([*faces, face(300, 0, 330, 30)], boxes).found == 2


def test_a_mask_told_where_there_is_none_is_told_wrong() -> None:
    boxes = [label(0, 0, 40, 40, "without_mask"), label(100, 0, 140, 40, "mask_weared_incorrect")]
    right, wrong = (
        count_scene([face(0, 0, 40, 40, 0.1), face(100, 0, 140, 40)], boxes),
        count_scene([face(0, 0, 40, 40), face(100, 0, 140, 40, 0.1)], boxes),
    )
    assert (right.told, wrong.told, right.matched, wrong.matched) == (2, 0, 2, 2)


def test_a_face_with_another_kind_of_box_is_loose() -> None:
    counts = count_scene([face(0, 30, 40, 70)], [label(0, 0, 40, 40), label(200, 0, 240, 40)])
    assert (counts.matched, counts.loose) == (0, 1)
    together = counts + SceneCounts(labelled=1, found=2, matched=1, told=1)
    assert "1 faces whose box overlaps" in list(scene_lines(together))[1]
    assert list(scene_lines(together))[1].endswith("1 labels without a face, 1 faces on no label")


@pytest.fixture
def crops(tmp_path: Path, portrait: Rgb) -> Crops:
    """Three crops: a bare face told right, two said to be masked, of which the second is told wrong and surely."""
    files = tuple(tmp_path / f"{n}.png" for n in range(3))
    for file, factor in zip(files, (1.0, 0.3, 1.0), strict=True):
        write_image(file, (portrait * factor).astype(np.uint8))
    types = np.array([[0.8, 0.2, 0, 0, 0], [0.4, 0.6, 0, 0, 0], [0, 0, 0.1, 0.9, 0]], dtype=np.float32)
    return Crops(np.array([0, 2, 2]), {"mask_type": types}, files)


def test_slices_are_counted_by_class_and_together(crops: Crops) -> None:
    head, rule, *rows = slice_table([crops, crops.chosen(np.array([True, False, False]))])
    assert head == "| | all | none | cloth | surgical | ffp2 |"
    assert rule.count("|") == head.count("|")
    cells = {row.split(" | ")[0]: row.split(" | ")[1:] for row in rows}
    assert cells["| brightness below 70"][0].startswith("0% (0-79) of 1")
    assert {name.split()[1] for name in cells} == {"yaw", "face", "brightness", "skin"}
    counts = [int(row.split(" of ")[1].split()[0]) for row in rows if row.startswith("| yaw")]
    assert sum(counts) == 4


def test_the_surest_mistakes_come_first(crops: Crops) -> None:
    assert [(round(sure, 2), k) for sure, _, k in surest_wrong([crops])] == [(0.9, 2), (0.6, 1)]
    sheet = worst_sheet([crops], 1)
    assert sheet.shape == (TILE_PX + CAPTION_PX, TILE_PX * COLUMNS, 3)
    shown = sheet[CAPTION_PX:, :TILE_PX].astype(int)
    assert abs(shown.mean() - read_image(crops.files[2]).rgb.mean()) < 3  # the third, not the dark one
    assert sheet[:, TILE_PX:].max() == 0
    assert worst_sheet([crops.chosen(np.array([True, False, False]))], 5).max() == 0


def test_the_command_measures_a_folder(tmp_path: Path, portrait: Rgb) -> None:
    for name in ("real_dev", "real_dev2"):
        for kind in MASK_TYPES:
            write_image(tmp_path / name / kind / "a b.jpg", portrait)
    write_image(tmp_path / "real_wear/incorrect/ü.jpg", portrait)
    (tmp_path / "scenes").mkdir()
    done = CliRunner().invoke(command, [str(tmp_path)], catch_exceptions=False)
    assert done.exit_code == 0
    assert "real_dev2: type 25.0%" in done.output
    assert "scenes: 0 boxes" in done.output
    CliRunner().invoke(command, [str(tmp_path), "--worst", str(tmp_path / "s.png")], catch_exceptions=False)
    assert read_image(tmp_path / "s.png").rgb.shape[0] == TILE_PX + CAPTION_PX
