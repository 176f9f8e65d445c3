from math import sqrt

import pytest

from pipeline.core.shares import wilson_interval


@pytest.mark.parametrize(("hits", "trials"), [(0, 0), (0, 5), (5, 5), (3, 7), (133, 5000)])
def test_an_interval_holds_its_share(hits: int, trials: int) -> None:
    low, high = wilson_interval(hits, trials)
    assert 0 <= low <= (hits / trials if trials else 0.5) <= high <= 1


@pytest.mark.parametrize(("hits", "trials"), [(1, 5), (3, 7), (200, 400)])
def test_its_ends_are_the_shares_from_which_it_lies_two_errors_off(hits: int, trials: int) -> None:
    """Wilson's definition: the share lies 1.96 of an end's own standard errors from that end."""
    for end in wilson_interval(hits, trials):
        assert abs(hits / trials - end) == pytest.approx(1.959964 * sqrt(end * (1 - end) / trials), rel=1e-6)


def test_more_trials_say_more() -> None:
    few, many = wilson_interval(2, 4), wilson_interval(200, 400)
    assert few[0] < many[0] < 0.5 < many[1] < few[1]
