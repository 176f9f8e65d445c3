import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies._internal.random import ArtificialRandom

from pipeline.columns.components import connected_components, smallest_members


def test_components_follow_chains_and_keep_single_nodes() -> None:
    assert connected_components([1, 2, 3, 4, 5], [(5, 3), (3, 1)]) == [[1, 3, 5], [2], [4]]


def test_edges_may_name_new_nodes() -> None:
    assert connected_components(["a"], [("b", "c")]) == [["a"], ["b", "c"]]


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), max_size=40), st.randoms())
def test_order_of_edges_changes_nothing(edges: list[tuple[int, int]], random: ArtificialRandom) -> None:
    shuffled = random.sample(edges, len(edges))
    assert sorted(map(sorted, connected_components(range(21), edges))) == sorted(
        map(sorted, connected_components(range(21), shuffled))
    )


@given(st.integers(1, 40).flatmap(lambda n: st.lists(st.tuples(*[st.integers(0, n - 1)] * 2), max_size=60)))
def test_the_smallest_members_are_those_of_the_components(edges: list[tuple[int, int]]) -> None:
    count = 1 + max((node for edge in edges for node in edge), default=0)
    first, second = np.array(edges, dtype=np.int64).reshape(-1, 2).T
    expected = {node: min(part) for part in connected_components(range(count), edges) for node in part}
    assert smallest_members(count, first, second).tolist() == [expected[node] for node in range(count)]
