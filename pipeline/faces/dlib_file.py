"""dlib's file of a shape predictor, read into the records of `regression_trees`.

The file is one sequence of integers, each a byte with its length and its sign and then so many bytes, the lowest first;
a real number is two of them, its mantissa and its exponent of two. That is how `dlib::serialize` writes them.
"""

from collections.abc import Iterator
from math import floor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.core.errors import MaskwrightError
from pipeline.faces.ensemble import CASCADE, CASCADES, LEAVES, POINTS, SPLITS, SPOTS, TREES, is_sound

_VERSION = 1
_LENGTH, _NEGATIVE = 0x0F, 0x80
_MANTISSA_BYTES = 3
_LOWEST_BYTES = np.array([0, 0xFF, 0xFFFF, 0xFFFFFF], np.uint32)
_LEAF_HEAD = bytes([0x81, 2 * POINTS, 0x81, 1])
"""A matrix's rows and columns, negative: how a leaf starts. Other numbers may look like it; their place tells."""
_SIDE_BY_SIDE = 4096
"""So many leaves' bytes stay in the processor's cache while they are read, column by column."""
_NEVER = np.iinfo(np.int16).max


class _Numbers:
    """Reads one number after another."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.place = 0

    def integer(self) -> int:
        head = self._data[self.place]
        end = self.place + 1 + (head & _LENGTH)
        size = int.from_bytes(self._data[self.place + 1 : end], "little")
        self.place = end
        return -size if head & _NEGATIVE else size

    def real(self) -> float:
        mantissa = self.integer()
        return float(mantissa * 2.0 ** self.integer())

    def expect(self, *values: int) -> None:
        """Read integers that are known.

        Raises:
            ValueError: another one stands there.
        """
        for value in values:
            if (found := self.integer()) != value:
                raise ValueError(f"{found} where {value} was expected, before byte {self.place}")


def read_shape_predictor(path: Path) -> NDArray[np.void]:
    """The 15 cascades, records of `CASCADE`, of dlib's model for 68 points.

    Raises:
        MaskwrightError: the file holds something else.
    """
    try:
        return _cascades(path.read_bytes())
    except (ValueError, IndexError, KeyError, OverflowError) as error:
        raise MaskwrightError(f"{path}: no shape predictor for 68 points as dlib writes it: {error}") from error


def _cascades(data: bytes) -> NDArray[np.void]:
    leaves = _Leaves(data)
    numbers = _Numbers(data)
    numbers.expect(_VERSION, -2 * POINTS, -1)
    start = [numbers.real() for _ in range(2 * POINTS)]
    cascades = np.zeros(CASCADES, CASCADE)
    cascades["start"] = _x_then_y(np.array(start, np.float32)).reshape(2, POINTS)
    numbers.expect(CASCADES)
    for cascade in range(CASCADES):
        numbers.expect(TREES)
        for tree in range(TREES):
            _read_splits(numbers, cascades, (cascade, tree))
            cascades["leaves"][cascade, tree] = _x_then_y(leaves.take(numbers))
    _read_spots(numbers, cascades)
    if numbers.place != len(data):
        raise ValueError(f"{len(data) - numbers.place} bytes too many")
    if not is_sound(cascades):
        raise ValueError("its splits and spots name others that aren't there")
    return cascades


class _Leaves:
    """All leaves of the file, thousands side by side: one after another they would take half a minute."""

    def __init__(self, data: bytes) -> None:
        starts = np.array(list(_places(data, _LEAF_HEAD)), np.int64)
        self._words = np.ndarray(len(data) - _MANTISSA_BYTES, "<u4", data, strides=1)  # four bytes from each byte on
        self._values = np.empty((len(starts), 2 * POINTS), np.float32)
        self._ends = np.empty_like(starts)
        self._number = {int(start): number for number, start in enumerate(starts)}
        for first in range(0, len(starts), _SIDE_BY_SIDE):
            some = slice(first, first + _SIDE_BY_SIDE)
            self._ends[some] = self._read(starts[some] + len(_LEAF_HEAD), self._values[some])

    def _read(self, places: NDArray[np.int64], values: NDArray[np.float32]) -> NDArray[np.int64]:
        """Fill `values` with the leaves whose numbers start at these places; the result is where they end."""
        for column in values.T:
            mantissa, places = self._integers(places)
            exponent, places = self._integers(places)
            column[:] = np.ldexp(mantissa.astype(np.float64), exponent)
        return places

    def _integers(self, places: NDArray[np.int64]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """The integers that start at these places, and where the next ones do."""
        words = self._words[np.minimum(places, len(self._words) - 1)]  # what only looks like a leaf may run out
        length = words & _LENGTH
        sizes = (words >> 8 & _LOWEST_BYTES[np.minimum(length, _MANTISSA_BYTES)]).astype(np.int32)
        return np.where(words & _NEGATIVE, -sizes, sizes), places + 1 + length

    def take(self, numbers: _Numbers) -> NDArray[np.float32]:
        """The next tree's leaves `(16, 136)`, which `numbers` then stands behind."""
        numbers.expect(LEAVES)
        found = []
        for _ in range(LEAVES):
            found.append(self._number[numbers.place])
            numbers.place = int(self._ends[found[-1]])
        return self._values[found]


def _places(data: bytes, pattern: bytes) -> Iterator[int]:
    place = data.find(pattern)
    while place >= 0:
        yield place
        place = data.find(pattern, place + 1)


def _read_splits(numbers: _Numbers, cascades: NDArray[np.void], place: tuple[int, int]) -> None:
    numbers.expect(SPLITS)
    splits = [(numbers.integer(), numbers.integer(), floor(numbers.real())) for _ in range(SPLITS)]
    first, second, threshold = zip(*splits, (0, 0, _NEVER), strict=True)  # grey values differ by whole numbers
    cascades["first"][place], cascades["second"][place], cascades["threshold"][place] = first, second, threshold


def _read_spots(numbers: _Numbers, cascades: NDArray[np.void]) -> None:
    numbers.expect(CASCADES)
    for cascade in range(CASCADES):
        numbers.expect(SPOTS)
        cascades["near"][cascade] = [numbers.integer() for _ in range(SPOTS)]
    numbers.expect(CASCADES)
    for cascade in range(CASCADES):
        numbers.expect(SPOTS)
        cascades["beside"][cascade] = np.array([(numbers.real(), numbers.real()) for _ in range(SPOTS)]).T


def _x_then_y(shapes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Shapes `(..., 136)` that hold x and y of one point after another, with all x before all y."""
    return np.concatenate([shapes[..., 0::2], shapes[..., 1::2]], axis=-1)
