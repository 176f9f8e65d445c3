"""Enlarging some rows at a time: what `cv2.resize` makes of the whole."""

import cv2
import numpy as np
import pytest

from pipeline.masks.imaging.enlarging import Enlarging

_LAST_DIGIT = 2.0**-23


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("channels", [(), (3,)], ids=["plane", "colours"])
def test_strips_of_any_height_are_those_of_the_whole(seed: int, channels: tuple[int, ...]) -> None:
    """Sizes from a single row or column on. With AVX-512 all bits are OpenCV's, with AVX2 next to all."""
    rng = np.random.default_rng(seed)
    height, width = rng.integers(1, 90, 2).tolist() if seed else (1, 1)
    by = rng.uniform(1, 5, 2) if seed % 2 else (3, 5)  # by odd factors some rows lie on others
    size = round(width * by[0]), round(height * by[1])
    image = rng.random((height, width, *channels), dtype=np.float32)
    whole = cv2.resize(image, size, interpolation=cv2.INTER_LINEAR)
    enlarging, step = Enlarging.to(*size, height), int(rng.integers(1, 50))
    strips = np.concatenate([enlarging.rows(image, slice(top, top + step)) for top in range(0, size[1], step)])
    assert np.array_equal(strips, enlarging.rows(image, slice(0, size[1])))
    assert np.abs(strips - whole).max() <= _LAST_DIGIT
    assert np.mean(strips != whole) < 0.01 or not cv2.ipp.useIPP()
