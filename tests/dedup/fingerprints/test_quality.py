from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest

from pipeline.core.arrays import Rgb
from pipeline.core.params import QualityParams
from pipeline.dedup.fingerprints.hashes import working_grey
from pipeline.dedup.fingerprints.quality import measure_quality, quality_problem
from pipeline.faces.crops import visible_share
from tests.dedup.examples import picture

PARAMS = QualityParams()


def reason(rgb: Rgb, size: tuple[int, int] | None = None) -> str | None:
    height, width = size or rgb.shape[:2]
    problem = quality_problem(measure_quality(working_grey(rgb), None), width, height, PARAMS)
    return problem and problem[0]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda rgb: rgb, None),
        (lambda rgb: rgb // 16 + 2, "too_dark"),
        (lambda rgb: 255 - rgb // 20, "too_bright"),
        (lambda rgb: rgb // 32 + 120, "near_uniform"),
        (lambda rgb: cv2.GaussianBlur(rgb, (0, 0), 12), "blurred"),
    ],
)
def test_each_kind_of_poor_picture_has_its_reason(change: Callable[..., Any], expected: str | None) -> None:
    assert reason(change(picture(3)).astype(np.uint8)) == expected


@pytest.mark.parametrize(("size", "expected"), [((40, 200), "image_too_small"), ((60, 200), "odd_aspect")])
def test_size_and_shape(size: tuple[int, int], expected: str) -> None:
    assert reason(picture(3), size) == expected


def test_a_dim_picture_is_as_sharp_as_a_bright_one() -> None:
    bright, dim = picture(3), (picture(3) // 3).astype(np.uint8)
    scores = [measure_quality(working_grey(rgb), None).sharpness for rgb in (bright, dim)]
    assert scores[1] == pytest.approx(scores[0], rel=0.2)


def test_compression_follows_the_quantization_table() -> None:
    standard = (16,) * 64
    coarse = tuple(2 * q for q in standard)
    grey = working_grey(picture(1))
    assert measure_quality(grey, coarse).compression == 2 * measure_quality(grey, standard).compression
    assert measure_quality(grey, None).compression == 0


def test_the_visible_share_of_a_box() -> None:
    assert visible_share((10, 10, 80, 80), 100, 100) == 1
    assert visible_share((60, 10, 130, 80), 100, 100) == pytest.approx(40 / 70)
    assert visible_share((200, 200, 300, 300), 100, 100) == 0
