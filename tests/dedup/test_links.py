import itertools
import random
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest

from pipeline.columns.image_table import ImageRows
from pipeline.core.arrays import Rgb
from pipeline.core.params import DedupParams
from pipeline.core.records import DuplicateLink, Image
from pipeline.dedup.fingerprints.fingerprint import fingerprint
from pipeline.dedup.links import bare_against_masked, find_links
from pipeline.dedup.search.likeness import Pairs
from pipeline.storage.images import Decoded, decode_image, encode_image
from tests.dedup.examples import fingerprint_row, image_row, picture, with_mask

PARAMS = DedupParams()


def shown(name: str, rgb: Rgb, **changes: Any) -> tuple[Image, Rgb]:
    """An image row and its pixels."""
    return image_row(name, **changes), rgb


def linked(*shown_images: tuple[Image, Rgb]) -> list[DuplicateLink]:
    fingerprints = {
        image.sha256: fingerprint(image.sha256, Decoded(rgb, "PNG", "RGB", None)) for image, rgb in shown_images
    }
    return list(find_links([image for image, _ in shown_images], fingerprints, PARAMS))


def kinds(links: list[DuplicateLink]) -> dict[frozenset[str], str]:
    return {frozenset((link.first, link.second)): link.kind for link in links}


def between(*images: tuple[Image, Rgb]) -> frozenset[str]:
    return frozenset(image.id for image, _ in images)


@pytest.mark.parametrize(
    "change",
    [
        lambda rgb: decode_image(encode_image(rgb, quality=40)).rgb,
        lambda rgb: cv2.resize(rgb, (97, 97), interpolation=cv2.INTER_AREA),
        lambda rgb: np.clip(rgb * 0.8 + 12, 0, 255).astype(np.uint8),
        lambda rgb: rgb[:, ::-1],
    ],
    ids=["re-encoded", "resized", "dimmed", "mirrored"],
)
def test_a_changed_copy_is_near(change: Callable[..., Any]) -> None:
    photo, copy = shown("a", picture(1)), shown("b", change(picture(1)))
    assert kinds(linked(photo, copy)) == {between(photo, copy): "near"}


def test_other_pictures_are_not_linked() -> None:
    assert linked(*(shown(str(i), picture(i)) for i in range(30))) == []


def test_copies_of_one_content_are_exact_and_compared_once() -> None:
    photo, copy = shown("a", picture(1), sha256="s"), shown("b", picture(1), sha256="s")
    third = shown("c", picture(1))
    found = kinds(linked(photo, copy, third))
    assert found.pop(between(photo, copy)) == "exact"
    assert list(found.values()) == ["near"]


def test_many_equal_pictures_make_few_links() -> None:
    same = [shown(str(i), picture(1), sha256=str(i // 2)) for i in range(100)]
    assert len(linked(*same)) == 99


def test_a_masked_twin_is_a_mask_pair_not_a_duplicate() -> None:
    bare = shown("bare", picture(1), mask_type="none")
    twin = shown("twin", with_mask(picture(1)), mask_type="surgical")
    assert kinds(linked(bare, twin)) == {between(bare, twin): "mask_pair"}


def test_the_same_picture_under_opposite_labels_stays_a_duplicate() -> None:
    bare, wrong = shown("bare", picture(1), mask_type="none"), shown("wrong", picture(1), mask_type="cloth")
    assert kinds(linked(bare, wrong)) == {between(bare, wrong): "near"}


@pytest.mark.parametrize(
    ("first", "second", "opposite"),
    [
        ({"mask_type": "none"}, {"mask_type": "cloth"}, True),
        ({"mask_type": "none", "masked": "no"}, {"masked": "yes"}, True),
        ({"masked": "yes"}, {"masked": "no"}, True),
        ({"mask_type": "ffp2"}, {"masked": "no"}, True),
        ({"mask_type": "none"}, {}, False),
        ({"masked": "yes"}, {}, False),
        ({"masked": "yes"}, {"mask_type": "cloth"}, False),
        ({}, {}, False),
    ],
)
def test_bare_against_masked_takes_what_is_known(
    make_image: Callable[..., Image], first: dict[str, str], second: dict[str, str], opposite: bool
) -> None:
    rows = ImageRows.of([make_image(id="a" * 32, **first), make_image(id="b" * 32, **second)])
    there, back = np.array([0]), np.array([1])
    for one, other in ((there, back), (back, there)):
        pairs = Pairs(one, other, np.zeros(1, dtype=bool), *np.zeros((2, 1), dtype=np.uint8))
        assert bare_against_masked(rows, pairs).tolist() == [opposite]


def test_what_the_source_says_is_linked_too() -> None:
    photos = [shown(str(i), picture(i), photo_id="p" if i < 2 else None, person_id="q") for i in range(3)]
    found = [link.kind for link in linked(*photos)]
    assert sorted(found) == ["same_person", "same_person", "same_source_id"]


def test_file_order_changes_nothing() -> None:
    images = [shown(str(i), picture(i % 4), sha256=str(i % 8)) for i in range(12)]
    shuffled = random.Random(3).sample(images, len(images))
    assert linked(*images) == linked(*shuffled)


def test_a_twin_named_after_its_photo_is_linked() -> None:
    photo, twin = shown("12.jpg", picture(1)), shown("12-with-mask.jpg", picture(2))
    other, elsewhere = shown("13.jpg", picture(3)), shown("12.jpg", picture(4), source="b", id="f" * 32, sha256="e")
    assert kinds(linked(photo, twin, other, elsewhere)) == {between(photo, twin): "same_source_id"}


@pytest.mark.parametrize(
    ("first", "second", "alike"),
    [
        ("n000001/0001.jpg", "n000001/0001_surgical.jpg", True),
        ("n000001/0001.jpg", "n000005/0001_surgical.jpg", False),
        ("train/n000001/0001.jpg", "test/n000001/0001_surgical.jpg", True),
        ("without_mask/12.jpg", "with_mask/12-with-mask.jpg", True),
        ("set.zip/data/No Mask/12.jpg", "set.zip/data/Masked/12-with-mask.jpg", True),
        ("n1/plain/0001.jpg", "n1/masked/0001_N95.jpg", True),
        ("n1/plain/0001.jpg", "n2/masked/0001_N95.jpg", False),
        ("face01/1.jpg", "face02/1_cloth.jpg", False),
        ("a/3.jpg", "3-with-mask.jpg", True),
        ("n000001/0001.jpg", "n000001/0001.png", False),
    ],
)
def test_names_are_compared_with_the_folders_that_say_who_it_is(first: str, second: str, alike: bool) -> None:
    found = linked(shown(first, picture(1)), shown(second, picture(2)))
    assert [link.kind for link in found] == (["same_source_id"] if alike else [])


def test_a_name_in_no_folder_is_nobodys_where_two_folders_have_it() -> None:
    photos = [shown(name, picture(seed)) for seed, name in enumerate(("a/3.jpg", "b/3.jpg", "3-with-mask.jpg"))]
    assert linked(*photos) == []


def test_a_folder_that_is_the_label_says_nothing_of_who_it_is() -> None:
    photos = [
        shown("rostos/3.jpg", picture(1), original_label="rostos"),
        shown("tapados/3-with-mask.jpg", picture(2), original_label="tapados"),
    ]
    assert [link.kind for link in linked(*photos)] == ["same_source_id"]


def test_what_was_made_from_a_photo_is_tied_to_it_and_to_what_else_was() -> None:
    photo = shown("photo", picture(1))
    children = [shown(f"child{i}", picture(5 + i), parent_sha256=photo[0].sha256) for i in range(2)]
    assert kinds(linked(photo, *children)) == {between(photo, child): "derived_from" for child in children}
    assert kinds(linked(*children)) == {between(*children): "derived_from"}
    assert linked(photo, shown("other", picture(8), parent_sha256="elsewhere")) == []


def stated_plainly(images: list[Image]) -> list[tuple[str, str, str]]:
    """What sources say of the images, by dictionaries: the links that columns must come to."""
    links: set[tuple[str, str, str]] = set()
    by_id = sorted(images, key=lambda image: image.id)

    def groups(value_of: Callable[[Image], Any]) -> dict[Any, list[str]]:
        found: dict[Any, list[str]] = defaultdict(list)
        for image in by_id:
            if (value := value_of(image)) is not None:
                found[value].append(image.id)
        return found

    contents = groups(lambda image: image.sha256)
    links |= {(ids[0], other, "exact") for ids in contents.values() for other in ids[1:]}
    names = groups(lambda image: (image.source, image.origin.removesuffix("-with-mask")))
    suffixed = {(image.source, image.origin.removesuffix("-with-mask")) for image in images if "-with" in image.origin}
    for kind, ids in [
        *(("same_source_id", ids) for ids in groups(lambda image: image.photo_id).values()),
        *(("same_person", ids) for ids in groups(lambda image: image.person_id).values()),
        *(("same_source_id", ids) for name, ids in names.items() if name in suffixed),
    ]:
        links |= {(first, second, kind) for first, second in itertools.pairwise(ids)}
    for parent, children in groups(lambda image: image.parent_sha256).items():
        head = contents[parent][0] if parent in contents else children[0]
        links |= {(min(head, child), max(head, child), "derived_from") for child in children if child != head}
    return sorted(links)


@pytest.mark.parametrize("seed", range(20))
def test_stated_links_are_those_of_plain_dictionaries(seed: int) -> None:
    rng = random.Random(seed)
    count = rng.choice([1, 5, 40])
    few = [None, None, *map(str, range(count // 3 + 1))]
    images = [
        image_row(
            f"{seed} {number}",
            source=rng.choice(["a", "b"]),
            origin=f"{rng.randrange(count)}{rng.choice(['', '-with-mask'])}",
            sha256=f"content {rng.randrange(2 * count)}",
            photo_id=rng.choice(few),
            person_id=rng.choice(few),
            parent_sha256=rng.choice([None, f"content {rng.randrange(3 * count)}"]),
        )
        for number in range(count)
    ]
    # pictures without anything in them are like nothing, so only what is stated ties them
    fingerprints = {image.sha256: fingerprint_row(image.sha256) for image in images}
    found = find_links(images, fingerprints, PARAMS)
    assert [(link.first, link.second, link.kind) for link in found] == stated_plainly(images)
    assert [link.kind for link in found.of({"exact"})] == [link.kind for link in found if link.kind == "exact"]
