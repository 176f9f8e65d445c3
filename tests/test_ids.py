import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.ids import IdTable, id_array

WORDS = st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), max_size=30)


@given(WORDS, WORDS)
def test_rows_are_the_places_among_the_sorted_ids(words, asked):
    table, expected = IdTable(id_array(words)), sorted(set(words))
    rows = [expected.index(word) if word in expected else -1 for word in asked]
    assert table.rows(id_array(asked)).tolist() == rows == [table.row(word) for word in asked]
    assert [table.text(row) for row in range(len(table))] == expected


def test_an_id_that_only_begins_like_another_is_not_it():
    table = IdTable(id_array(["ab"]))
    assert np.array_equal(table.rows(id_array(["abc", "a", "ab"])), [-1, -1, 0])
    assert table.row("abc") == -1
