import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as PillowImage

from pipeline.augment.photo_masker import PhotoMasker, PhotoResult
from pipeline.augment.photos import Photo
from pipeline.augment.request import FolderRequest
from pipeline.core.arrays import Rgb
from pipeline.core.errors import SampleRejected
from pipeline.masks import MaskRecipe, MaskSynthesizer
from pipeline.storage.images import decode_image, encode_image


def mask(path: Path, **settings: Any) -> PhotoResult:
    return PhotoMasker(FolderRequest(**settings))(Photo(path, path.name, path.stem))


@pytest.fixture
def photo(tmp_path: Path, portrait_jpeg: bytes) -> Path:
    path = tmp_path / "anna.jpg"
    path.write_bytes(portrait_jpeg)
    return path


@pytest.fixture
def couple(tmp_path: Path, portrait: Rgb) -> Path:
    canvas = np.full((320, 480, 3), 200, dtype=np.uint8)
    canvas[10:310, 5:261] = portrait
    canvas[100:250, 300:428] = portrait[::2, ::2]
    path = tmp_path / "couple.jpg"
    path.write_bytes(encode_image(canvas))
    return path


def test_each_type_of_mask_gives_one_picture_and_one_row(photo: Path) -> None:
    result = mask(photo, masks=("surgical", "ffp2"))
    names = ["images/surgical/anna-0-surgical0.jpg", "images/ffp2/anna-0-ffp20.jpg"]
    assert (list(result.files), [row["file_name"] for row in result.rows]) == (names, names)
    assert (result.faces, result.rejected) == (1, [])
    assert next(iter(result.rows[0])) == "file_name"


def test_a_row_holds_every_label(photo: Path) -> None:
    (row,) = mask(photo, masks=("cloth",)).rows
    assert (row["mask_type"], row["wear"], row["parent"], row["faces_in_photo"]) == ("cloth", "correct", "anna.jpg", 1)
    assert (len(row["landmarks"]), row["width_px"], row["height_px"]) == (68, 256, 300)
    left, top, right, bottom = row["mask_box"]
    nose, chin, brow = (row["landmarks"][index] for index in (30, 8, 24))
    assert left < nose[0] < right
    assert top < nose[1] < chin[1] - 10 < bottom
    assert brow[1] < top
    assert MaskRecipe.from_json(json.dumps(row["draw"])).template == row["template"]
    assert len(row["parent_sha256"]) == 64
    json.dumps(row, allow_nan=False)


def test_the_picture_changes_where_the_mask_is_and_nowhere_else(photo: Path, portrait_jpeg: bytes) -> None:
    result = mask(photo, masks=("ffp2",), alpha=True)
    before = decode_image(portrait_jpeg).rgb.astype(int)
    after = decode_image(result.files[result.rows[0]["file_name"]]).rgb.astype(int)
    with PillowImage.open(io.BytesIO(result.files[result.rows[0]["alpha_file_name"]])) as image:
        alpha = np.asarray(image)
    change = np.abs(after - before).max(axis=2)
    assert alpha.shape == before.shape[:2]
    assert change[alpha > 200].mean() > 20
    top = int(min(point[1] for point in result.rows[0]["landmarks"]))
    assert change[: top - 20].max() < 25, "above the brows only the JPEG is new"


def test_per_face_gives_different_masks(photo: Path) -> None:
    result = mask(photo, masks=("cloth",), per_face=3)
    assert [row["file_name"][-8:] for row in result.rows] == ["oth0.jpg", "oth1.jpg", "oth2.jpg"]
    assert len(set(result.files.values())) == 3


def test_the_seed_and_the_content_decide_and_the_name_does_not(photo: Path) -> None:
    first, again, other_seed = (mask(photo, seed=seed) for seed in (1, 1, 2))
    renamed = photo.rename(photo.with_name("b.jpg"))
    assert first.files == again.files
    assert list(mask(renamed, seed=1).files.values()) == list(first.files.values())
    assert set(other_seed.files.values()).isdisjoint(first.files.values())


def test_every_face_gets_its_own_picture(couple: Path) -> None:
    rows = mask(couple, masks=("surgical",)).rows
    assert [(row["face_index"], row["faces_in_photo"]) for row in rows] == [(0, 2), (1, 2)]
    assert rows[0]["mask_box"][2] < 270 < rows[1]["mask_box"][0]
    assert len(mask(couple, masks=("surgical",), faces="largest").rows) == 1


def test_wear_is_drawn_from_the_ways_asked_for(photo: Path) -> None:
    rows = mask(photo, masks=("surgical",), per_face=12, wear=("nose_exposed", "chin_exposed")).rows
    assert {row["wear"] for row in rows} == {"nose_exposed", "chin_exposed"}


def test_crops_and_unmasked_faces_on_demand(photo: Path) -> None:
    result = mask(photo, masks=("cloth",), crops=True, crop_px=96, include_unmasked=True)
    assert sorted(result.files) == [
        "crops/cloth/anna-0-cloth0.jpg",
        "crops/none/anna-0-none0.jpg",
        "images/cloth/anna-0-cloth0.jpg",
        "images/none/anna-0-none0.jpg",
    ]
    bare = result.rows[1]
    assert (bare["mask_type"], bare["wear"], bare["polygon"], bare["draw"]) == ("none", "none", [], None)
    assert decode_image(result.files[bare["crop_file_name"]]).rgb.shape == (96, 96, 3)
    assert set(bare) == set(result.rows[0])


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty_file"),
        (b"no picture", "not_an_image"),
        (encode_image(np.full((200, 200, 3), 120, dtype=np.uint8)), "no_face"),
        (encode_image(np.full((20, 20, 3), 120, dtype=np.uint8)), "too_small"),
    ],
)
def test_a_photo_that_cannot_be_used_is_one_row(tmp_path: Path, data: bytes, reason: str) -> None:
    path = tmp_path / "x.jpg"
    path.write_bytes(data)
    result = mask(path)
    assert (result.files, result.rows, result.faces) == ({}, [], 0)
    assert [(row["photo"], row["face_index"], row["reason"]) for row in result.rejected] == [("x.jpg", None, reason)]


def test_a_vanished_photo_is_one_row(tmp_path: Path) -> None:
    assert mask(tmp_path / "gone.jpg").rejected[0]["reason"] == "unreadable_file"


def test_a_face_that_cannot_be_masked_is_one_row(photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise SampleRejected("extreme_pose", "yaw 80")

    monkeypatch.setattr(MaskSynthesizer, "fit", refuse)
    result = mask(photo, include_unmasked=True)
    assert (result.faces, result.rows, result.files) == (1, [], {})
    whole = {"photo": "anna.jpg", "face_index": 0, "mask_type": None, "number": None}
    assert result.rejected == [whole | {"reason": "extreme_pose", "detail": "yaw 80"}]


def test_a_face_that_wears_a_mask_already_is_one_row(photo: Path) -> None:
    photo.write_bytes(mask(photo, masks=("ffp2",)).files["images/ffp2/anna-0-ffp20.jpg"])
    result = mask(photo, include_unmasked=True)
    assert (result.rows, result.files) == ([], {})
    assert [(row["face_index"], row["reason"]) for row in result.rejected] == [(0, "already_masked")]
    assert len(mask(photo, already_masked_threshold=1).rows) == 3
