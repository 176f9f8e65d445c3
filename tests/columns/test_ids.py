from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies._internal.random import ArtificialRandom

from pipeline.columns.ids import EqualValues, IdTable, id_array

WORDS = st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), max_size=30)


@given(WORDS, WORDS)
def test_rows_are_the_places_among_the_sorted_ids(words: list[str], asked: list[str]) -> None:
    table, expected = IdTable(id_array(words)), sorted(set(words))
    rows = [expected.index(word) if word in expected else -1 for word in asked]
    assert table.rows(id_array(asked)).tolist() == rows == [table.row(word) for word in asked]
    assert [table.text(row) for row in range(len(table))] == expected


def test_an_id_that_only_begins_like_another_is_not_it() -> None:
    table = IdTable(id_array(["ab"]))
    assert np.array_equal(table.rows(id_array(["abc", "a", "ab"])), [-1, -1, 0])
    assert table.row("abc") == -1


@given(st.lists(st.sampled_from(["", "a", "b", "ü", "a" * 100]), max_size=20), st.randoms())
def test_rows_with_one_value_are_tied_by_chain_and_star(values: list[str], random: ArtificialRandom) -> None:
    rows = np.array(random.sample(range(100), len(values)), dtype=np.int64)
    groups = {value: sorted(rows[[v == value for v in values]].tolist()) for value in values}
    equal = EqualValues(rows, values)
    chains = {pair for group in groups.values() for pair in pairwise(group)}
    stars = {(group[0], other) for group in groups.values() for other in group[1:]}
    assert set(zip(*map(np.ndarray.tolist, equal.chains()), strict=True)) == chains
    assert set(zip(*map(np.ndarray.tolist, equal.stars()), strict=True)) == stars
    assert equal.firsts().tolist() == sorted(group[0] for group in groups.values())
