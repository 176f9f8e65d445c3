import random
from dataclasses import replace
from typing import Any

import pytest

from pipeline.core.records import Assignment, DuplicateLink, Image, LinkKind, Rejection
from pipeline.split.assigning import Identity
from pipeline.split.sides import SplitRules
from tests.split.reference import reference_split
from tests.split.rows import face_of, image_row, masked_of, split_rows

KINDS: tuple[LinkKind, ...] = ("exact", "near", "mask_pair", "same_person")


def identity_of(image: Image) -> str:
    return Identity(id=image.id, sha256=image.sha256, person_id=image.person_id, photo_id=image.photo_id).text()


def test_a_known_person_names_the_group_whatever_photos_join() -> None:
    known = image_row("known", person_id="p", photo_id="f")
    by_photo, by_content = image_row("by photo", photo_id="f"), image_row("by content")
    found = [identity_of(image) for image in (known, by_photo, by_content)]
    assert min(found) == found[0] == identity_of(image_row("another photo", person_id="p"))
    assert found[1] == identity_of(image_row("another version", photo_id="f"))
    assert found[1] < found[2]


def test_rows_come_by_ascending_id_whatever_order_the_manifests_have() -> None:
    images = [image_row(f"{number}") for number in range(20)]
    faces = [face_of(image, number) for image in images for number in range(12)]  # "-10" sorts before "-2"
    masked = [
        masked_of(face, image, mask)
        for face, image in zip(faces[::12], images, strict=True)
        for mask in ("ffp2", "cloth")
    ]
    rules = SplitRules(shares=(0.7, 0.15, 0.15))
    rows = split_rows(images, [], faces, masked, rules)
    ids = [*(row.id for row in faces), *(row.id for row in masked)]
    assert [row.sample_id for row in rows if isinstance(row, Assignment)] == sorted(ids)
    assert len(rows) == len(ids)
    for manifest in (images, faces, masked):
        random.Random(1).shuffle(manifest)
    assert split_rows(images, [], faces, masked, rules) == rows


def random_manifests(seed: int) -> Any:
    """Images that share people, photos, contents and links; faces and masks, some of them without crop or image."""
    rng = random.Random(seed)
    count = rng.choice([0, 1, 6, 30, 120])
    known = [None, None, *(f"{number}" for number in range(count // 2))]
    images = [
        image_row(
            f"{seed} {number}",
            source=rng.choice(["a", "b", "ü"]),
            synthetic=rng.random() < 0.2,
            person_id=rng.choice(known),
            photo_id=rng.choice(known),
            **({"sha256": "the same"} if rng.random() < 0.1 else {}),
        )
        for number in range(count)
    ]
    dropped = [image_row(f"{seed} dropped {number}") for number in range(count // 4)]
    ids = [image.id for image in [*images, *dropped]]
    pairs = [sorted(rng.sample(ids, 2)) for _ in range(rng.randrange(count))] if len(ids) > 1 else []
    links = [DuplicateLink(first=a, second=b, kind=rng.choice(KINDS), distance=1.0) for a, b in pairs]
    images.sort(key=lambda image: image.id)
    faces = [
        face_of(
            image,
            number,
            mask_type=rng.choice(["none", "none", "ffp2"]),
            wear=rng.choice(["none", "correct"]),
            crop_path=rng.choice([None, *["crop.jpg"] * 20]),
        )
        for image in [*images, *dropped[:1]]
        for number in range(rng.choice([0, 1, 1, 2]))
    ]
    by_id = {image.id: image for image in [*images, *dropped]}
    masked = [
        masked_of(face, by_id[face.image_id], mask, template=rng.choice(["t0", "t1"]))
        for face in faces
        if face.mask_type == "none"
        for mask in ("cloth", "surgical", "ffp2")
    ]
    return images, links, faces, masked


@pytest.mark.parametrize("seed", range(24))
def test_columns_come_to_what_plain_lists_come_to(seed: int) -> None:
    manifests, rng = random_manifests(seed), random.Random(-seed)
    rules = SplitRules(
        shares=rng.choice([(0.7, 0.15, 0.15), (0.5, 0.0, 0.5)]),
        folds=rng.choice([0, 3]),
        test_real_only=rng.random() < 0.5,
        holdout_sources=rng.choice([frozenset(), frozenset({"a"})]),
        holdout_templates=rng.choice([frozenset(), frozenset({"t0"})]),
        seed=seed,
        stable=rng.random() < 0.5,
    )
    pinned = {image.id: rng.choice(["train", "val", "test"]) for image in manifests[0] if rng.random() < 0.2}
    ignored = rng.choice([frozenset(), frozenset({"near"})])
    options: dict[str, Any] = {"rules": rules, "pinned": pinned, "ignored": ignored}
    assert split_rows(*manifests, **options) == reference_split(*manifests, **options)


def test_what_has_no_crop_or_no_kept_image_is_a_row() -> None:
    image = image_row("a")
    kept = face_of(image)
    without = face_of(image, 1, crop_path=None)
    orphan = masked_of(face_of(image_row("gone")), image_row("gone"))
    rows = split_rows([image], [], [kept, without], [orphan], SplitRules(shares=(0.7, 0.15, 0.15)))
    assert [row.sample_id for row in rows if isinstance(row, Assignment)] == [kept.id]
    refused = {row.id: row for row in rows if isinstance(row, Rejection)}
    detail = "the manifest names no crop"
    assert refused[without.id] == Rejection(id=without.id, stage="split", reason="no_crop", detail=detail, origin="a")
    assert refused[orphan.id].reason == "image_not_kept"
    assert replace(refused[orphan.id], id=without.id).origin == ""
