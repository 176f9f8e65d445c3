"""The search of `neighbours` for more hashes than one machine should hold: a join by band keys, shuffled by Dask.

Cut 64 bits into `radius + 1` bands: of two hashes within the radius at least one band agrees (pigeonhole). So each hash
goes to one bucket a band, named by that band's bits, and every pair meets in a bucket, where the exact search finds it.
A pair is taken from its first agreeing band alone, so none comes twice (multi-index hashing: Norouzi, Punjani, Fleet:
Fast search in Hamming space with multi-index hashing, CVPR 2012; here with whole bands and exact verification).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import numpy as np

from pipeline.dedup.fingerprints.hashes import Hashes
from pipeline.dedup.search.neighbours import HASH_BITS, Block, Neighbours, neighbour_pairs

_ROWS_A_PARTITION = 2_000_000
"""Keyed hashes in one partition, 20 bytes each: some 200 MB while it is searched."""
_KEY_BITS = 16


def join_pairs(hashes: Hashes, radius: int, *, max_in_memory: int, address: str | None = None) -> Neighbours:
    """As `neighbour_pairs`: in this process up to `max_in_memory` hashes, above it as `shuffled_pairs`."""
    if len(hashes) <= max_in_memory:
        return neighbour_pairs(hashes, radius)
    return shuffled_pairs(hashes, radius, address)


def shuffled_pairs(
    hashes: Hashes, radius: int, address: str | None = None, rows_a_partition: int = _ROWS_A_PARTITION
) -> Neighbours:
    """What `neighbour_pairs` finds, by a shuffle on the cluster at `address`, or through the disk in this process.

    One partition is held at a time a worker; only the pairs found come back.
    """
    import dask.dataframe as dd  # noqa: PLC0415 - an extra, needed above `dedup.max_in_memory` alone

    chunk = max(1, rows_a_partition // (radius + 1))
    starts = list(range(0, len(hashes), chunk))
    chunks = [hashes[start : start + chunk] for start in starts]
    keyed = dd.from_map(_keyed, chunks, starts, radius=radius, meta=_keyed(hashes[:1], 0, radius))
    with _scheduler(address) as method:
        buckets = keyed.shuffle("bucket", npartitions=len(chunks), shuffle_method=method)
        found = buckets.map_partitions(_searched, radius, meta=_searched(_keyed(hashes[:0], 0, radius), radius))
        pairs = found.compute().sort_values(["first", "second"])
    return Neighbours(*(pairs[name].to_numpy() for name in ("first", "second", "distance")))


@contextmanager
def _scheduler(address: str | None) -> Iterator[str]:
    """Runs the block on a cluster or in this process; gives the way of shuffling that suits it."""
    import dask  # noqa: PLC0415

    if address is None:
        with dask.config.set(scheduler="synchronous"):
            yield "disk"
        return
    from distributed import Client  # noqa: PLC0415

    with Client(address):
        yield "p2p"


def _bands(radius: int) -> list[Block]:
    edges = np.linspace(0, HASH_BITS, radius + 2).round().astype(int)
    return [Block(int(start), int(stop - start)) for start, stop in pairwise(edges)]


def _keyed(hashes: Hashes, start: int, radius: int) -> Any:
    """A data frame with a row for each hash and band; bits of a band beyond 16 fall off, which only lets more meet."""
    import pandas as pd  # noqa: PLC0415

    bands = _bands(radius)
    values = [((hashes & band.mask) >> np.uint64(band.start)) & np.uint64(2**_KEY_BITS - 1) for band in bands]
    buckets = [(value | np.uint64(number << _KEY_BITS)).astype(np.int32) for number, value in enumerate(values)]
    positions = np.arange(start, start + len(hashes), dtype=np.int64)
    columns = {"bucket": np.concatenate(buckets), "hash": np.tile(hashes, len(bands))}
    return pd.DataFrame(columns | {"position": np.tile(positions, len(bands))})


def _searched(keyed: Any, radius: int) -> Any:
    """The pairs of whole buckets, each pair in its first agreeing band alone."""
    import pandas as pd  # noqa: PLC0415

    rows = keyed.sort_values(["bucket", "position"])
    buckets, hashes, positions = (rows[name].to_numpy() for name in ("bucket", "hash", "position"))
    edges = [0, *(np.flatnonzero(np.diff(buckets)) + 1).tolist(), len(buckets)]
    bands = _bands(radius)
    parts = [np.empty((3, 0), dtype=np.int64)]
    for start, stop in pairwise(edges):
        found = neighbour_pairs(hashes[start:stop], radius)
        first, second = found.first + start, found.second + start
        fresh = _meets_first(hashes[first] ^ hashes[second], bands, int(buckets[start]) >> _KEY_BITS if stop else 0)
        parts.append(np.stack([positions[first], positions[second], found.distance.astype(np.int64)])[:, fresh])
    first, second, distance = np.concatenate(parts, axis=1)
    return pd.DataFrame({"first": first, "second": second, "distance": distance.astype(np.uint8)})


def _meets_first(differences: Hashes, bands: list[Block], band: int) -> Any:
    """Of pairs that meet in a band, those that agree in it and in none before it."""
    fresh = (differences & bands[band].mask) == 0
    for earlier in bands[:band]:
        fresh &= (differences & earlier.mask) != 0
    return fresh
