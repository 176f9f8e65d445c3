import numpy as np
import pytest
from distributed import LocalCluster

from pipeline.dedup.search import shuffled_join
from pipeline.dedup.search.neighbours import Neighbours, neighbour_pairs
from pipeline.dedup.search.shuffled_join import join_pairs, shuffled_pairs
from tests.dedup.search.test_neighbours import planted


def same(found: Neighbours, expected: Neighbours) -> bool:
    return all(
        np.array_equal(getattr(found, name), getattr(expected, name)) for name in ("first", "second", "distance")
    )


@pytest.mark.parametrize("radius", [0, 1, 4, 8, 12])
def test_finds_what_the_search_in_memory_finds(radius: int) -> None:
    hashes = planted(3000, radius)
    expected = neighbour_pairs(hashes, radius)
    assert len(expected.first) > 300
    assert same(shuffled_pairs(hashes, radius, rows_a_partition=4000), expected)


def test_equal_hashes_pair_up_in_every_partition() -> None:
    hashes = np.tile(planted(100, 8), 3)
    assert same(shuffled_pairs(hashes, 8, rows_a_partition=500), neighbour_pairs(hashes, 8))


def test_a_cluster_finds_the_same() -> None:
    hashes = planted(2000, 8)
    with LocalCluster(n_workers=1, threads_per_worker=2, processes=False, dashboard_address="127.0.0.1:0") as cluster:
        found = shuffled_pairs(hashes, 8, cluster.scheduler_address, rows_a_partition=5000)
    assert same(found, neighbour_pairs(hashes, 8))


def test_only_more_hashes_than_fit_are_shuffled(monkeypatch: pytest.MonkeyPatch) -> None:
    shuffled = []
    monkeypatch.setattr(shuffled_join, "shuffled_pairs", lambda hashes, *_: shuffled.append(len(hashes)))
    for count in (10, 11):
        join_pairs(np.arange(count, dtype=np.uint64), 2, max_in_memory=10)
    assert shuffled == [11]
