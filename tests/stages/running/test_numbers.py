"""What an option's number may be."""

import click
import pytest

from stages.running.numbers import NumberRange

SHARE, SECONDS = NumberRange(0, 1), NumberRange(0, min_open=True)


@pytest.mark.parametrize(("words", "number"), [("0", 0.0), ("1", 1.0), ("5e-1", 0.5)])
def test_a_number_in_the_range_is_taken(words: str, number: float) -> None:
    assert SHARE.convert(words, None, None) == number


@pytest.mark.parametrize("words", ["nan", "NaN", "-nan", "inf", "-0.1", "1.1", "half"])
def test_what_is_outside_is_refused(words: str) -> None:
    with pytest.raises(click.BadParameter, match=r"is (not in the range 0<=x<=1|not a valid float|no number)"):
        SHARE.convert(words, None, None)


def test_nan_is_refused_without_an_upper_bound() -> None:
    with pytest.raises(click.BadParameter, match="'nan' is no number"):
        SECONDS.convert("nan", None, None)
