import random

import cv2
import numpy as np
import pytest

from pipeline.config import DedupParams
from pipeline.curation.hashing import HashedImage, hash_image
from pipeline.curation.links import find_links
from pipeline.images import decode_image, encode_image
from tests.curation.examples import image_row, picture, with_mask

PARAMS = DedupParams()


def hashed(name, rgb, **changes):
    return HashedImage(image_row(name, **changes), hash_image(rgb))


def kinds(links):
    return {frozenset((link.first, link.second)): link.kind for link in links}


def between(*images):
    return frozenset(h.image.id for h in images)


@pytest.mark.parametrize(
    "change",
    [
        lambda rgb: decode_image(encode_image(rgb, quality=40)).rgb,
        lambda rgb: cv2.resize(rgb, (97, 97), interpolation=cv2.INTER_AREA),
        lambda rgb: np.clip(rgb * 0.8 + 12, 0, 255).astype(np.uint8),
    ],
    ids=["re-encoded", "resized", "dimmed"],
)
def test_a_changed_copy_is_near(change):
    photo, copy = hashed("a", picture(1)), hashed("b", change(picture(1)))
    assert kinds(find_links([photo, copy], PARAMS)) == {between(photo, copy): "near"}


def test_other_pictures_are_not_linked():
    assert find_links([hashed(str(i), picture(i)) for i in range(30)], PARAMS) == []


def test_copies_of_one_content_are_exact_and_compared_once():
    photo, copy = hashed("a", picture(1), sha256="s"), hashed("b", picture(1), sha256="s")
    third = hashed("c", picture(1))
    found = kinds(find_links([photo, copy, third], PARAMS))
    assert found.pop(between(photo, copy)) == "exact"
    assert list(found.values()) == ["near"]


def test_many_equal_pictures_make_few_links():
    same = [hashed(str(i), picture(1), sha256=str(i // 2)) for i in range(100)]
    assert len(find_links(same, PARAMS)) == 99


def test_a_masked_twin_is_a_mask_pair_not_a_duplicate():
    bare = hashed("bare", picture(1), mask_type="none")
    twin = hashed("twin", with_mask(picture(1)), mask_type="surgical")
    assert kinds(find_links([bare, twin], PARAMS)) == {between(bare, twin): "mask_pair"}


def test_the_same_picture_under_opposite_labels_stays_a_duplicate():
    bare, wrong = hashed("bare", picture(1), mask_type="none"), hashed("wrong", picture(1), mask_type="cloth")
    assert kinds(find_links([bare, wrong], PARAMS)) == {between(bare, wrong): "near"}


def test_what_the_source_says_is_linked_too():
    photos = [hashed(str(i), picture(i), photo_id="p" if i < 2 else None, person_id="q") for i in range(3)]
    found = [link.kind for link in find_links(photos, PARAMS)]
    assert sorted(found) == ["same_person", "same_person", "same_source_id"]


def test_file_order_changes_nothing():
    images = [hashed(str(i), picture(i % 4), sha256=str(i % 7)) for i in range(12)]
    shuffled = random.Random(3).sample(images, len(images))
    assert find_links(images, PARAMS) == find_links(shuffled, PARAMS)
