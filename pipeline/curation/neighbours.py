"""All pairs of 64-bit hashes within a Hamming radius: exact, and far below quadratic.

Cut 64 bits into `radius + k` blocks: of two hashes that differ in at most `radius` bits, at least k blocks agree. So a
pair within the radius shares its bits in some choice of k blocks, and sorting by those bits puts it side by side. One
sort for each choice finds every pair (Manku, Jain, Das Sarma: Detecting near-duplicates for web crawling, WWW 2007).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from math import comb, log2

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
Indices = NDArray[np.int64]

HASH_BITS = 64
_SORT_COST = 12.0
"""Cost of sorting one hash in comparisons of two hashes, measured; it only weighs tables against comparisons."""


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Pairs within the radius: `first[i]` < `second[i]` are positions in the searched array."""

    first: Indices
    second: Indices
    distance: NDArray[np.uint8]


def neighbour_pairs(hashes: Hashes, radius: int) -> Neighbours:
    """Every pair of positions whose hashes differ in at most `radius` bits, sorted, each once.

    `hashes` is `uint64 (N,)`. Equal hashes pair up with each other, so a group of n of them makes n (n - 1) / 2
    pairs: search distinct values where many are equal.
    """
    found = _concatenated(list(_table_pairs(hashes, radius)))
    order = np.lexsort((found.second, found.first))
    return Neighbours(found.first[order], found.second[order], found.distance[order])


def _table_pairs(hashes: Hashes, radius: int) -> Iterator[Neighbours]:
    chosen = _choose_key_blocks(len(hashes), radius)
    if chosen == 0:
        yield _all_pairs(hashes, radius)
        return
    edges = np.linspace(0, HASH_BITS, radius + chosen + 1).round().astype(int)
    blocks = [_block_mask(int(start), int(stop)) for start, stop in pairwise(edges)]
    for choice in combinations(range(len(blocks)), chosen):
        yield _search_table(hashes, radius, blocks, choice)


def _block_mask(start: int, stop: int) -> int:
    return (1 << stop) - (1 << start)


def _choose_key_blocks(count: int, radius: int) -> int:
    """How many blocks make a sort key so that sorting and comparing together cost least; 0 compares all with all."""
    costs = {0: count / 2}
    for chosen in range(1, min(5, HASH_BITS - radius) + 1):
        key_bits = chosen * HASH_BITS / (radius + chosen)
        per_hash = _SORT_COST * log2(count + 2) / 16 + count / 2**key_bits / 2
        costs[chosen] = comb(radius + chosen, chosen) * per_hash
    return min(costs, key=lambda chosen: costs[chosen])


def _all_pairs(hashes: Hashes, radius: int) -> Neighbours:
    order = np.arange(len(hashes))
    return _compare_runs(hashes, order, np.full(len(hashes), len(hashes)), radius)


def _search_table(hashes: Hashes, radius: int, blocks: list[int], choice: tuple[int, ...]) -> Neighbours:
    mask = np.uint64(sum(blocks[b] for b in choice))
    keys = hashes & mask
    order = np.argsort(keys)
    found = _compare_runs(hashes[order], order, _run_ends(keys[order]), radius)
    return _first_seen(hashes, found, blocks, choice)


def _run_ends(sorted_keys: Hashes) -> Indices:
    """For each position, where the run of keys equal to its own ends."""
    starts = np.flatnonzero(np.diff(sorted_keys, prepend=~sorted_keys[:1]))
    lengths = np.diff(starts, append=len(sorted_keys))
    return np.repeat(starts + lengths, lengths)


def _compare_runs(ordered: Hashes, order: Indices, run_ends: Indices, radius: int) -> Neighbours:
    """Compare each hash with those that follow it in its run."""
    followers = run_ends - np.arange(len(ordered)) - 1
    active, step = np.flatnonzero(followers > 0), 1
    parts = [Neighbours(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.uint8))]
    while len(active):
        distance = np.bitwise_count(ordered[active] ^ ordered[active + step])
        near = distance <= radius
        left, right = order[active[near]], order[active[near] + step]
        parts.append(Neighbours(np.minimum(left, right), np.maximum(left, right), distance[near]))
        step += 1
        active = active[followers[active] >= step]
    return _concatenated(parts)


def _concatenated(parts: Sequence[Neighbours]) -> Neighbours:
    return Neighbours(
        np.concatenate([p.first for p in parts]),
        np.concatenate([p.second for p in parts]),
        np.concatenate([p.distance for p in parts]),
    )


def _first_seen(hashes: Hashes, found: Neighbours, blocks: list[int], choice: tuple[int, ...]) -> Neighbours:
    """Only the pairs whose first agreeing blocks are this table's: each pair stands in one table alone."""
    difference = hashes[found.first] ^ hashes[found.second]
    earlier = [b for b in range(choice[-1]) if b not in choice]
    fresh = np.ones(len(difference), dtype=bool)
    for block in earlier:
        fresh &= (difference & np.uint64(blocks[block])) != 0
    return Neighbours(found.first[fresh], found.second[fresh], found.distance[fresh])
