import cv2
import numpy as np
import pytest

from pipeline.dedup.fingerprints.hashes import Grey
from pipeline.dedup.fingerprints.seams import has_seam
from tests.dedup.examples import picture


def grey(seed: int, side_px: int = 128) -> Grey:
    return np.asarray(cv2.cvtColor(picture(seed, side_px), cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def gutter(wide_px: int) -> Grey:
    return np.full((128, wide_px), 255, np.uint8)


@pytest.mark.parametrize("seed", range(0, 40, 2))
def test_two_pictures_in_one_have_a_seam(seed: int) -> None:
    one, other = grey(seed), grey(seed + 1)
    assert has_seam(np.hstack([one, gutter(6), other]))
    assert has_seam(np.vstack([one, gutter(6).T, other]))
    collage = np.vstack([np.hstack([one, other]), np.hstack([grey(seed + 50), grey(seed + 51)])])
    shrunk = cv2.resize(collage, (193, 193), interpolation=cv2.INTER_AREA)
    assert has_seam(collage)
    assert has_seam(np.asarray(shrunk, dtype=np.uint8))


@pytest.mark.parametrize("seed", range(20))
def test_a_picture_and_its_borders_have_none(seed: int) -> None:
    one = grey(seed)
    turn = cv2.getRotationMatrix2D((64, 64), 7, 1)
    assert not has_seam(one)
    assert not has_seam(np.pad(one, 20, constant_values=255))
    assert not has_seam(np.hstack([one, gutter(60)]))
    assert not has_seam(np.asarray(cv2.warpAffine(one, turn, (128, 128)), dtype=np.uint8))


def test_an_edge_that_ends_is_none() -> None:
    door = grey(3) // 4
    door[:72, 64:] += 120
    assert not has_seam(door)


@pytest.mark.parametrize("shape", [(1, 300), (300, 1), (9, 9), (20, 20)])
def test_small_pictures_have_none(shape: tuple[int, int]) -> None:
    assert not has_seam(np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8))
