import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.dedup.search.neighbours import Neighbours, neighbour_pairs


def brute_force(hashes: NDArray[np.uint64], radius: int) -> dict[tuple[int, int], int]:
    return {
        (i, j): int(hashes[i] ^ hashes[j]).bit_count()
        for i in range(len(hashes))
        for j in range(i + 1, len(hashes))
        if int(hashes[i] ^ hashes[j]).bit_count() <= radius
    }


def as_dict(found: Neighbours) -> dict[tuple[int, int], int]:
    return {(int(i), int(j)): int(d) for i, j, d in zip(found.first, found.second, found.distance, strict=True)}


def planted(count: int, radius: int, seed: int = 0) -> NDArray[np.uint64]:
    """Random hashes, half of them within a few bits more than the radius of another."""
    rng = np.random.default_rng(seed)
    base = rng.integers(0, 2**64, count // 2, dtype=np.uint64)
    flips = np.zeros(len(base), np.uint64)
    for i in range(len(base)):
        bits = rng.choice(64, rng.integers(0, radius + 4), replace=False)
        flips[i] = np.bitwise_or.reduce(np.uint64(1) << bits.astype(np.uint64)) if len(bits) else 0
    return rng.permutation(np.concatenate((base, base ^ flips)))


@pytest.mark.parametrize("radius", [0, 1, 4, 8, 10, 16])
def test_finds_exactly_what_comparing_all_with_all_finds(radius: int) -> None:
    hashes = planted(600, radius)
    found = as_dict(neighbour_pairs(hashes, radius))
    assert found == brute_force(hashes, radius)
    assert len(found) > 50


@pytest.mark.parametrize("blocks", [1, 2, 3, 4, 5])
def test_every_number_of_key_blocks_finds_the_same(blocks: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.dedup.search.neighbours._choose_key_blocks", lambda *_: blocks)
    hashes = planted(300, 6)
    assert as_dict(neighbour_pairs(hashes, 6)) == brute_force(hashes, 6)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 40), max_size=40), st.integers(0, 12))
def test_holds_for_any_hashes(values: list[int], radius: int) -> None:
    hashes = np.array(values, dtype=np.uint64)
    assert as_dict(neighbour_pairs(hashes, radius)) == brute_force(hashes, radius)


def test_pairs_come_sorted_and_once() -> None:
    found = neighbour_pairs(planted(4000, 8), 8)
    pairs = list(zip(found.first.tolist(), found.second.tolist(), strict=True))
    assert pairs == sorted(set(pairs))
    assert all(i < j for i, j in pairs)
