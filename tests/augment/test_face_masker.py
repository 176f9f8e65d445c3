import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pipeline.augment.face_masker import (
    BarePicture,
    FaceMasker,
    KnownFace,
    KnownPhoto,
    MaskedPicture,
    Outcome,
    RejectedFace,
    RejectedPicture,
    WornMask,
)
from pipeline.augment.request import FolderRequest
from pipeline.augment.templates_in_use import shared_synthesizer
from pipeline.core.arrays import Rgb
from pipeline.core.errors import SampleRejected
from pipeline.core.params import FacesParams
from pipeline.faces.crops import crop_square
from pipeline.faces.finding import shared_finder
from pipeline.masks import MaskedFace, MaskParams, MaskSynthesizer
from pipeline.storage.images import decode_image, encode_alpha, encode_image


@pytest.fixture(scope="module")
def face(portrait: Rgb) -> KnownFace:
    (found,) = shared_finder(FacesParams()).find(portrait)
    sha256 = hashlib.sha256(portrait.tobytes()).hexdigest()
    return KnownFace(KnownPhoto(sha256, "photo"), "0", found.box, found.landmarks)


def outcomes(rgb: Rgb, face: KnownFace, **asked: Any) -> list[Outcome]:
    request = replace(FolderRequest(masks=("surgical", "ffp2"), include_unmasked=True, mark_synthetic=False), **asked)
    return list(FaceMasker(request.of_each_face())(rgb, face))


def refuse(monkeypatch: pytest.MonkeyPatch, step: str, is_hit: Callable[..., bool]) -> None:
    """One step of the synthesizer rejects what `is_hit` says, by its arguments."""
    whole = getattr(MaskSynthesizer, step)

    def maybe(*args: Any, **named: Any) -> Any:
        if is_hit(*args):
            raise SampleRejected("mask_outside_photo", "the test says so")
        return whole(*args, **named)

    monkeypatch.setattr(MaskSynthesizer, step, maybe)


def drawn_again(made: MaskedPicture, rgb: Rgb, face: KnownFace) -> MaskedFace:
    """The pixels, which an outcome doesn't keep."""
    return shared_synthesizer((), MaskParams()).render(rgb, face.landmarks, made.worn.draw)


def test_each_picture_asked_for_is_one_outcome_and_the_bare_one_is_last(portrait: Rgb, face: KnownFace) -> None:
    first, second, bare = outcomes(portrait, face)
    assert isinstance(first, MaskedPicture)
    assert isinstance(second, MaskedPicture)
    assert [first.asked.mask_type, second.asked.mask_type] == ["surgical", "ffp2"]
    assert [first.labels["mask_type"], second.labels["mask_type"]] == ["surgical", "ffp2"]
    assert bare == BarePicture(files=replace(first.files, image=encode_image(portrait)))
    assert (first.files.crop, first.files.alpha) == (None, None), "nobody asked for them"


def test_files_are_the_picture_its_crop_and_its_alpha(portrait: Rgb, face: KnownFace) -> None:
    made, _, bare = outcomes(portrait, face, alpha=True, crops=True, crop_px=64, crop_scale=1.5, jpeg_quality=80)
    assert isinstance(made, MaskedPicture)
    assert isinstance(bare, BarePicture)
    masked = drawn_again(made, portrait, face)
    assert made.files.image == encode_image(masked.rgb, quality=80)
    assert made.files.crop == encode_image(crop_square(masked.rgb, face.box, 1.5, 64), quality=80)
    assert made.files.alpha == encode_alpha(masked.alpha)
    assert made.worn == WornMask(masked.draw, made.worn.polygon, masked.box)
    assert np.array_equal(made.worn.polygon, masked.polygon)
    assert bare.files.alpha is None, "nothing covers the face"
    assert bare.files.crop is not None
    assert decode_image(bare.files.crop).rgb.shape == (64, 64, 3)


def test_a_picture_that_fails_costs_no_other(portrait: Rgb, face: KnownFace, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = [made for made in outcomes(portrait, face, per_face=2) if isinstance(made, MaskedPicture)]
    refuse(monkeypatch, "paint", lambda *args: args[3] == whole[1].worn.draw)
    found = outcomes(portrait, face, per_face=2)
    kinds = [type(outcome) for outcome in found]
    assert kinds == [MaskedPicture, RejectedPicture, MaskedPicture, MaskedPicture, BarePicture]
    rejected = found[1]
    assert isinstance(rejected, RejectedPicture)
    assert (rejected.asked, rejected.verdict.reason) == (whole[1].asked, "mask_outside_photo")
    others = [made.files for made in found if isinstance(made, MaskedPicture)]
    assert others == [made.files for made in (whole[0], *whole[2:])], "and changes none"


def test_a_face_that_no_head_fits_is_one_outcome(
    portrait: Rgb, face: KnownFace, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(monkeypatch, "fit", lambda *_: True)
    (refused,) = outcomes(portrait, face)
    assert isinstance(refused, RejectedFace)
    assert refused.verdict.reason == "mask_outside_photo"


def test_a_face_that_looks_masked_is_one_outcome_unless_all_are_taken(portrait: Rgb, face: KnownFace) -> None:
    worn = outcomes(portrait, face)[1]
    assert isinstance(worn, MaskedPicture)
    masked = drawn_again(worn, portrait, face).rgb
    (refused,) = outcomes(masked, face)
    assert isinstance(refused, RejectedFace)
    assert refused.verdict.reason == "already_masked"
    assert len(outcomes(masked, face, already_masked_threshold=1)) == 3


def test_the_head_is_fitted_once_a_face(portrait: Rgb, face: KnownFace, monkeypatch: pytest.MonkeyPatch) -> None:
    fits: list[object] = []
    refuse(monkeypatch, "fit", lambda *args: bool(fits.append(args)))  # type: ignore[func-returns-value]
    outcomes(portrait, face, per_face=3)
    assert len(fits) == 1


@pytest.mark.parametrize(
    ("change", "other"), [({"photo": KnownPhoto("f" * 64, "photo")}, True), ({"place": "1"}, True), ({}, False)]
)
def test_the_photo_and_the_place_in_it_decide_what_is_drawn(
    portrait: Rgb, face: KnownFace, change: dict[str, Any], other: bool
) -> None:
    first, second = outcomes(portrait, face)[0], outcomes(portrait, replace(face, **change))[0]
    assert isinstance(first, MaskedPicture)
    assert isinstance(second, MaskedPicture)
    assert (first.worn.draw.seed != second.worn.draw.seed) == other


def test_ways_of_wearing_are_those_asked_for_or_by_weight(portrait: Rgb, face: KnownFace) -> None:
    request = FolderRequest(masks=("surgical",), per_face=8, wear=("nose_exposed",)).of_each_face()
    by_weight = replace(request, wear=None, ranges=request.ranges.model_copy(update={"wear": {"chin_exposed": 1.0}}))
    for asked, way in ((request, "nose_exposed"), (by_weight, "chin_exposed")):
        made = [outcome for outcome in FaceMasker(asked)(portrait, face) if isinstance(outcome, MaskedPicture)]
        assert {outcome.labels["wear"] for outcome in made} == {way}


def test_one_face_can_follow_another_in_one_picture(portrait: Rgb, face: KnownFace) -> None:
    twins, width = np.hstack([portrait, portrait]), portrait.shape[1]
    before = twins.copy()
    right = replace(face, place="1", landmarks=face.landmarks + np.array([width, 0], dtype=np.float32))
    first = outcomes(twins, face, masks=("surgical",))[0]
    assert np.array_equal(twins, before), "a picture is a new one"
    assert isinstance(first, MaskedPicture)
    with_first = drawn_again(first, twins, face).rgb
    both = outcomes(with_first, right, masks=("ffp2",))[0]
    assert isinstance(both, MaskedPicture)
    with_both = drawn_again(both, with_first, right).rgb
    assert np.array_equal(with_both[:, :width], with_first[:, :width]), "the first mask is still there"
    assert not np.array_equal(with_both[:, width:], twins[:, width:])
