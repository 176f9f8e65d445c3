"""All pairs of 64-bit hashes within a Hamming radius: exact, and far below quadratic.

Cut 64 bits into `radius + k` blocks: of two hashes that differ in at most `radius` bits, at least k blocks agree. So a
pair within the radius shares its bits in some choice of k blocks, and sorting by those bits puts it side by side. One
sort for each choice finds every pair (Manku, Jain, Das Sarma: Detecting near-duplicates for web crawling, WWW 2007).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from math import comb

import numpy as np
from numpy.typing import NDArray

from pipeline.columns.ids import Indices
from pipeline.dedup.fingerprints.hashes import Hashes

HASH_BITS = 64
_KEY_BITS = 16
_CHUNK = 1 << 14
_SORT_COST = 40.0
"""Cost of sorting one hash in comparisons of two hashes, measured; it only weighs tables against comparisons."""


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Pairs within the radius: `first[i]` < `second[i]` are positions in the searched array."""

    first: Indices
    second: Indices
    distance: NDArray[np.uint8]


Search = Callable[[Hashes, int], Neighbours]
"""`neighbour_pairs`, or what finds the same in another way."""


@dataclass(frozen=True, slots=True)
class Block:
    """A run of bits of a hash, from the lowest."""

    start: int
    width: int

    @property
    def mask(self) -> np.uint64:
        """These bits set, all others clear."""
        return np.uint64(((1 << self.width) - 1) << self.start)


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
    blocks = [Block(int(start), int(stop - start)) for start, stop in pairwise(edges)]
    for choice in combinations(range(len(blocks)), chosen):
        yield _search_table(hashes, radius, blocks, choice)


def _choose_key_blocks(count: int, radius: int) -> int:
    """How many blocks make a sort key so that sorting and comparing together cost least; 0 compares all with all."""
    costs = {0: count / 2}
    for chosen in range(1, min(5, HASH_BITS - radius) + 1):
        key_bits = min(_KEY_BITS, chosen * HASH_BITS / (radius + chosen))
        per_hash = _SORT_COST + count / 2**key_bits / 2
        costs[chosen] = comb(radius + chosen, chosen) * per_hash
    return min(costs, key=lambda chosen: costs[chosen])


def _all_pairs(hashes: Hashes, radius: int) -> Neighbours:
    order = np.arange(len(hashes))
    return _compare_runs(hashes, order, np.full(len(hashes), len(hashes)), radius)


def _search_table(hashes: Hashes, radius: int, blocks: list[Block], choice: tuple[int, ...]) -> Neighbours:
    keys = _short_keys(hashes, [blocks[b] for b in choice])
    order = np.argsort(keys, kind="stable")  # of 16 bits that is a radix sort, ten times faster than a comparing one
    found = _compare_runs(hashes[order], order, _run_ends(keys[order]), radius)
    return _first_seen(hashes, found, blocks, choice)


def _short_keys(hashes: Hashes, chosen: list[Block]) -> NDArray[np.uint16]:
    """The bits of the chosen blocks in a row; those beyond 16 fall off, which only lets more pairs be compared."""
    keys = np.zeros(len(hashes), dtype=np.uint16)
    for block in chosen:
        keys = (keys << np.uint16(block.width)) | ((hashes & block.mask) >> np.uint64(block.start)).astype(np.uint16)
    return keys


def _run_ends(sorted_keys: NDArray[np.uint16]) -> Indices:
    """For each position, where the run of keys equal to its own ends."""
    starts = np.flatnonzero(np.concatenate([[True], sorted_keys[1:] != sorted_keys[:-1]]))
    lengths = np.diff(starts, append=len(sorted_keys))
    return np.repeat(starts + lengths, lengths)


def _compare_runs(ordered: Hashes, order: Indices, run_ends: Indices, radius: int) -> Neighbours:
    """Compare each hash with those that follow it in its run.

    A chunk is compared with itself moved by one, two, … places, up to its longest run: contiguous, and small enough for
    the cache. Shorter runs are compared beyond their end; what is found there agrees on too few blocks to be taken.
    """
    followers = run_ends - np.arange(len(ordered)) - 1
    parts = [Neighbours(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.uint8))]
    for start in range(0, len(ordered), _CHUNK):
        chunk = ordered[start : start + _CHUNK]
        for step in range(1, int(followers[start : start + _CHUNK].max()) + 1):
            others = ordered[start + step : start + step + len(chunk)]
            distance = np.bitwise_count(chunk[: len(others)] ^ others)
            near = np.flatnonzero(distance <= radius)
            if len(near):
                left, right = order[start + near], order[start + near + step]
                parts.append(Neighbours(np.minimum(left, right), np.maximum(left, right), distance[near]))
    return _concatenated(parts)


def _concatenated(parts: Sequence[Neighbours]) -> Neighbours:
    return Neighbours(
        np.concatenate([p.first for p in parts]),
        np.concatenate([p.second for p in parts]),
        np.concatenate([p.distance for p in parts]),
    )


def _first_seen(hashes: Hashes, found: Neighbours, blocks: list[Block], choice: tuple[int, ...]) -> Neighbours:
    """Only the pairs whose first agreeing blocks are this table's: each pair stands in one table alone."""
    difference = hashes[found.first] ^ hashes[found.second]
    fresh = np.ones(len(difference), dtype=bool)
    for number, block in enumerate(blocks[: choice[-1] + 1]):
        agrees = (difference & block.mask) == 0
        fresh &= agrees if number in choice else ~agrees
    return Neighbours(found.first[fresh], found.second[fresh], found.distance[fresh])
