from dataclasses import replace

import cv2
import numpy as np
import pytest

from pipeline.arrays import Rgb
from pipeline.masks import MaskParams, MaskSynthesizer, load_templates, occluders
from pipeline.masks.head import canonical_head, fit_head, from_cylinder, sample_field
from pipeline.masks.occluders import find_curtains, matte

HEAD = canonical_head()
HAIR = (32, 24, 20)


@pytest.fixture
def face(posed_landmarks):
    return posed_landmarks()


def _painted(photo: Rgb, landmarks, azimuth_deg, y_mm, colour) -> Rgb:
    """The photo with a patch of the head, over these ranges, in one colour."""
    fit, canvas = fit_head(landmarks, HEAD), photo.copy()
    azimuth, y = np.meshgrid(np.linspace(*azimuth_deg, 30), np.linspace(*y_mm, 60))
    xy, _ = fit.project(from_cylinder(azimuth, y, sample_field(HEAD.radius, azimuth, y)).reshape(-1, 3), HEAD)
    grid = xy.reshape(60, 30, 2)
    for rows in range(59):
        for columns in range(29):
            corners = grid[[rows, rows, rows + 1, rows + 1], [columns, columns + 1, columns + 1, columns]]
            cv2.fillConvexPoly(canvas, np.rint(corners).astype(np.int32), colour)
    return canvas


def _long_hair(photo, landmarks, side=1):
    return _painted(photo, landmarks, (side * 55, side * 118), (-58, 118), HAIR)


def _matte_at(photo, landmarks, azimuth_deg, y_mm):
    fit = fit_head(landmarks, HEAD)
    azimuth, y = np.full((1, 1), float(azimuth_deg)), np.full((1, 1), float(y_mm))
    xy, _ = fit.project(from_cylinder(azimuth, y, sample_field(HEAD.radius, azimuth, y)).reshape(-1, 3), HEAD)
    column, row = np.rint(xy[0]).astype(int)
    return matte(photo, find_curtains(photo, fit, HEAD), lambda points: points, fit.scale)[row, column]


@pytest.mark.parametrize("side", [-1, 1])
def test_hair_that_falls_beside_the_cheek_and_over_the_ear_is_found_on_its_side(skin_photo, face, side):
    photo = _long_hair(skin_photo, face, side)

    assert len(find_curtains(photo, fit_head(face, HEAD), HEAD)) == 1
    assert [_matte_at(photo, face, side * azimuth, 60) for azimuth in (30, 64, 90)] == [0, 1, 1]
    assert _matte_at(photo, face, -side * 90, 60) == 0


def test_a_full_beard_is_no_hair_in_front(skin_photo, face, monkeypatch):
    monkeypatch.setattr(occluders, "_SHARP_ROWS", 0)
    photo = _painted(skin_photo, face, (-80, 80), (48, 120), HAIR)
    for side in (-1, 1):
        photo = _painted(photo, face, (side * 70, side * 86), (-58, 60), HAIR)  # sideburns up to the hair
        photo = _painted(photo, face, (side * 70, side * 118), (-58, -12), HAIR)

    assert find_curtains(photo, fit_head(face, HEAD), HEAD) == []
    monkeypatch.setattr(occluders, "_EAR_COVERED", 0)
    assert len(find_curtains(photo, fit_head(face, HEAD), HEAD)) == 2


def test_hair_over_the_ears_does_not_make_a_beard_hang(skin_photo, face):
    photo = _painted(skin_photo, face, (-80, 80), (48, 120), HAIR)
    photo = _painted(photo, face, (78, 118), (-58, 118), HAIR)

    assert _matte_at(photo, face, 90, 60) == 1
    assert [_matte_at(photo, face, azimuth, 80) for azimuth in (20, 35, 50)] == [0, 0, 0]


def test_a_side_in_shadow_is_no_hair_in_front(skin_photo, face, monkeypatch):
    middle, edge = face[8, 0], face[16, 0]
    fall = np.clip((np.arange(300) - middle - 0.4 * (edge - middle)) / (0.5 * (edge - middle)), 0, 1)
    photo = (skin_photo * (1 - 0.85 * fall)[None, :, None]).astype(np.uint8)

    assert find_curtains(photo, fit_head(face, HEAD), HEAD) == []
    monkeypatch.setattr(occluders, "_SHARP_ROWS", 0)
    assert len(find_curtains(photo, fit_head(face, HEAD), HEAD)) == 1


def test_nothing_is_found_where_the_photo_ends_at_the_cheek(skin_photo, face):
    photo = _long_hair(skin_photo, face)
    edge = int(face[15, 0])

    assert find_curtains(np.ascontiguousarray(photo[:, :edge]), fit_head(face, HEAD), HEAD) == []


def test_a_mask_goes_under_the_hair_and_stays_whole_elsewhere(synthesizer, skin_photo, face):
    draw = synthesizer.draw("surgical", np.random.default_rng(2))
    photo = _long_hair(skin_photo, face)

    bare, haired = synthesizer.render(skin_photo, face, draw), synthesizer.render(photo, face, draw)

    lost = bare.alpha - haired.alpha
    middle = int(face[8, 0])
    assert lost[:, middle + 20 :].max() > 0.9
    assert np.abs(lost[:, : middle + 20]).max() == 0
    covered = lost[..., 0] > 0.99
    assert np.array_equal(haired.rgb[covered], photo[covered])


def test_a_mask_drawn_without_the_cue_is_replayed_without(skin_photo, face):
    photo = _long_hair(skin_photo, face)
    with_cue = MaskSynthesizer(load_templates()).draw("surgical", np.random.default_rng(2))
    synthesizer = MaskSynthesizer(load_templates(), MaskParams(hair_in_front=False))
    without = synthesizer.draw("surgical", np.random.default_rng(2))

    assert "hair_in_front" not in without.values
    assert replace(with_cue, values={k: v for k, v in with_cue.values.items() if k != "hair_in_front"}) == without
    assert synthesizer.render(photo, face, without).alpha.sum() > synthesizer.render(photo, face, with_cue).alpha.sum()
