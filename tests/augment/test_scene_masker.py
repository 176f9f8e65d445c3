"""All faces of a photo in one picture, as rows and files of `augment-masks` and as rows of the stage."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from pipeline.augment.face_masker import KnownFace, KnownPhoto
from pipeline.augment.overlap import Head
from pipeline.augment.photo_masker import PhotoMasker, PhotoResult
from pipeline.augment.photos import Photo
from pipeline.augment.replay import logged_in_metadata, replay
from pipeline.augment.request import FolderRequest
from pipeline.augment.scene_masker import SceneMasker, ScenePicture
from pipeline.core.arrays import Points, Rgb
from pipeline.core.errors import SampleRejected
from pipeline.core.params import FacesParams
from pipeline.faces.finding import shared_finder
from pipeline.masks import MaskRecipe, MaskSynthesizer, PaintedMask
from pipeline.masks.seen_face import SeenFace
from pipeline.storage.images import decode_image, encode_image

Row = dict[str, Any]


def mask(path: Path, **settings: Any) -> PhotoResult:
    return PhotoMasker(FolderRequest(**{"faces": "all"} | settings))(Photo(path, path.name, path.stem))


@pytest.fixture(scope="module")
def trio_rgb(portrait: Rgb) -> Rgb:
    """Three faces, the first the largest."""
    canvas = np.full((320, 640, 3), 200, dtype=np.uint8)
    canvas[10:310, 5:261] = portrait
    canvas[100:250, 300:428] = portrait[::2, ::2]
    canvas[80:260, 460:613] = portrait[:300:1][np.ix_(np.arange(180) * 5 // 3, np.arange(153) * 5 // 3)]
    return canvas


@pytest.fixture
def trio(tmp_path: Path, trio_rgb: Rgb) -> Path:
    path = tmp_path / "trio.jpg"
    path.write_bytes(encode_image(trio_rgb))
    return path


def only(result: PhotoResult) -> Row:
    (row,) = result.rows
    return row


def fail_where(monkeypatch: pytest.MonkeyPatch, is_hit: Callable[[Points], bool]) -> None:
    """Masks can't be rendered on faces with such landmarks."""
    whole = MaskSynthesizer.paint

    def paint(
        self: MaskSynthesizer, rgb: Rgb, landmarks: Points, draw: MaskRecipe, face: SeenFace | None = None
    ) -> PaintedMask:
        if is_hit(landmarks):
            raise SampleRejected("mask_outside_photo", "the test says so")
        return whole(self, rgb, landmarks, draw, face)

    monkeypatch.setattr(MaskSynthesizer, "paint", paint)


def test_one_picture_holds_a_mask_on_every_face(trio: Path, trio_rgb: Rgb) -> None:
    result = mask(trio, seed=1)
    row = only(result)
    assert list(result.files) == [row["file_name"]] == ["images/all/trio-all0.jpg"]
    objects = row["objects"]
    assert {len(column) for column in objects.values()} == {3}
    assert set(objects["category"]) <= {"cloth", "surgical", "ffp2"}
    picture = decode_image(result.files[row["file_name"]]).rgb.astype(int)
    for (x, y, width, height), landmarks in zip(objects["mask_bbox"], objects["landmarks"], strict=True):
        assert x < landmarks[30][0] < x + width
        assert y < landmarks[57][1] < y + height
        part = (slice(int(y), int(y + height)), slice(int(x), int(x + width)))
        assert np.abs(picture[part] - trio_rgb[part].astype(int)).max(axis=2).mean() > 15
    assert (row["faces_in_photo"], row["width_px"], row["height_px"]) == (3, 640, 320)
    assert row["ignored"] == {"bbox": [], "reason": [], "landmarks": []}
    json.dumps(row, allow_nan=False)


def test_boxes_are_left_top_width_height_inside_the_photo(trio: Path) -> None:
    for left, top, width, height in only(mask(trio))["objects"]["bbox"]:
        assert 0 <= left < left + width <= 640
        assert 0 <= top < top + height <= 320
    boxes = only(mask(trio))["objects"]["bbox"]
    assert boxes[0][0] < 200 < boxes[0][2] + boxes[0][0] + 60, "the first face is the large one on the left"


def test_a_number_gives_each_face_another_mask(trio: Path) -> None:
    result = mask(trio, per_face=3)
    assert [row["file_name"] for row in result.rows] == [f"images/all/trio-all{number}.jpg" for number in range(3)]
    seeds = [seed for row in result.rows for seed in row["objects"]["seed"]]
    assert len(set(seeds)) == 9
    types = {kind for row in mask(trio, per_face=6).rows for kind in row["objects"]["category"]}
    assert types == {"cloth", "surgical", "ffp2"}, "types are drawn for each face"


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_a_share_of_the_faces_is_masked_and_the_others_are_bare_objects(trio: Path, share: float) -> None:
    rows = mask(trio, per_face=12, share=share, masks=("ffp2",)).rows
    kinds = [kind for row in rows for kind in row["objects"]["category"]]
    assert len(kinds) == 36
    assert kinds.count("no_mask") / 36 == pytest.approx(1 - share, abs=0.2)
    for row in rows:
        objects = row["objects"]
        for name in ("polygon", "template", "mask_bbox", "seed", "draw"):
            assert [value is None for value in objects[name]] == [kind == "no_mask" for kind in objects["category"]]
        bare = [place for place, kind in enumerate(objects["category"]) if kind == "no_mask"]
        assert {(objects["wear"][place], objects["valve"][place]) for place in bare} <= {("none", "no")}


def test_a_larger_share_masks_the_same_faces_the_same_way_and_more(trio: Path) -> None:
    few, many = (mask(trio, per_face=4, share=share).rows for share in (0.4, 0.8))
    for less, more in zip(few, many, strict=True):
        for before, after in zip(less["objects"]["draw"], more["objects"]["draw"], strict=True):
            assert before is None or before == after


def test_a_face_that_cannot_be_masked_is_no_object_whether_bare_or_masked(
    trio: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_where(monkeypatch, lambda landmarks: bool(landmarks[:, 0].min() > 440))
    for share in (0.0, 1.0):
        result = mask(trio, share=share, include_unmasked=True)
        drawn, bare = result.rows
        for row in (drawn, bare):
            assert len(row["objects"]["bbox"]) == 2
            assert row["ignored"]["reason"] == ["mask_outside_photo"]
            assert row["ignored"]["bbox"][0][0] > 440
        (told,) = result.rejected
        assert (told["photo"], told["face_index"], told["number"]) == ("trio.jpg", 1, 0)
        assert told["mask_type"] in {"cloth", "surgical", "ffp2"}


def test_a_face_that_wears_a_mask_is_no_object_whether_others_are_bare_or_masked(
    tmp_path: Path, trio_rgb: Rgb, trio: Path
) -> None:
    worn = mask(trio, masks=("ffp2",), faces="largest")
    path = tmp_path / "worn.jpg"
    path.write_bytes(worn.files[worn.rows[0]["file_name"]])
    for share in (0.0, 1.0):
        result = mask(path, share=share, include_unmasked=True)
        assert [row["ignored"]["reason"] for row in result.rows] == [["already_masked"]] * 2
        assert {len(row["objects"]["bbox"]) for row in result.rows} == {2}
        assert [(row["face_index"], row["reason"]) for row in result.rejected] == [(0, "already_masked")]
    assert mask(path, already_masked_threshold=1).rejected == []


def test_faces_too_small_to_be_asked_for_are_named_as_ignored(trio: Path) -> None:
    row = only(mask(trio, min_face_px=90))
    assert len(row["objects"]["bbox"]) == 1
    assert row["ignored"]["reason"] == ["face_too_small"] * 2
    assert row["ignored"]["landmarks"] == [None, None]


def test_a_photo_of_which_no_face_can_be_masked_gives_no_picture(trio: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fail_where(monkeypatch, lambda _: True)
    result = mask(trio, include_unmasked=True)
    assert (result.rows, result.files) == ([], {})
    assert [row["reason"] for row in result.rejected] == ["mask_outside_photo"] * 3


def test_the_bare_picture_has_every_face_as_no_mask(trio: Path, trio_rgb: Rgb) -> None:
    result = mask(trio, include_unmasked=True, alpha=True)
    bare = result.rows[1]
    assert bare["file_name"] == "images/none/trio-none0.jpg"
    assert bare["objects"]["category"] == ["no_mask"] * 3
    assert "alpha_file_name" not in bare
    assert set(bare) | {"alpha_file_name"} == set(result.rows[0])
    decoded = decode_image(trio.read_bytes()).rgb
    assert np.abs(decode_image(result.files[bare["file_name"]]).rgb.astype(int) - decoded.astype(int)).max() < 20


def test_crops_are_cut_from_the_common_picture_and_named_with_the_objects(trio: Path) -> None:
    result = mask(trio, crops=True, crop_px=64, share=0.5, seed=4)
    objects = only(result)["objects"]
    names = objects["crop_file_name"]
    kinds = [kind.replace("no_mask", "none") for kind in objects["category"]]
    assert names == [f"crops/{kind}/trio-{place}-{kind}0.jpg" for place, kind in enumerate(kinds)]
    assert all(decode_image(result.files[name]).rgb.shape == (64, 64, 3) for name in names)


def test_alpha_covers_every_mask(trio: Path) -> None:
    result = mask(trio, alpha=True)
    row = only(result)
    alpha = decode_image(result.files[row["alpha_file_name"]]).rgb[:, :, 0]
    for polygon in row["objects"]["polygon"]:
        x, y = np.mean(polygon, axis=0).astype(int)
        assert alpha[y, x] > 200


def test_the_photo_is_as_it_was_between_pictures_and_where_one_fails(trio_rgb: Rgb) -> None:
    photo, known = trio_rgb.copy(), KnownPhoto("a" * 64, "photo")
    found = shared_finder(FacesParams()).find(photo)
    faces = [KnownFace(known, str(face.index), face.box, face.landmarks) for face in found]
    masker = SceneMasker(replace(FolderRequest(per_face=2).of_each_face(), faces="all"))
    for picture in masker(photo, faces):
        assert isinstance(picture, ScenePicture)
        assert np.array_equal(photo, trio_rgb)

    def failing() -> None:
        with masker.worn(photo, faces, [Head.at(face.landmarks) for face in faces], 0) as scene:
            assert len(scene.masks) == 3
            assert not np.array_equal(photo, trio_rgb)
            raise OSError("no room")

    with pytest.raises(OSError, match="no room"):
        failing()
    assert np.array_equal(photo, trio_rgb)


def test_the_content_and_the_seed_decide_and_the_name_does_not(trio: Path) -> None:
    first, other = mask(trio), mask(trio, seed=9)
    again = mask(trio.rename(trio.with_name("Zoë b.JPG")))
    assert list(first.files.values()) == list(again.files.values()) != list(other.files.values())


@pytest.mark.parametrize("far_first", [True, False])
def test_a_far_mask_lies_below_a_near_head_whichever_face_is_named_first(portrait: Rgb, far_first: bool) -> None:
    (found,) = shared_finder(FacesParams()).find(portrait)
    centre = found.landmarks.mean(axis=0)
    beside = (found.landmarks - centre) * np.float32(0.7) + centre - (75, 0)
    near = KnownFace(KnownPhoto("a" * 64, "photo"), "0", found.box, found.landmarks)
    far = KnownFace(KnownPhoto("a" * 64, "photo"), "1", found.box, beside.astype(np.float32))
    request = FolderRequest(masks=("surgical",), already_masked_threshold=1).of_each_face()
    faces = [far, near] if far_first else [near, far]
    (picture,) = SceneMasker(replace(request, faces="all"))(portrait, faces)
    assert isinstance(picture, ScenePicture)
    masks = {one.face.place: one.mask for one in picture.shown}
    assert masks["0"] is not None
    assert masks["1"] is not None
    outline = Head.at(near.landmarks).outline
    depths = [cv2.pointPolygonTest(outline, (float(x), float(y)), True) for x, y in masks["1"].polygon]
    assert -2.5 < max(depths) < 2.5, "it reaches the near head and ends there"
    inside = np.abs(masks["0"].polygon - near.landmarks[30]).min()
    assert inside < 30, "the near face wears its own"


@pytest.mark.parametrize("share", [0.6, 1.0])
def test_a_row_gives_its_picture_again(trio: Path, tmp_path: Path, share: float) -> None:
    result = mask(trio, share=share, seed=3, per_face=2)
    table = tmp_path / "metadata.jsonl"
    table.write_text("".join(json.dumps(row) + "\n" for row in result.rows))
    for number, row in enumerate(result.rows):
        again = replay(logged_in_metadata(table, number, tmp_path))
        decoded = decode_image(result.files[row["file_name"]]).rgb
        assert np.array_equal(decode_image(encode_image(again)).rgb, decoded)
