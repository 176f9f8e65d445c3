from hypothesis import given
from hypothesis import strategies as st

from pipeline.curation.clusters import connected_components


def test_components_follow_chains_and_keep_single_nodes():
    assert connected_components([1, 2, 3, 4, 5], [(5, 3), (3, 1)]) == [[1, 3, 5], [2], [4]]


def test_edges_may_name_new_nodes():
    assert connected_components(["a"], [("b", "c")]) == [["a"], ["b", "c"]]


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), max_size=40), st.randoms())
def test_order_of_edges_changes_nothing(edges, random):
    shuffled = random.sample(edges, len(edges))
    assert sorted(map(sorted, connected_components(range(21), edges))) == sorted(
        map(sorted, connected_components(range(21), shuffled))
    )
