import json
from typing import Any

import pytest

from pipeline.core.errors import MaskwrightError
from pipeline.prediction.usage import parse_usage, read_usage
from tests.prediction.kit import usage_document


def test_what_is_written_is_read() -> None:
    usage = parse_usage(usage_document(unsure_below={"mask_type": 0.62}, temperatures={"wear": 1.3}), "x")
    assert read_usage(usage.to_json(), "x") == usage
    assert usage.unsure_below == {"mask_type": 0.62}


def test_what_a_later_version_adds_is_no_harm() -> None:
    assert read_usage(json.dumps(usage_document(licence="MIT")), "x").image_px == 16


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"image_px": 0}, "x: maskwright: image_px: 0"),
        ({"resize": "lanczos"}, "resize: 'lanczos'"),
        ({"preprocessing": {"interpolation": "lanczos"}}, "preprocessing.interpolation: 'lanczos'"),
        ({"preprocessing": {"mean": [0.5, 0, 0]}}, "preprocessing.mean.0: 0.5"),
        ({"classes": {}}, "classes"),
        ({"classes": {"mask_type": ["none"]}}, "classes.mask_type"),
        ({"classes": {"mask_type": ["none", "none"]}}, "mask_type has a class twice"),
        ({"temperatures": {"wear": 0}}, "temperatures.wear: 0"),
        ({"temperatures": {"wear": float("inf")}}, "temperatures.wear: inf"),
        ({"unsure_below": {"mask_type": 1.5}}, "unsure_below.mask_type: 1.5"),
        ({"unsure_below": {"hat": 0.5}}, "hat: no head of the model"),
        ({"crop": {"detector": "yunet", "colour": 3}}, "crop.colour: unknown key"),
    ],
)
def test_an_impossible_value_is_told_with_file_and_key(said: dict[str, Any], told: str) -> None:
    with pytest.raises(MaskwrightError) as error:
        read_usage(json.dumps(usage_document(**said)), "x")
    assert told in str(error.value)


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "null\0"])
def test_damaged_metadata_are_one_sentence(text: str) -> None:
    with pytest.raises(MaskwrightError, match="its metadata are damaged"):
        read_usage(text, "x")


@pytest.mark.parametrize("document", [[], 3, {}, {"format": 1}, usage_document(format=3)])
def test_another_format_asks_for_a_new_export(document: object) -> None:
    with pytest.raises(MaskwrightError, match="another version, not in format 2: export the model again"):
        read_usage(json.dumps(document), "x")
