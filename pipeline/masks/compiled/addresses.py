"""Where an array's numbers stand, for handing it to a kernel: a mask hands over a hundred arrays."""

import sys
from ctypes import c_void_p
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
