from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pipeline.core.arrays import Points, Rgb
from pipeline.masks import MaskParams, MaskRecipe, MaskSynthesizer, load_templates
from pipeline.masks.head.canonical import canonical_head, fit_head
from pipeline.masks.occluders.occluders import find_occluders
from tests.masks.conftest import Posed, painted

HAIR, FRAME = (32, 24, 20), (30, 28, 28)


def _with_top_at(draw: MaskRecipe, centre_mm: float, side_mm: float) -> MaskRecipe:
    shape = replace(draw.values.shape, top_centre_mm=centre_mm, top_side_mm=side_mm, shift_deg=0, tilt_mm=0)
    return replace(draw, values=replace(draw.values, shape=shape))


def _long_hair(photo: Rgb, landmarks: NDArray[np.float32]) -> Rgb:
    return painted(photo, landmarks, (55, 118), (-58, 118), HAIR)


def _glasses(photo: Rgb, landmarks: NDArray[np.float32]) -> Rgb:
    """Round the eyes, with lower rims at 24 to 26 mm."""
    for side in (-1, 1):
        photo = painted(photo, landmarks, (side * 10, side * 48), (24, 26.5), FRAME)
        for edge in (10, 46):
            photo = painted(photo, landmarks, (side * edge, side * (edge + 2)), (-8, 26), FRAME)
    return photo


def test_nothing_stands_before_a_bare_face(skin_photo: Rgb, posed_landmarks: Posed) -> None:
    for yaw in (0, 30, -50):
        assert not find_occluders(skin_photo, fit_head(posed_landmarks(yaw), canonical_head()), canonical_head())


def test_a_mask_goes_under_the_hair_and_stays_whole_elsewhere(
    synthesizer: MaskSynthesizer, skin_photo: Rgb, face: Points
) -> None:
    draw = synthesizer.draw("surgical", np.random.default_rng(2))
    photo = _long_hair(skin_photo, face)

    bare, haired = synthesizer.render(skin_photo, face, draw), synthesizer.render(photo, face, draw)

    lost = bare.alpha - haired.alpha
    middle = int(face[8, 0])
    assert lost[:, middle + 20 :].max() > 0.9
    assert np.abs(lost[:, : middle + 20]).max() == 0
    covered = lost[..., 0] > 0.99
    assert np.array_equal(haired.rgb[covered], photo[covered])


def test_a_mask_drawn_without_the_cues_is_replayed_without(skin_photo: Rgb, face: Points) -> None:
    photo = _long_hair(skin_photo, face)
    with_cue = MaskSynthesizer(load_templates()).draw("surgical", np.random.default_rng(2))
    synthesizer = MaskSynthesizer(load_templates(), MaskParams(occluders=False))
    without = synthesizer.draw("surgical", np.random.default_rng(2))

    assert "occluders" not in without.to_json()
    assert replace(with_cue, values=replace(with_cue.values, occluders=None)) == without
    assert synthesizer.render(photo, face, without).alpha.sum() > synthesizer.render(photo, face, with_cue).alpha.sum()


def test_lower_rims_stand_before_the_mask(synthesizer: MaskSynthesizer, skin_photo: Rgb, face: Points) -> None:
    photo = _glasses(skin_photo, face)
    draw = synthesizer.draw("surgical", np.random.default_rng(2))
    draw = _with_top_at(draw, 12, 20)
    look = replace(draw.values.look, blur=0.0)  # it follows the photo's sharpness, which the rims change
    draw = replace(draw, values=replace(draw.values, look=look))

    bare, spectacled = synthesizer.render(skin_photo, face, draw), synthesizer.render(photo, face, draw)

    lost = (bare.alpha - spectacled.alpha)[..., 0]
    nose, chin = int(face[33, 1]), int(face[8, 0])
    assert (lost[:nose, : chin - 15] > 0.5).sum() > 40
    assert (lost[:nose, chin + 15 :] > 0.5).sum() > 40
    assert lost[nose:].max() == 0
    assert photo[lost > 0.5].max(axis=1).mean() < 90


def test_a_piece_of_rim_amid_a_mask_is_left_under_it(
    synthesizer: MaskSynthesizer, skin_photo: Rgb, face: Points
) -> None:
    photo = painted(skin_photo, face, (12, 40), (22, 24.5), FRAME)
    draw = synthesizer.draw("surgical", np.random.default_rng(2))
    draw = _with_top_at(draw, 5, 8)

    assert find_occluders(photo, fit_head(face, canonical_head()), canonical_head()).rims
    bare, spectacled = synthesizer.render(skin_photo, face, draw), synthesizer.render(photo, face, draw)
    assert np.array_equal(bare.alpha, spectacled.alpha)
