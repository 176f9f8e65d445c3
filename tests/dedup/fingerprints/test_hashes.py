import imagehash
import numpy as np
import pytest
from imagehash import ImageHash
from PIL import Image

from pipeline.dedup.fingerprints.hashes import (
    dhash,
    distance,
    phash,
    picture_hashes,
    squeeze,
    squeeze_whole_and_upper,
    working_grey,
)
from tests.dedup.examples import picture


def reference(value: ImageHash) -> int:
    return int(str(value), 16)


@pytest.mark.parametrize("seed", range(20))
def test_phash_has_the_bits_of_imagehash(seed: int) -> None:
    samples = squeeze(working_grey(picture(seed)))
    assert phash(samples) == reference(imagehash.phash(Image.fromarray(samples)))


@pytest.mark.parametrize("seed", range(20))
def test_dhash_has_the_bits_of_imagehash(seed: int) -> None:
    samples = np.random.default_rng(seed).integers(0, 256, (8, 9), dtype=np.uint8)
    whole = np.kron(samples, np.ones((4, 4), np.uint8))  # 32x36: squeezing it back gives the samples
    assert dhash(whole) == reference(imagehash.dhash(Image.fromarray(samples)))


@pytest.mark.parametrize("seed", range(20))
def test_the_hashes_of_a_picture_are_those_of_its_parts(seed: int) -> None:
    samples = squeeze_whole_and_upper(working_grey(picture(seed)))
    hashes = picture_hashes(samples)
    assert (hashes.whole, hashes.upper) == (phash(samples[0]), phash(samples[1]))
    assert hashes.gradient == dhash(samples[0])
    # a coefficient at the median may round either way
    assert distance(hashes.mirrored, phash(samples[0, :, ::-1])) <= 2
    assert distance(hashes.half, phash(samples[0, ::-1, ::-1])) <= 2
    assert distance(hashes.quarter, phash(np.rot90(samples[0]))) <= 2


@pytest.mark.parametrize(("height", "width"), [(96, 32), (97, 33), (97, 131), (192, 192), (256, 171), (255, 255)])
def test_the_samples_are_those_of_averaged_areas(height: int, width: int) -> None:
    grey = working_grey(picture(height, side_px=256)[:height, :width])
    whole, upper = squeeze_whole_and_upper(grey).astype(int)
    assert np.abs(whole - squeeze(grey)).max() <= 1
    assert np.abs(upper - squeeze(grey[: height // 3])).max() <= 1


def test_a_small_picture_has_the_samples_of_its_enlargement() -> None:
    grey = working_grey(picture(1, side_px=40))
    enlarged = grey.repeat(4, axis=0).repeat(4, axis=1)[: 13 * 4]
    assert np.abs(squeeze_whole_and_upper(grey)[1].astype(int) - squeeze(enlarged)).max() <= 1


def test_working_grey_keeps_the_aspect_and_small_images() -> None:
    assert working_grey(picture(1, side_px=512)[:256]).shape == (128, 256)
    assert working_grey(picture(1, side_px=90)).shape == (90, 90)
    assert working_grey(np.zeros((2, 3000, 3), np.uint8)).shape == (1, 256)
