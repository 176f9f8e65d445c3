import imagehash
import numpy as np
import pytest
from PIL import Image

from pipeline.curation.hashing import dhash, distance, phash, phash_and_mirror, squeeze, working_grey
from tests.curation.examples import picture


def reference(value):
    return int(str(value), 16)


@pytest.mark.parametrize("seed", range(20))
def test_phash_has_the_bits_of_imagehash(seed):
    samples = squeeze(working_grey(picture(seed)))
    assert phash(samples) == reference(imagehash.phash(Image.fromarray(samples)))


@pytest.mark.parametrize("seed", range(20))
def test_dhash_has_the_bits_of_imagehash(seed):
    samples = np.random.default_rng(seed).integers(0, 256, (8, 9), dtype=np.uint8)
    whole = np.kron(samples, np.ones((4, 4), np.uint8))  # 32x36: squeezing it back gives the samples
    assert dhash(whole) == reference(imagehash.dhash(Image.fromarray(samples)))


@pytest.mark.parametrize("seed", range(20))
def test_the_mirror_hash_is_the_hash_of_the_mirror_image(seed):
    samples = squeeze(working_grey(picture(seed)))
    whole, mirrored = phash_and_mirror(samples)
    assert whole == phash(samples)
    assert distance(mirrored, phash(samples[:, ::-1].copy())) <= 2  # a coefficient at the median may round either way


def test_working_grey_keeps_the_aspect_and_small_images():
    assert working_grey(picture(1, side_px=512)[:256]).shape == (128, 256)
    assert working_grey(picture(1, side_px=90)).shape == (90, 90)
    assert working_grey(np.zeros((2, 3000, 3), np.uint8)).shape == (1, 256)
