"""Rows of masks that were drawn before the engine was parted into modules replay to the pixels they had."""

import json

import numpy as np
import pytest

from pipeline.masks import MaskRecipe, load_templates
from tests.masks.old_rows import PICTURE_TEMPLATES, OldRow, old_rows, photos, pixels_of, rendered

ROWS = old_rows()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.template}-{row.place}")
def test_an_old_row_is_replayed_to_its_pixels(row: OldRow) -> None:
    expected, seen = pixels_of(row).astype(int), rendered(row).rgb.astype(int)

    assert np.abs(seen - expected).max() <= 1  # another processor may round differently
    assert np.abs(seen - photos()[row.photo].rgb).max() > 20


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.template}-{row.place}")
def test_an_old_row_is_written_as_it_was_read(row: OldRow) -> None:
    assert MaskRecipe.from_json(row.draw).to_json() == row.draw


def test_the_rows_hold_every_template_way_of_wearing_and_part() -> None:
    values = [json.loads(row.draw)["values"] for row in ROWS]
    drawn = {key for each in values for key, value in each.items() if value}

    assert {row.template for row in ROWS} == load_templates().keys() | load_templates([PICTURE_TEMPLATES]).keys()
    assert {json.loads(row.draw)["wear"] for row in ROWS} == {
        "correct", "nose_exposed", "chin_exposed", "nose_mouth_exposed",
    }  # fmt: skip
    assert drawn >= {
        "print", "reliefs", "binding", "top_band", "wash", "nose_clip", "lettering", "straps", "valve", "picture",
        "cast", "occluders",
    }  # fmt: skip


@pytest.mark.parametrize("key", ["cast", "nose_clip", "occluders"])
def test_some_rows_were_written_before_there_was(key: str) -> None:
    assert any(key not in json.loads(row.draw)["values"] for row in ROWS)


@pytest.mark.parametrize("key", ["from_side", "from_above", "frontal", "shade_tint", "cast"])
def test_some_rows_were_written_before_light_had(key: str) -> None:
    assert any(key not in json.loads(row.draw)["values"]["look"] for row in ROWS)
