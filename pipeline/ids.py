"""Ids as columns: 32 bytes an id in one sorted array, where a dictionary of strings takes some 200."""

from bisect import bisect_left
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.bytes_]
"""`S` of the longest id, UTF-8, in which bytes sort as text does."""
Rows = NDArray[np.int64]


def id_array(ids: Iterable[str]) -> Ids:
    """The ids as one array, in their order."""
    return np.array([text.encode() for text in ids], dtype=np.bytes_)


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
