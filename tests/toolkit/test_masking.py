from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PillowImage

from pipeline.augment.templates_in_use import templates_for
from pipeline.core.arrays import Rgb
from pipeline.core.errors import ConfigError, SampleRejected, ShapeError, TemplateError
from pipeline.core.records import MaskType, Wear
from pipeline.masks.shipped import default_templates_folder
from pipeline.toolkit.masking import MASKS, WEARS, find_faces, mask_all, put_mask


@pytest.fixture(scope="module")
def two_people(portrait: Rgb) -> Rgb:
    return np.concatenate([portrait, portrait[:, ::-1]], axis=1)


def test_faces_come_with_box_landmarks_and_pose(two_people: Rgb) -> None:
    faces = find_faces(two_people)
    assert [face.index for face in faces] == [0, 1]
    assert all(face.landmarks.shape == (68, 2) for face in faces)
    assert find_faces(two_people, min_face_px=1000) == []


def test_no_face_is_an_empty_list_and_a_verdict() -> None:
    nothing = np.full((200, 200, 3), 128, np.uint8)
    assert find_faces(nothing) == []
    assert mask_all(nothing).faces == ()
    with pytest.raises(SampleRejected, match="no_face"):
        put_mask(nothing)


@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("wear", WEARS)
def test_the_mask_asked_for_is_put_on(portrait: Rgb, mask: MaskType, wear: Wear) -> None:
    masked = put_mask(portrait, mask, wear=wear)
    assert (masked.draw.mask_type, masked.draw.wear) == (mask, wear)
    assert masked.rgb.shape == portrait.shape
    assert not np.array_equal(masked.rgb, portrait)


def test_seed_picture_and_face_decide(portrait: Rgb, two_people: Rgb) -> None:
    assert np.array_equal(put_mask(portrait, seed=3).rgb, put_mask(portrait.copy(), seed=3).rgb)
    assert put_mask(portrait, seed=3).draw != put_mask(portrait, seed=4).draw
    assert put_mask(portrait, seed=3).draw != put_mask(portrait[1:], seed=3).draw
    first, second = find_faces(two_people)
    assert put_mask(two_people, face=first).draw != put_mask(two_people, face=second).draw
    assert put_mask(two_people, face=first).draw == put_mask(two_people, face=first.landmarks).draw


def test_what_is_not_said_is_drawn(portrait: Rgb) -> None:
    drawn = [put_mask(portrait, wear=None, seed=seed).draw for seed in range(24)]
    assert {one.mask_type for one in drawn} == set(MASKS)
    assert {one.wear for one in drawn} == set(WEARS)


def test_a_template_is_named_given_or_a_folder(portrait: Rgb) -> None:
    template = templates_for((), MASKS)["ffp2_cup"]
    forms = (
        "ffp2_cup",
        template,
        default_templates_folder() / "ffp2_cup",
        str(default_templates_folder() / "ffp2_cup"),
    )
    drawn = {put_mask(portrait, template=form, seed=1).draw.to_json() for form in forms}
    assert len(drawn) == 1
    assert put_mask(portrait, "ffp2", template="ffp2_cup").draw.template == "ffp2_cup"


def test_every_form_of_a_picture_gets_the_same_mask(portrait: Rgb, tmp_path: Path) -> None:
    PillowImage.fromarray(portrait).save(tmp_path / "a.png")
    forms = (portrait, PillowImage.fromarray(portrait), tmp_path / "a.png", str(tmp_path / "a.png"), portrait / 255)
    assert len({put_mask(form, "cloth").rgb.tobytes() for form in forms}) == 1


def test_grey_pictures_get_masks_too(portrait: Rgb) -> None:
    assert put_mask(portrait[:, :, 1], "surgical").rgb.shape == portrait.shape


def test_the_picture_given_is_not_changed(two_people: Rgb) -> None:
    before = two_people.copy()
    put_mask(two_people)
    mask_all(two_people)
    assert np.array_equal(two_people, before)


@pytest.mark.parametrize(
    ("words", "error", "told"),
    [
        ({"mask": "n95"}, ConfigError, "mask: 'n95': expected one of cloth, surgical, ffp2"),
        ({"mask": "none"}, ConfigError, "mask: 'none'"),
        ({"wear": "incorrect"}, ConfigError, "wear: 'incorrect': expected one of correct, "),
        ({"template": "nosuch"}, TemplateError, "'nosuch': expected a folder with template.yaml, or one of "),
        ({"template": "ffp2_cup", "mask": "cloth"}, TemplateError, "ffp2_cup: makes masks of the type ffp2, not cloth"),
        ({"face": np.zeros((5, 2))}, ShapeError, r"68 landmarks \(68, 2\), not float64 \(5, 2\)"),
        ({"face": np.full((68, 2), np.nan)}, ShapeError, "68 landmarks"),
        ({"face": "largest"}, ShapeError, "68 landmarks"),
    ],
)
def test_what_is_wrong_is_told(portrait: Rgb, words: dict[str, object], error: type[Exception], told: str) -> None:
    with pytest.raises(error, match=told):
        put_mask(portrait, **words)  # type: ignore[arg-type]


def test_all_faces_get_masks(two_people: Rgb) -> None:
    scene = mask_all(two_people, ("ffp2",), seed=1)
    masks = [one.mask for one in scene.faces if one.mask is not None]
    assert [mask.draw.mask_type for mask in masks] == ["ffp2", "ffp2"]
    assert scene.alpha.shape == (*two_people.shape[:2], 1)
    assert np.array_equal(scene.rgb, mask_all(two_people, ("ffp2",), seed=1).rgb)
    changed = np.abs(scene.rgb.astype(int) - two_people).max(axis=2) > 30
    assert changed[:, :256].any()
    assert changed[:, 256:].any()


def test_a_share_of_them(two_people: Rgb) -> None:
    bare = mask_all(two_people, share=0)
    assert [one.mask for one in bare.faces] == [None, None]
    assert np.array_equal(bare.rgb, two_people)


def test_a_face_that_takes_no_mask_says_why(two_people: Rgb) -> None:
    masked = put_mask(two_people, "surgical").rgb
    again = mask_all(masked)
    verdicts = [one.left_out.reason for one in again.faces if one.left_out is not None]
    assert verdicts == ["already_masked"]
    assert all((one.mask is None) == (one.left_out is not None) for one in again.faces)


@pytest.mark.parametrize("words", [{"masks": ()}, {"share": 1.5}, {"share": float("nan")}, {"masks": ("n95",)}])
def test_impossible_wishes_are_refused(portrait: Rgb, words: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match="expected"):
        mask_all(portrait, **words)  # type: ignore[arg-type]
