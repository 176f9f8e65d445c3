import numpy as np
import pytest

from benchmarks.ready_model import Crops, SceneCounts, four_types, match, type_lines, wear_lines
from pipeline.core.records import LabelledBox
from pipeline.faces.detectors import Box


def test_faces_and_boxes_are_matched_one_to_one_the_best_first() -> None:
    faces = [Box(0, 0, 10, 10, 0.9), Box(1, 0, 11, 10, 0.9), Box(50, 50, 60, 60, 0.9)]
    boxes = [LabelledBox(left=1, top=0, right=11, bottom=10, original_label="with_mask"),
             LabelledBox(left=56, top=50, right=66, bottom=60, original_label="with_mask")]  # fmt: skip
    assert match(faces, boxes) == {1: 0}


def test_other_is_no_mask() -> None:
    types = np.array([[0.1, 0.1, 0.1, 0.1, 0.6], [0.7, 0.1, 0.1, 0.1, 0], [0.1, 0.8, 0, 0, 0.1], [0, 0, 0.9, 0, 0.1],
                      [0, 0, 1, 0, 0]], dtype=np.float32)  # fmt: skip
    assert four_types(types)[:, 0] == pytest.approx([0.7, 0.7, 0.2, 0.1, 0])
    lines = list(type_lines("set", Crops(np.array([0, 0, 1, 2, 3]), {"mask_type": types})))
    assert lines[0].startswith("set: type 80.0%")
    assert "balanced 75.0%" in lines[0]
    assert any(line.startswith("  mask or none 100.0%") for line in lines)


def test_wear_counts_any_way_of_wearing_wrongly() -> None:
    wear = np.array([[0.0, 0.4, 0.3, 0.2, 0.1], [0.0, 0.8, 0.1, 0.1, 0.0]], dtype=np.float32)
    both = Crops(np.zeros(2, dtype=np.int64), {"wear": wear})
    (line,) = wear_lines(both, both)
    assert "wrong 50.0%" in line
    assert line.endswith("balanced 50.0%")


def test_f1_of_scenes() -> None:
    assert SceneCounts(labelled=10, found=6, matched=6, told=4).f1(6) == pytest.approx(0.75)
