"""Masks behind heads."""

import numpy as np
import pytest

from pipeline.augment.overlap import Head, nearer_than, seen_behind
from pipeline.core.arrays import Points, Rgb
from pipeline.core.errors import SampleRejected
from pipeline.core.params import FacesParams
from pipeline.core.randomness import sample_rng
from pipeline.faces.finding import shared_finder
from pipeline.masks import MaskSynthesizer, PaintedMask, load_templates


@pytest.fixture(scope="module")
def landmarks(portrait: Rgb) -> Points:
    (found,) = shared_finder(FacesParams()).find(portrait)
    return found.landmarks


@pytest.fixture(scope="module")
def masked(portrait: Rgb, landmarks: Points) -> PaintedMask:
    synthesizer = MaskSynthesizer(load_templates())
    return synthesizer.paint(portrait, landmarks, synthesizer.draw("surgical", sample_rng(0, "x")))


def moved(landmarks: Points, right: float, down: float, factor: float = 1.0) -> Head:
    centre = landmarks.mean(axis=0)
    return Head.at(((landmarks - centre) * factor + centre + (right, down)).astype(np.float32))


def test_the_larger_head_is_the_nearer_one_in_whatever_order(landmarks: Points) -> None:
    far, middle, near = (moved(landmarks, 0, 0, factor) for factor in (0.5, 0.9, 1.4))
    for heads in ([near, far, middle], [middle, near, far]):
        assert {head.scale for head in nearer_than(middle, heads)} == {near.scale}
        assert nearer_than(near, heads) == []
        assert {head.scale for head in nearer_than(far, heads)} == {middle.scale, near.scale}


def test_two_heads_of_one_size_have_one_order(landmarks: Points) -> None:
    one, other = moved(landmarks, 0, 0), moved(landmarks, 1, 0)
    assert (one.nearness < other.nearness) != (other.nearness < one.nearness)


def test_a_head_reaches_from_above_the_brows_to_the_chin(landmarks: Points) -> None:
    outline = Head.at(landmarks).outline
    assert outline[:, 1].min() < landmarks[17:27, 1].min() - 20
    assert 0 <= outline[:, 1].max() - landmarks[8, 1] < 20
    assert outline[:, 0].min() <= landmarks[0, 0]


def test_what_a_nearer_head_covers_shows_the_photo_and_the_rest_the_mask(
    portrait: Rgb, landmarks: Points, masked: PaintedMask
) -> None:
    width = float(np.ptp(landmarks[:, 0]))
    nearer = moved(landmarks, 1.0 * width, 0.3 * width, 1.1)
    whole, seen = masked.on(portrait), seen_behind(masked, portrait, [nearer]).on(portrait)
    inside = np.zeros(portrait.shape[:2], dtype=bool)
    left, top = np.maximum(nearer.outline.min(axis=0).astype(int) + 12, 0)
    inside[top + 30 : top + 60, left + 20 : left + 40] = True
    assert np.array_equal(seen.rgb[inside], portrait[inside])
    beyond = np.arange(portrait.shape[1]) < nearer.outline[:, 0].min() - 1
    assert np.array_equal(seen.rgb[:, beyond], whole.rgb[:, beyond])
    assert 0 < seen.alpha.sum() < whole.alpha.sum()
    assert seen.box[2] < masked.box[2]
    assert seen.polygon[:, 0].max() == pytest.approx(seen.box[2])


def test_a_head_elsewhere_changes_nothing(portrait: Rgb, landmarks: Points, masked: PaintedMask) -> None:
    assert seen_behind(masked, portrait, [moved(landmarks, 2000, 0), moved(landmarks, -2000, -2000)]) is masked
    assert seen_behind(masked, portrait, []) is masked


def test_a_mask_of_which_next_to_nothing_is_seen_is_a_row(
    portrait: Rgb, landmarks: Points, masked: PaintedMask
) -> None:
    with pytest.raises(SampleRejected, match="mask_hidden") as told:
        seen_behind(masked, portrait, [moved(landmarks, 2, 2, 1.3)])
    assert told.value.reason == "mask_hidden"
    assert "leaves 0% of the mask" in told.value.detail


def test_the_pictures_handed_in_stay_as_they_are(portrait: Rgb, landmarks: Points, masked: PaintedMask) -> None:
    before, photo = masked.part.copy(), portrait.copy()
    seen_behind(masked, portrait, [moved(landmarks, 60, 30, 1.1)])
    assert np.array_equal(masked.part, before)
    assert np.array_equal(portrait, photo)
