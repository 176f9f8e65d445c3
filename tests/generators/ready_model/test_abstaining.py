import numpy as np
import pytest

from generators.ready_model.abstaining import coverage_table, unsure_below

SURE = np.array([[0.95, 0.05], [0.1, 0.9], [0.8, 0.2], [0.3, 0.7], [0.55, 0.45]])
LABELS = np.array([0, 1, 0, 0, 1])
"""The three surest are right, the two others wrong."""


@pytest.mark.parametrize(("wanted", "expected"), [(1.0, 0.8), (0.75, 0.7), (0.6, 0.0)])
def test_the_threshold_is_the_lowest_that_keeps_what_is_wanted(wanted: float, expected: float) -> None:
    assert unsure_below(SURE, LABELS, wanted) == pytest.approx(expected)


def test_nothing_is_sure_where_the_surest_err() -> None:
    assert unsure_below(SURE, 1 - LABELS, 0.9) == 1.0


def test_a_dip_among_the_surest_does_not_end_the_search() -> None:
    labels = np.array([1, 1, 0, 1, 1])  # the surest is wrong, the next three are right
    assert unsure_below(SURE, labels, 0.75) == pytest.approx(0.7)


def test_the_coverage_table_takes_the_surest() -> None:
    assert coverage_table(SURE, LABELS, (1.0, 0.6)) == [(1.0, 0.6), (0.6, 1.0)]
