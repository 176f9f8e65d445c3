"""The kernel as a function on arrays, with the arguments and the result of the function that it stands for.

It may only be called where there is a library.
"""

from ctypes import c_int, c_int64, c_void_p
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.core.arrays import Points, Rgb
from pipeline.core.kernels import Kernels
from pipeline.faces.ensemble import POINTS, Ensemble, Rect, place_of

KERNELS = Kernels.of(Path(__file__).parent)
_LIBRARY: Any = KERNELS.library

if _LIBRARY:
    _LIBRARY.predicted.argtypes = [c_void_p, c_int, c_void_p, c_void_p, *[c_int64] * 3, *[c_void_p] * 3]
    _LIBRARY.predicted.restype = None


def predicted(ensemble: Ensemble, rgb: Rgb, rect: Rect) -> Points:
    """See the function in NumPy."""
    rgb = rgb if rgb.strides[1:] == (3, 1) else np.ascontiguousarray(rgb)
    corner, sides = place_of(rect)
    points = np.empty((POINTS, 2), np.float32)
    trees = ensemble.cascades.ctypes.data, len(ensemble.cascades), ensemble.turn.ctypes.data
    photo = rgb.ctypes.data, rgb.strides[0], rgb.shape[1], rgb.shape[0]
    _LIBRARY.predicted(*trees, *photo, corner.ctypes.data, sides.ctypes.data, points.ctypes.data)
    return points
