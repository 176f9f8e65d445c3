"""What masks on one face have in common is measured once, and is what each would measure by itself."""

from typing import Any

import numpy as np
import pytest

from pipeline.core.arrays import Points, Rgb
from pipeline.core.randomness import sample_rng
from pipeline.masks import MaskSynthesizer, seen_face
from pipeline.masks.seen_face import Fineness


def test_a_face_seen_once_wears_the_masks_it_would_wear_seen_anew(
    synthesizer: MaskSynthesizer, skin_photo: Rgb, face: Points
) -> None:
    seen = synthesizer.see(skin_photo, face)
    for number in range(3):
        draw = synthesizer.draw("cloth", sample_rng(number, "seen"))
        with_others, alone = (synthesizer.render(skin_photo, face, draw, known) for known in (seen, None))
        assert np.array_equal(with_others.rgb, alone.rgb)
        assert np.array_equal(with_others.alpha, alone.alpha)


def test_light_occluders_and_fineness_are_looked_for_once(
    synthesizer: MaskSynthesizer, skin_photo: Rgb, face: Points, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []

    def counted(name: str) -> None:
        whole = getattr(seen_face, name)

        def call(*args: Any) -> Any:
            calls.append(name)
            return whole(*args)

        monkeypatch.setattr(seen_face, name, call)

    for name in ("estimate_light", "find_occluders", "blur_sigma", "noise_sigma"):
        counted(name)
    seen = synthesizer.see(skin_photo, face)
    for number in range(3):
        synthesizer.render(skin_photo, face, synthesizer.draw("ffp2", sample_rng(number, "seen")), seen)
    assert sorted(calls) == ["blur_sigma", "estimate_light", "find_occluders", "noise_sigma"]


def test_a_face_too_small_to_tell_is_as_fine_as_photos_commonly_are(
    synthesizer: MaskSynthesizer, skin_photo: Rgb, face: Points
) -> None:
    seen = synthesizer.see(skin_photo, face)
    away = seen_face.SeenFace(skin_photo[:, :5], face, seen.fit, seen.head)
    assert away.fineness(1.0) == away.fineness(2.0) == Fineness(0.6, 1.5)
    assert seen.fineness(1.0) != seen.fineness(2.0)
