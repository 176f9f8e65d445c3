"""Ids as columns: 32 bytes an id in one sorted array, where a dictionary of strings takes some 200."""

import hashlib
from bisect import bisect_left
from collections.abc import Iterable
from itertools import islice

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.bytes_]
"""`S` of the longest id, UTF-8, in which bytes sort as text does."""
Rows = NDArray[np.int64]
Indices = NDArray[np.int64]
"""Positions in an array."""
_IDS_A_BATCH = 8192


def id_array(ids: Iterable[str]) -> Ids:
    """The ids as one array, in their order."""
    rest, parts = iter(ids), [np.empty(0, dtype=np.bytes_)]
    while batch := [text.encode() for text in islice(rest, _IDS_A_BATCH)]:
        parts.append(np.array(batch, dtype=np.bytes_))
    return np.concatenate(parts)


class IdTable:
    """Distinct ids in ascending order; an id is known by its row."""

    def __init__(self, ids: Ids) -> None:
        self._ids = np.unique(ids)

    def __len__(self) -> int:
        return len(self._ids)

    def rows(self, ids: Ids) -> Rows:
        """The row of each id, -1 of one that isn't here."""
        if not len(self):
            return np.full(len(ids), -1)
        # an id that is longer than all of these is cut short by the cast, and then equals none
        found = np.minimum(np.searchsorted(self._ids, ids.astype(self._ids.dtype)), len(self) - 1)
        return np.where(self._ids[found] == ids, found, -1)

    def row(self, text: str) -> int:
        """The row of one id, -1 where it isn't here."""
        found = bisect_left(self._ids, text.encode())
        return found if found < len(self) and self._ids[found] == text.encode() else -1

    def text(self, row: int) -> str:
        """The id of a row."""
        return bytes(self._ids[row]).decode()


class EqualValues:
    """Rows that share a value, whatever its length: 16 bytes of each value's digest are held."""

    def __init__(self, rows: Rows, values: Iterable[str]) -> None:
        """Know the value of each of the rows."""
        joined = bytearray()
        for value in values:
            joined += _digest(value)
        digests = np.frombuffer(joined, dtype=np.uint64).reshape(-1, 2)
        order = np.lexsort((rows, digests[:, 1], digests[:, 0]))
        self._rows, digests = rows[order], digests[order]
        self._follows = np.zeros(len(rows), dtype=bool)  # whether a row has the value of the one before it
        self._follows[1:] = (digests[1:] == digests[:-1]).all(axis=1)

    def chains(self) -> tuple[Rows, Rows]:
        """Each row with the next one that has its value."""
        place = np.flatnonzero(self._follows)
        return self._rows[place - 1], self._rows[place]

    def stars(self) -> tuple[Rows, Rows]:
        """The first row that has a value with each of the others."""
        place = np.flatnonzero(self._follows)
        return self._heads()[place], self._rows[place]

    def firsts(self) -> Rows:
        """The first row that has each value, ascending."""
        return np.sort(self._rows[~self._follows])

    def _heads(self) -> Rows:
        """The first row with the value of each place."""
        starts = np.where(self._follows, 0, np.arange(len(self._rows)))
        return self._rows[np.maximum.accumulate(starts)] if len(self._rows) else self._rows


def _digest(value: str) -> bytes:
    return hashlib.blake2b(value.encode("utf-8", "surrogatepass"), digest_size=16).digest()
