"""A side of a split for each photo, by its content alone."""

from collections import Counter

import pytest

from pipeline.augment.sides import shares_of, side_of


@pytest.mark.parametrize("shares", [(0.8, 0.1, 0.1), (0.5, 0.0, 0.5), (0.7, 0.3, 0.0), (0.1, 0.1, 0.8)])
def test_photos_stand_on_sides_by_their_shares(shares: tuple[float, float, float]) -> None:
    held = Counter(side_of(f"{number:064x}", shares, seed=3) for number in range(3000))
    assert [held[side] / 3000 for side in ("train", "val", "test")] == pytest.approx(shares, abs=0.025)
    assert len(held) == sum(share > 0 for share in shares)


def test_the_seed_decides() -> None:
    sides = [[side_of(f"{number:064x}", (0.5, 0.25, 0.25), seed) for number in range(50)] for seed in (0, 0, 1)]
    assert sides[0] == sides[1] != sides[2]


def test_a_larger_training_share_moves_no_photo_out_of_it() -> None:
    splits = ((0.6, 0.2, 0.2), (0.8, 0.1, 0.1))
    few, many = ({n for n in range(500) if side_of(f"{n:064x}", shares, 0) == "train"} for shares in splits)
    assert few < many


@pytest.mark.parametrize(
    "text", ["", "1", "0.8,0.2", "0.7,0.1,0.1,0.1", "a,b,c", "0.8,0.1,0.2", "1.2,-0.1,-0.1", "nan,0,1"]
)
def test_what_are_no_shares_is_told(text: str) -> None:
    with pytest.raises(ValueError, match=r"three shares, of train, val and test|shares of 0 to 1"):
        shares_of(text)


def test_shares_that_floats_cannot_sum_to_one_are_taken() -> None:
    assert shares_of(" 0.7, 0.2,0.1") == (0.7, 0.2, 0.1)
    assert shares_of("0.333333,0.333333,0.333334") == (0.333333, 0.333333, 0.333334)
