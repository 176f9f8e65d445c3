from pathlib import Path

import pytest

from pipeline.core import paths
from pipeline.core.errors import ManifestError
from pipeline.core.records import Assignment
from pipeline.storage.manifests import write_manifest
from tests.exchange.kit import (
    BARE,
    FACES,
    GROUP_PHOTO,
    IMAGES,
    MASKED,
    OUTLINE,
    PORTRAIT,
    assignment,
    face,
    image,
    labelled,
    masked,
    pictures,
    rejection,
    unusable,
    write_project,
)


def test_a_photo_has_all_its_faces_and_so_has_a_masked_picture_of_one(tmp_path: Path) -> None:
    found = {one.id: one for one in pictures(write_project(tmp_path))}
    assert list(found) == [GROUP_PHOTO, MASKED[0].id, PORTRAIT, MASKED[1].id]
    photo, of_first = found[GROUP_PHOTO], found[MASKED[0].id]
    assert [one.box for one in photo.faces] == [FACES[row.id] for row in BARE[:3]]
    assert [one.mask_type for one in photo.faces] == ["none"] * 3
    assert [one.box for one in of_first.faces] == [one.box for one in photo.faces]
    assert [one.mask_type for one in of_first.faces] == ["ffp2", "none", "none"]
    assert of_first.faces[0].polygon == OUTLINE
    assert (photo.synthetic, of_first.synthetic) == (False, True)
    assert (photo.complete, of_first.complete) == (True, True)
    assert (of_first.author, of_first.licence, of_first.url) == (photo.author, photo.licence, photo.url)


def test_rows_of_one_file_are_one_picture(tmp_path: Path) -> None:
    both = [masked(f"{GROUP_PHOTO}-{place}", path="data/masked/images/all.jpg") for place in (0, 1)]
    found = pictures(write_project(tmp_path, masks=both))
    assert [[one.mask_type for one in picture.faces] for picture in found[:2]] == [
        ["none", "none", "none"],
        ["ffp2", "ffp2", "none"],
    ]
    assert len(found) == 3


def test_sides_and_groups_are_the_split_s(tmp_path: Path) -> None:
    data = write_project(tmp_path, sides={GROUP_PHOTO: "train", PORTRAIT: "test"})
    assert [(one.side, one.group) for one in pictures(data)] == [
        ("train", GROUP_PHOTO), ("train", GROUP_PHOTO), ("test", PORTRAIT), ("test", PORTRAIT),
    ]  # fmt: skip


def test_what_the_split_has_no_sample_of_is_not_exported(tmp_path: Path) -> None:
    data = write_project(tmp_path, sides={GROUP_PHOTO: "train"})
    assert [one.id for one in pictures(data)] == [GROUP_PHOTO, MASKED[0].id]
    assert unusable(data) == {PORTRAIT: "not_in_split", MASKED[1].id: "not_in_split"}


def test_a_picture_of_several_masks_is_exported_where_the_split_takes_every_one(tmp_path: Path) -> None:
    """Another one of them may be of a template that is held out."""
    both = [masked(f"{GROUP_PHOTO}-{place}", path="data/masked/images/all.jpg") for place in (0, 1)]
    data = write_project(tmp_path, masks=both, sides={GROUP_PHOTO: "train"})
    assert [one.id for one in pictures(data)] == [GROUP_PHOTO, both[0].id]
    rows = [*(assignment(face, "train", "g") for face in BARE[:3]), assignment(both[0], "train", "g")]
    write_manifest(tmp_path / paths.SPLIT_TABLE, rows, Assignment)
    assert [one.id for one in pictures(data)] == [GROUP_PHOTO]
    assert unusable(data)[both[0].id] == "not_in_split"


def test_a_group_on_two_sides_stops_it(tmp_path: Path) -> None:
    data = write_project(tmp_path)
    rows = [assignment(BARE[0], "train", "g"), assignment(BARE[3], "test", "g")]
    write_manifest(tmp_path / paths.SPLIT_TABLE, rows, Assignment)
    with pytest.raises(ManifestError, match="group g stands on the sides train and test"):
        pictures(data)


def test_a_labelled_box_without_a_face_is_an_object_of_its_own(tmp_path: Path) -> None:
    boxed = image(GROUP_PHOTO, boxes=(labelled(5, 5, 15, 15, mask_type="cloth", masked="yes"), labelled(1, 1, 9, 9)))
    refused = [rejection(f"{GROUP_PHOTO}-box0", "face_too_small"), rejection(f"{GROUP_PHOTO}-box1", "bad_box")]
    for picture in pictures(write_project(tmp_path, [boxed, IMAGES[1]], rejected=refused))[:2]:
        assert [(one.box, one.mask_type) for one in picture.faces if one.difficult] == [((5, 5, 15, 15), "cloth")]
        assert picture.complete


@pytest.mark.parametrize(
    ("reason", "complete"), [("face_cut_off", False), ("no_label", False), ("doubtful_face", True)]
)
def test_a_face_that_is_not_used_makes_its_pictures_incomplete(tmp_path: Path, reason: str, complete: bool) -> None:
    found = pictures(write_project(tmp_path, rejected=[rejection(f"{GROUP_PHOTO}-3", reason)]))
    assert [one.complete for one in found] == [complete, complete, True, True]


def test_a_photo_without_a_face_is_told(tmp_path: Path) -> None:
    data = write_project(tmp_path, faces=BARE[:3], masks=MASKED[:1])
    assert unusable(data) == {PORTRAIT: "no_face"}


def test_rows_in_another_order_stop_it(tmp_path: Path) -> None:
    data = write_project(tmp_path, faces=[face(f"{PORTRAIT}-0"), face(f"{GROUP_PHOTO}-0")], masks=())
    with pytest.raises(ManifestError, match="don't follow the order of the kept images"):
        pictures(data)


def test_a_project_without_masks_and_split_is_exported(tmp_path: Path) -> None:
    data = write_project(tmp_path)
    (data / "masked/masked.parquet").unlink()
    assert [(one.id, one.side) for one in pictures(data)] == [(GROUP_PHOTO, None), (PORTRAIT, None)]
    assert [one.id for one in pictures(tmp_path)] == [GROUP_PHOTO, PORTRAIT]


def test_faces_that_no_stage_looked_for_are_asked_for(tmp_path: Path) -> None:
    data = write_project(tmp_path)
    (data / "faces/faces.parquet").unlink()
    with pytest.raises(ManifestError, match="run `maskwright faces` first"):
        pictures(data)
