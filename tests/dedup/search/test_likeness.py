from typing import Any

import cv2
import numpy as np
import pytest

from pipeline.core.arrays import Rgb
from pipeline.core.params import DedupParams
from pipeline.dedup.fingerprints.fingerprint import fingerprint
from pipeline.dedup.fingerprints.table import Fingerprints
from pipeline.dedup.links import judge_pairs
from pipeline.dedup.search.likeness import Gallery, Likeness, Pairs, measure_likeness, propose_pairs
from pipeline.storage.images import Decoded
from tests.dedup.examples import fingerprint_row, picture, with_mask

PARAMS = DedupParams()


def gallery(*pictures: Rgb) -> Gallery:
    rows = [fingerprint(str(i), Decoded(rgb, "PNG", "RGB", None)) for i, rgb in enumerate(pictures)]
    return Gallery(Fingerprints.of(rows), [row.sha256 for row in rows])


def likeness(**values: Any) -> Likeness:
    values = {
        "whole": 0.0,
        "upper": 0.0,
        "agreement": 0.0,
        "worst": 0.1,
        "face_lower": np.nan,
        "face": np.nan,
        "face_upper": np.nan,
        "around": np.nan,
    } | values
    return Likeness(**{name: np.array([value], np.float32) for name, value in values.items()})


def verdict(opposite: bool = False, several: bool = False, **values: Any) -> str | None:
    judged = judge_pairs(likeness(**values), np.array([opposite]), np.array([several]), PARAMS)
    assert sum(int(chosen[0]) for chosen in judged.values()) <= 1
    return next((kind for kind, chosen in judged.items() if chosen[0]), None)


def test_a_copy_agrees_everywhere_and_a_twin_above() -> None:
    base = picture(1)
    pictures = gallery(base, base[::2, ::2], with_mask(base), picture(2))
    pairs = propose_pairs(pictures, 8, mirrored=True)
    found = dict(zip(zip(pairs.first.tolist(), pairs.second.tolist(), strict=True), range(99), strict=False))
    assert {(0, 1), (0, 2)} <= set(found)
    measured = measure_likeness(pictures, pairs)
    copy, twin = found[0, 1], found[0, 2]
    assert measured.whole[copy] > 0.99 > measured.whole[twin]
    assert measured.upper[twin] > 0.99
    assert 0.6 < measured.agreement[twin] < 0.9 < measured.agreement[copy]
    assert np.isnan(measured.face).all()


def test_a_mirrored_copy_is_compared_mirrored() -> None:
    pictures = gallery(picture(1), picture(1)[:, ::-1].copy())
    pairs = propose_pairs(pictures, 8, mirrored=True)
    assert pairs.mirrored.tolist() == [True]
    assert measure_likeness(pictures, pairs).whole[0] > 0.99
    assert len(propose_pairs(pictures, 8, mirrored=False).first) == 0


@pytest.mark.parametrize("turns", [1, 2, 3])
@pytest.mark.parametrize("seed", range(5))
def test_a_turned_copy_is_compared_turned(turns: int, seed: int) -> None:
    photo = picture(seed)[20:150]
    turned = cv2.resize(np.ascontiguousarray(np.rot90(photo, turns)), None, fx=0.7, fy=0.7)
    for one, other in ((photo, turned), (turned, photo)):
        pictures = gallery(one, picture(seed + 60), other)
        pairs = propose_pairs(pictures, 8, mirrored=False, turned=True)
        assert (pairs.first.tolist(), pairs.second.tolist()) == ([0], [2])
        assert pairs.turns.tolist() == [-turns % 4 if one is photo else turns]
        measured = measure_likeness(pictures, pairs)
        assert measured.whole[0] > 0.99
        assert measured.worst[0] < 0.5
        assert np.isnan([measured.upper[0], measured.agreement[0], measured.around[0]]).all()
        assert len(propose_pairs(pictures, 8, mirrored=True).first) == 0


def test_brightness_and_contrast_do_not_count() -> None:
    dim = (picture(1) * 0.6 + 20).astype(np.uint8)
    pictures = gallery(picture(1), dim)
    measured = measure_likeness(pictures, propose_pairs(pictures, 8, mirrored=False))
    assert measured.agreement[0] > 0.95


def test_flat_pictures_are_like_nothing() -> None:
    pictures = gallery(np.full((64, 64, 3), 200, np.uint8), np.full((64, 64, 3), 190, np.uint8))
    pairs = propose_pairs(pictures, 8, mirrored=False)
    assert len(pairs.first) == 1
    assert measure_likeness(pictures, pairs).whole[0] < 0.5


def test_a_face_speaks_for_both_pictures_where_the_same_passers_by_are_in_both() -> None:
    others = [(False, 0), (False, 1), (False, 1), (True, 0)]
    rows = [fingerprint_row(str(i), beside_others=beside, passers_by=few) for i, (beside, few) in enumerate(others)]
    pictures = Gallery(Fingerprints.of(rows), [row.sha256 for row in rows])
    first, second = np.triu_indices(4, 1)
    pairs = Pairs(first, second, np.zeros(6, dtype=bool), *np.zeros((2, 6), dtype=np.uint8))
    speaks = np.flatnonzero(~pictures.face_beside_others(pairs))
    assert [(int(first[n]), int(second[n])) for n in speaks] == [(1, 2)]


def test_rules() -> None:
    same: dict[str, Any] = {"whole": 0.99, "upper": 0.99, "agreement": 0.99}
    assert verdict(**same) == "near"
    assert verdict(**same, face=0.95) == "near"
    # one frame around two faces
    assert verdict(whole=0.96, upper=0.9, agreement=0.95, face=0.4, face_upper=0.5) is None
    # a crop: other frame, same face
    assert verdict(whole=0.3, upper=0.2, agreement=0.2, face=0.97) == "near"
    assert verdict(whole=0.9, upper=0.98, agreement=0.8) == "mask_pair"
    assert verdict(whole=0.3, upper=0.2, agreement=0.2, face=0.5, face_upper=0.98) == "mask_pair"
    # one person's face in two photos: what is around it differs
    assert verdict(whole=0.79, upper=0.65, agreement=0.34, face=0.97, face_upper=0.98, around=0.92) is None
    assert verdict(whole=0.3, upper=0.2, agreement=0.2, face=0.97, around=0.98) == "near"
    assert verdict(whole=0.96, upper=0.9, agreement=0.5, face=0.97, around=0.92) == "near"
    # turned by a quarter: no face can tell whether a frame that agrees less is the same
    turned: dict[str, Any] = {"upper": np.nan, "agreement": np.nan}
    assert verdict(whole=0.99, worst=0.3, **turned) == "near"
    assert verdict(whole=0.97, worst=0.6, **turned) is None
    # a face that was aligned badly says less than the frame
    assert verdict(**same, face=0.5) == "near"


MASKED: dict[str, Any] = {"whole": 0.97, "upper": 0.99, "agreement": 0.93, "worst": 1.2}
"""Two frames that agree but for a few cells, as 4 of 170 bare photos and their masked twins do."""


def test_a_mask_is_no_copy_whatever_is_known_of_the_labels() -> None:
    for opposite in (False, True):
        assert verdict(opposite, **MASKED) == "mask_pair", "no face was found in one of them"
        assert verdict(opposite, **MASKED, face=0.93, face_upper=0.99, face_lower=0.9) == "mask_pair"
        assert verdict(opposite, whole=0.99, upper=0.99, agreement=0.99, worst=0.9, face=0.97) == (
            "mask_pair" if opposite else "near"
        ), "without labels the aligned faces decide"
    assert verdict(**MASKED, face=0.97, face_upper=0.99, face_lower=0.98) == "near", "a narrow crop"
    assert verdict(True, whole=0.999, upper=0.999, agreement=1, worst=0.05, face=0.8) == "near", "a wrong label"


def test_one_face_of_several_does_not_stand_for_the_picture() -> None:
    crop: dict[str, Any] = {
        "whole": 0.3,
        "upper": 0.2,
        "agreement": 0.2,
        "face": 0.97,
        "face_upper": 0.98,
        "face_lower": 0.97,
    }
    assert verdict(several=False, **crop) == "near"
    assert verdict(several=True, **crop) == "part_of"
    assert verdict(several=True, **(crop | {"face": 0.5})) == "part_of", "the same with a mask on it"
    assert verdict(several=True, whole=0.999, upper=0.999, agreement=1, worst=0.05) == "near", "a copy of a collage"
