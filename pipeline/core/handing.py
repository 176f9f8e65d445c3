"""Handing arrays to the kernels of all rooms: what type their numbers have, and where they stand.

A mask hands over a hundred.
"""

import sys
from collections.abc import Mapping, Sequence
from ctypes import c_double, c_float, c_int, c_int64, c_void_p
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.core.arrays import Rgb

AT, INT, LONG, FLOAT, DOUBLE = c_void_p, c_int, c_int64, c_float, c_double
"""What a kernel is given: where an array stands, or a number."""

_FIELD = object.__basicsize__
"""How far into an array, behind what every object of Python begins with, the pointer to its numbers stands: the first
field of `PyArrayObject`, which numpy's binary interface has fixed."""


def asked(array: NDArray[Any]) -> int:
    """As `address`, by numpy's own way: it makes three objects for it."""
    return array.ctypes.data


def looked_up(array: NDArray[Any]) -> c_void_p:
    """As `address`, by looking into the array, which takes a seventh of the time; the array must outlive the result."""
    return c_void_p.from_address(id(array) + _FIELD)


def _can_look() -> bool:
    """Whether arrays look as expected here, tried on arrays of several kinds."""
    if sys.implementation.name != "cpython":  # elsewhere `id` may be no address
        return False
    plain = np.zeros((3, 4))
    return all(looked_up(array).value == asked(array) for array in (plain, plain[1:, ::2], plain.astype(np.uint8)))


address = looked_up if _can_look() else asked
"""Where the first number of an array stands, as ctypes takes it for a pointer."""


def declared(library: Any, arguments: Mapping[str, Sequence[Any]], of_float: Sequence[str] = ()) -> Any:
    """The library, if there is one, that knows what these kernels are given, and which of them give a float."""
    for name, types in arguments.items() if library else ():
        getattr(library, name).argtypes = types
    for name in of_float if library else ():
        getattr(library, name).restype = FLOAT
    return library


def floats(values: NDArray[np.floating]) -> NDArray[np.float32]:
    """The same numbers as the kernels read them: float32 without gaps."""
    return np.ascontiguousarray(values, dtype=np.float32)


def doubles(values: NDArray[np.floating]) -> NDArray[np.float64]:
    """Likewise float64."""
    return np.ascontiguousarray(values, dtype=np.float64)


def pixels(image: Rgb) -> Rgb:
    """The same picture with no gaps in a row."""
    return image if image.strides[1:] == (3, 1) else np.ascontiguousarray(image)


def size(*images: NDArray[Any]) -> tuple[int, int]:
    """Height and width, which all of them must have: a kernel would read beyond a smaller one's end.

    Raises:
        ValueError: they differ.
    """
    sizes = {image.shape[:2] for image in images}
    if len(sizes) > 1:
        raise ValueError(f"images of different sizes: {sorted(sizes)}")
    height, width = sizes.pop()
    return height, width
