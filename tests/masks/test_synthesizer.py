import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.core.arrays import Points, Rgb
from pipeline.core.errors import SampleRejected
from pipeline.core.records import MaskType, Wear
from pipeline.masks import LookRanges, MaskedFace, MaskParams, MaskRecipe, MaskSynthesizer, load_templates
from pipeline.masks.parts.colours import Colour
from pipeline.masks.parts.edges import NoseClipRanges
from pipeline.masks.parts.lettering import LetteringRanges
from pipeline.masks.parts.prints import PrintRanges
from pipeline.masks.parts.straps import StrapRanges
from pipeline.masks.parts.valve import ValveRanges
from pipeline.masks.template import Template
from tests.masks.conftest import Posed

TEMPLATES = load_templates()
TYPES = ("cloth", "surgical", "ffp2")
NOSE_TIP, CHIN, MOUTH = 30, 8, 62


def _only(name: str) -> MaskSynthesizer:
    return MaskSynthesizer({name: TEMPLATES[name]})


STEADY = {
    "frontal": (1, 1),
    "noise": (0, 0),
    "shadow": (0, 0),
    **dict.fromkeys(("from_above", "from_side", "cast", "blotch", "bounce", "shade_tint", "warmth"), (0, 0)),
}


def plain_look(**ranges: tuple[float, float]) -> LookRanges:
    """Light of one colour that is just what the skin says, but for these ranges."""
    return LookRanges(**STEADY | ranges)


def _plain_cup(
    skin_photo: Rgb,
    landmarks: NDArray[np.float32],
    look: LookRanges,
    nose_clip: NoseClipRanges = NoseClipRanges(),  # noqa: B008 - frozen
) -> MaskedFace:
    """A white respirator without reliefs, lettering, valve and straps."""
    template = TEMPLATES["ffp2_cup"]
    plain = template.model_copy(
        update={
            "colours": template.colours[:1], "colour_jitter": 0, "prints": PrintRanges(), "nose_clip": nose_clip,
            "lettering": LetteringRanges(), "valve": ValveRanges(), "reliefs": (), "straps": StrapRanges(kind="none"),
        }
    )  # fmt: skip
    synthesizer = MaskSynthesizer({"ffp2_cup": plain}, MaskParams(look=look))
    return synthesizer(skin_photo, landmarks, "ffp2", np.random.default_rng(2))


def _white_cup(skin_photo: Rgb, landmarks: NDArray[np.float32], **ranges: Any) -> Iterator[Any]:
    """The pixels `(N, 3)` of a plain white respirator, left and right half, as floats."""
    masked = _plain_cup(skin_photo, landmarks, plain_look(**ranges))
    whole = masked.alpha[:, :, 0] > 0.99
    middle = int(np.nonzero(whole)[1].mean())
    columns = np.arange(whole.shape[1])
    return (masked.rgb[whole & side].astype(float) for side in (columns < middle, columns >= middle))


def test_light_from_the_side_brightens_that_side(skin_photo: Rgb, face: Points) -> None:
    left, right = _white_cup(skin_photo, face, from_side=(-0.3, -0.3))
    even_left, even_right = _white_cup(skin_photo, face)

    assert left.mean() - right.mean() > even_left.mean() - even_right.mean() + 10


def test_the_colour_of_the_light_changes_over_a_mask_where_it_is_asked_to(skin_photo: Rgb, face: Points) -> None:
    def spread(**ranges: Any) -> float:
        pixels = np.concatenate(list(_white_cup(skin_photo, face, **ranges)))
        return float((pixels[:, 0] - pixels[:, 2]).std())

    assert spread() < 1
    assert spread(cast=(0.1, 0.1)) > 2
    assert spread(blotch=(0.08, 0.08)) > 2
    assert spread(bounce=(0.2, 0.2)) > 2


def test_no_mask_is_as_white_as_paper_can_be(skin_photo: Rgb, face: Points) -> None:
    bright = np.concatenate(list(_white_cup(skin_photo, face, white_gain=(3, 3))))

    assert 240 < bright.max() < 250


def test_a_nose_clip_is_a_strip_of_its_colour_near_the_top(skin_photo: Rgb, face: Points) -> None:
    black = NoseClipRanges(probability=1, colours=(Colour(name="black", srgb=(20, 20, 20)),))
    bare, clipped = (_plain_cup(skin_photo, face, plain_look(), clip) for clip in (NoseClipRanges(), black))

    darker = bare.rgb.mean(axis=2) - clipped.rgb.mean(axis=2) > 60
    rows, columns = np.nonzero(darker)
    _, top, _, bottom = bare.box
    assert rows.max() < top + (bottom - top) * 0.35
    assert np.ptp(columns) > 3 * np.ptp(rows)
    bare_row, clipped_row = (json.loads(masked.draw.to_json())["values"] for masked in (bare, clipped))
    assert "nose_clip" not in bare_row
    assert clipped_row["nose_clip"]["colour"][0] < 60


def _type(template: Template) -> str:
    return template.mask_type


def _alpha_at(masked: MaskedFace, landmarks: NDArray[np.float32], index: int) -> float:
    x, y = np.rint(landmarks[index]).astype(int)
    return float(masked.alpha[y, x, 0])


@pytest.mark.parametrize("name", sorted(TEMPLATES))
def test_a_correctly_worn_mask_covers_nose_mouth_and_chin(name: str, skin_photo: Rgb, posed_landmarks: Posed) -> None:
    landmarks = posed_landmarks(10, 0, 5)

    masked = _only(name)(skin_photo, landmarks, TEMPLATES[name].mask_type, np.random.default_rng(3))

    assert min(_alpha_at(masked, landmarks, index) for index in (NOSE_TIP, MOUTH, CHIN)) > 0.5
    assert masked.draw.wear == "correct"
    assert masked.draw.mask_type == TEMPLATES[name].mask_type


@pytest.mark.parametrize(
    ("wear", "covered", "bare"),
    [
        ("nose_exposed", (MOUTH, CHIN), (NOSE_TIP,)),
        ("chin_exposed", (NOSE_TIP, MOUTH), (CHIN,)),
        ("nose_mouth_exposed", (CHIN,), (NOSE_TIP, MOUTH)),
    ],
)
@pytest.mark.parametrize("mask_type", TYPES)
def test_each_wear_state_leaves_bare_what_its_name_says(  # noqa: PLR0917 - a table
    synthesizer: MaskSynthesizer,
    skin_photo: Rgb,
    posed_landmarks: Posed,
    mask_type: MaskType,
    wear: Wear,
    covered: tuple[int, ...],
    bare: tuple[int, ...],
) -> None:
    landmarks = posed_landmarks()
    for seed in range(6):
        draw = synthesizer.draw(mask_type, np.random.default_rng(seed), wear=wear)
        if draw.template in {"cloth_bandana", "cloth_gaiter"} and wear == "chin_exposed":
            continue  # these hang below the chin however they are worn
        masked = synthesizer.render(skin_photo, landmarks, draw)
        assert all(_alpha_at(masked, landmarks, index) > 0.5 for index in covered), (seed, draw.template)
        assert all(_alpha_at(masked, landmarks, index) < 0.5 for index in bare), (seed, draw.template)


@pytest.mark.parametrize("mask_type", TYPES)
def test_a_draw_replays_to_the_same_pixels(
    synthesizer: MaskSynthesizer, skin_photo: Rgb, posed_landmarks: Posed, mask_type: MaskType
) -> None:
    landmarks = posed_landmarks(20, 0, -30)
    first = synthesizer(skin_photo, landmarks, mask_type, np.random.default_rng(5))

    again = MaskSynthesizer(load_templates()).render(skin_photo, landmarks, MaskRecipe.from_json(first.draw.to_json()))

    assert np.array_equal(first.rgb, again.rgb)
    assert np.array_equal(first.alpha, again.alpha)


def test_pixels_far_from_the_mask_stay_as_they_were(
    synthesizer: MaskSynthesizer, skin_photo: Rgb, posed_landmarks: Posed
) -> None:
    masked = synthesizer(skin_photo, posed_landmarks(), "surgical", np.random.default_rng(6))

    assert np.array_equal(masked.rgb[:60], skin_photo[:60])
    assert masked.alpha[:60].max() == 0
    assert not np.array_equal(masked.rgb, skin_photo)


@pytest.mark.parametrize("scale", [1.2, 6.0], ids=["as it is", "painted small"])
def test_a_photo_wears_a_mask_for_a_while(synthesizer: MaskSynthesizer, posed_landmarks: Posed, scale: float) -> None:
    side = round(250 * scale)
    photo = np.random.default_rng(1).integers(90, 200, (side, side, 3), dtype=np.uint8)
    before, face = photo.copy(), posed_landmarks() * np.float32(scale / 1.2)
    draw = synthesizer.draw("ffp2", np.random.default_rng(6))
    masked, painted = synthesizer.render(photo, face, draw), synthesizer.paint(photo, face, draw)

    def failing() -> None:
        with painted.worn_in(photo):
            assert np.array_equal(photo, masked.rgb)
            raise OSError("no room")

    with pytest.raises(OSError, match="no room"):
        failing()
    assert np.array_equal(photo, before)
    cover = np.concatenate([rows for _, rows in painted.covered()])
    assert np.array_equal(masked.alpha[(*painted.window.part, 0)], cover)
    assert np.count_nonzero(masked.alpha) == np.count_nonzero(cover)


def test_the_mask_follows_head_roll(synthesizer: MaskSynthesizer, skin_photo: Rgb, posed_landmarks: Posed) -> None:
    draw = synthesizer.draw("surgical", np.random.default_rng(7))
    upright = synthesizer.render(skin_photo, posed_landmarks(), draw)
    turned = synthesizer.render(skin_photo, posed_landmarks(roll_deg=90), draw)

    def extent(masked: MaskedFace) -> float:
        left, top, right, bottom = masked.box
        return (right - left) / (bottom - top)

    assert extent(upright) == pytest.approx(1 / extent(turned), rel=0.1)


def test_a_profile_is_rejected(synthesizer: MaskSynthesizer, skin_photo: Rgb, posed_landmarks: Posed) -> None:
    with pytest.raises(SampleRejected) as caught:
        synthesizer(skin_photo, posed_landmarks(80), "cloth", np.random.default_rng(0))
    assert caught.value.reason == "extreme_pose"


def test_a_tiny_face_is_rejected(synthesizer: MaskSynthesizer, skin_photo: Rgb, posed_landmarks: Posed) -> None:
    with pytest.raises(SampleRejected) as caught:
        synthesizer(skin_photo, posed_landmarks(scale=0.1), "cloth", np.random.default_rng(0))
    assert caught.value.reason == "face_too_small"


def test_a_face_beyond_the_photo_is_rejected(
    synthesizer: MaskSynthesizer, skin_photo: Rgb, posed_landmarks: Posed
) -> None:
    with pytest.raises(SampleRejected) as caught:
        synthesizer(skin_photo, posed_landmarks() + np.array([0, 400], np.float32), "cloth", np.random.default_rng(0))
    assert caught.value.reason == "mask_outside_photo"


def test_a_grey_photo_stays_grey(synthesizer: MaskSynthesizer, skin_photo: Rgb, posed_landmarks: Posed) -> None:
    grey = np.repeat(skin_photo.mean(axis=2, keepdims=True).astype(np.uint8), 3, axis=2)

    for seed in range(4):
        masked = synthesizer(grey, posed_landmarks(), "cloth", np.random.default_rng(seed)).rgb.astype(int)
        assert (masked.max(axis=2) - masked.min(axis=2)).max() <= 2


def test_a_large_photo_is_masked_like_a_small_one(
    synthesizer: MaskSynthesizer, skin_photo: Rgb, posed_landmarks: Posed
) -> None:
    large = np.repeat(np.repeat(skin_photo, 6, axis=0), 6, axis=1)
    draw = synthesizer.draw("ffp2", np.random.default_rng(8))

    small_box = np.array(synthesizer.render(skin_photo, posed_landmarks(), draw).box)
    large_box = np.array(synthesizer.render(large, posed_landmarks() * 6, draw).box)

    assert large_box / 6 == pytest.approx(small_box, abs=2)


def test_light_from_the_left_makes_the_mask_brighter_on_the_left(skin_photo: Rgb, posed_landmarks: Posed) -> None:
    ramp = np.linspace(1.2, 0.35, skin_photo.shape[1])[None, :, None]
    lit = np.clip(skin_photo * ramp, 0, 255).astype(np.uint8)
    white = TEMPLATES["ffp2_cup"].model_copy(update={"colours": TEMPLATES["ffp2_cup"].colours[:1]})
    synthesizer = MaskSynthesizer({"ffp2_cup": white}, MaskParams(look=plain_look(light_strength=(1, 1))))
    masked = synthesizer(lit, posed_landmarks(), "ffp2", np.random.default_rng(9))

    left, top, right, bottom = (int(v) for v in masked.box)
    middle, quarter = (left + right) // 2, (right - left) // 5
    rows = slice((top + bottom) // 2 - 10, (top + bottom) // 2)
    assert (
        masked.rgb[rows, left + quarter : middle - 10].mean()
        > masked.rgb[rows, middle + 10 : right - quarter].mean() + 5
    )


def test_no_template_of_a_type_is_an_error() -> None:
    with pytest.raises(ValueError, match="surgical"):
        _only("ffp2_cup").draw("surgical", np.random.default_rng(0))


def test_half_of_the_draws_wear_the_mask_wrongly_when_asked() -> None:
    params = MaskParams(wear={"correct": 1, "nose_exposed": 1})
    synthesizer = MaskSynthesizer(TEMPLATES, params)
    rng = np.random.default_rng(1)

    worn = [synthesizer.draw("cloth", rng).wear for _ in range(200)]

    assert set(worn) == {"correct", "nose_exposed"}
    assert 60 < worn.count("correct") < 140
